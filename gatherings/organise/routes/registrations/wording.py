"""The words of the list of registrations: states, hours, filters, sorts."""

from collections.abc import Mapping
from typing import Any

from babel import Locale

from gatherings.core.words import Sentence, say, say_many
from gatherings.core.zones import city
from gatherings.events.models import Event
from gatherings.organise.routes.blueprint import bp
from gatherings.questions.models import Question
from gatherings.questions.types import TYPES
from gatherings.registration.facts import side_of
from gatherings.registration.listing import Filter, Held
from gatherings.registration.models import Registration
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import locale_now, words
from gatherings.web.requests import absolute

DOING: Mapping[str, Sentence] = {
    "asleep": say("Asleep"),
    "breakfast": say("At breakfast"),
    "work": say("At work"),
    "evening": say("In the evening"),
}
STATES: Mapping[str, Sentence] = {
    "": say("All who are not cancelled"),
    "confirmed": say("Confirmed"),
    "waiting": say("On a waiting list"),
    "pending": say("Not paid or taken yet"),
    "cancelled": say("Cancelled"),
    "all": say("All, the cancelled too"),
}
# Places that are held, and what for.
_HELD: Mapping[str, Sentence] = {"pending": say("Place kept while they pay"), "offered": say("Ticket offered")}
SIDES: Mapping[str, Sentence] = {"room": say("In the room"), "online": say("Online")}
FIRST: Mapping[str, Sentence] = {"yes": say("Here for the first time"), "no": say("Was here before")}
CAME: Mapping[str, Sentence] = {"yes": say("Came"), "no": say("Did not come")}
MADE_BY: Mapping[str, Sentence] = {
    "person": say("Registered themselves"),
    "host": say("Registered by a host"),
    "list": say("Brought over from a list"),
}
PAID: Mapping[str, Sentence] = {"yes": say("Ticket paid"), "no": say("Ticket not paid yet")}
MAIL: Mapping[str, Sentence] = {"failed": say("A mail could not be delivered")}
# Every list by its own name in the address. What is not here is told below.
_CHOICES: Mapping[str, Mapping[str, Sentence]] = {
    "state": STATES,
    "side": SIDES,
    "hours": DOING,
    "first": FIRST,
    "came": CAME,
    "made_by": MADE_BY,
    "mail": MAIL,
    "paid": PAID,
}


def country_words(code: str) -> str:
    """Name a country in the reader's language; "" is no country's clock (UTC)."""
    return str(Locale.parse(locale_now()).territories.get(code, code)) if code else _("Elsewhere")


def chips(
    filter: Filter, questions: list[Question], kinds: Mapping[str, str] | None = None
) -> list[tuple[Sentence | str, dict[str, str]]]:
    """Give what the list is narrowed to, in words, each with the address's names without it.

    `kinds`: names of kinds of ticket by public id.
    """
    args = filter.to_args()
    return [
        (
            ticket_words(value, kinds or {}) if name == "ticket" else _said(name, value, questions),
            {other: kept for other, kept in args.items() if other != name},
        )
        for name, value in args.items()
        if name != "sort"
    ]


def ticket_words(kind: str, kinds: Mapping[str, str]) -> Sentence | str:
    """Name a kind of ticket that is looked for, as an address has it."""
    if kind == "none":
        return say("Without a ticket")
    return say("Ticket: %(kind)s", kind=kinds[kind]) if kind in kinds else say("A kind of ticket that is not here")


def money_words(held: Held) -> tuple[Sentence, str]:
    """Say how the money of somebody's ticket stands, with the tag it is shown by."""
    if held.state == "wished":
        return say("Waits"), "warn"
    if held.paid:
        return (say("Paid"), "good") if held.way != "free" else (say("Free"), "good")
    if held.order_state == "due":
        return (say("Pays at the door"), "warn") if held.way == "door" else (say("Invoice open"), "warn")
    return (say("Money on its way"), "warn") if held.order_state == "waiting" else (say("Not paid yet"), "warn")


def _said(name: str, value: str, questions: list[Question]) -> Sentence | str:
    if name in _CHOICES:
        return _CHOICES[name][value]
    if name == "words":
        return say("“%(words)s”", words=value)
    if name == "country":
        return country_words(value)
    if name == "zone":
        return say("On the clock of %(city)s", city=city(value))
    if name == "hour":
        return say("When their clock shows %(hour)s:00 to %(hour)s:59", hour=f"{int(value):02}")
    return _answer(value, questions)


def _answer(value: str, questions: list[Question]) -> Sentence | str:
    public_id, _sep, key = value.partition(":")
    question = next((one for one in questions if one.public_id == public_id), None)
    if question is None:
        return say("An answer that is not asked for any more")
    said = dict(answers_on_offer(question)).get(f"{public_id}:{key}", key)
    return say("%(question)s: %(answer)s", question=question.label, answer=said)


def answers_on_offer(question: Question) -> list[tuple[str, Sentence | str]]:
    """List what a question's answers can be looked for by: (as in an address, words)."""
    start = f"{question.public_id}:"
    offered: list[tuple[str, Sentence | str]] = []
    if question.type != "country":  # too many of them to choose from here
        offered = [(f"{start}{one.key}", one.label) for one in TYPES[question.type].choices(question)]
    return [*offered, (f"{start}any", say("answered")), (f"{start}none", say("not answered"))]


def state_words(registration: Registration, event: Event, position: int | None) -> Sentence:
    """Say how somebody stands: confirmed, or where on which waiting list."""
    if registration.state == "cancelled":
        return say("Cancelled")
    if position is None:
        return _HELD.get(registration.state, say("Confirmed"))
    if registration.state == "waitlisted":
        return say("Waiting, number %(number)s", number=position)
    if side_of(event, registration.waits_for_id) == "room":
        return say("Waiting for the room, number %(number)s", number=position)
    return say("Waiting for an online place, number %(number)s", number=position)


def side_words(registration: Registration, event: Event) -> Any:
    """Say how somebody comes, or would come; "" for the cancelled."""
    side = side_of(event, registration.places_id) or side_of(event, registration.waits_for_id)
    return SIDES[side] if side else ""


@bp.app_template_global("left_words")
def left_words(reason: str, number: int) -> str:
    """Say why some of those who were ticked were left as they are."""
    if reason == "no_place":
        said = say_many("There was no place for one.", "There was no place for %(num)s.", number)
    elif reason == "sent_lately":
        said = say_many("One had a mail within the last minute.", "%(num)s had a mail within the last minute.", number)
    else:
        said = say_many(
            "One was left as it was: there was nothing to do, or it had changed.",
            "%(num)s were left as they were: there was nothing to do, or they had changed.",
            number,
        )
    return words(said)


@bp.app_template_global("public_address")
def public_address(event: Event) -> str:
    """Give the address of an event's page to share."""
    return absolute(f"/events/{event.slug}")
