"""One registration: everything about it, and what organisers can do with it."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.accounts.forms import AddressForm
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, TooMany
from gatherings.core.words import Sentence, say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.events.rules import Door, door
from gatherings.organise.access import may, organiser
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.registrations import wording
from gatherings.organise.routes.registrations.people import path_of, read_again
from gatherings.organise.routes.registrations.telling import deeds_about, mails_about
from gatherings.questions.models import Question
from gatherings.questions.queries import list_questions
from gatherings.questions.types import TYPES
from gatherings.registration.actions import hosting
from gatherings.registration.actions.swapping import swap
from gatherings.registration.door_queries import earlier_arrivals
from gatherings.registration.door_rules import lasts_days
from gatherings.registration.facts import queue_position, side_of
from gatherings.registration.forms import Held, answers_of, check, details_form
from gatherings.registration.listing import tickets_of
from gatherings.registration.models import Registration
from gatherings.registration.queries import answers_of as answers_held
from gatherings.registration.queries import consents_of, get_of_event
from gatherings.registration.rules import LIVE
from gatherings.web.answers import answer, go
from gatherings.web.i18n import locale_now
from gatherings.web.requests import settings

_BASE = "/events/<event>/registrations/<registration>"
NOTES: Mapping[str, Sentence] = {
    "changed": say("Saved."),
    "cancelled": say("The registration is cancelled, and a mail tells them."),
    "moved": say("They are moved, and a mail tells them."),
    "promoted": say("They have a place now, and a mail tells them."),
    "sent": say("The mail is on its way to them again."),
    "back": say("They are registered again, and a mail tells them."),
    "address": say("The address is corrected. The invite goes to the new one, and the old one is told."),
    "swapped": say("They are at the other sitting now, and a mail tells them."),
    "before": say("That was done before, so nothing more was needed."),
}


@bp.get(_BASE)
@may("people")
def registration(event: Event, registration: str) -> Response:
    """Show everything about one registration."""
    return _page(event, registration, note=request.args.get("done"))


@bp.post(f"{_BASE}/details")
@may("people")
def change_registration(event: Event, registration: str) -> Response:
    """Change name, zone and answers."""
    session = current_session()
    form = _details(session, get_of_event(session, event.id, registration), read=True)
    if not check(form):
        return _page(event, registration, status=422, details=form)
    values: dict[str, Any] = {"name": form.name.clean, "zone": form.zone.clean, "answers": answers_of(form)}

    def act(session: Session, mine: Registration, actor: str) -> str:
        hosting.change(session, mine, **values, now=utc_now(), actor=actor)
        return "changed"

    return _press(event, registration, act)


@bp.route(f"{_BASE}/cancel", methods=["GET", "POST"])
@may("people")
def cancel_registration(event: Event, registration: str) -> Response:
    """Cancel for somebody; GET asks, a press acts."""
    if request.method != "POST":
        return _page(event, registration, page="organise/registrations/cancel.html")

    def act(session: Session, mine: Registration, actor: str) -> str:
        done = hosting.cancel(session, mine, settings().site, now=utc_now(), actor=actor)
        return "cancelled" if done else "before"

    return _press(event, registration, act)


@bp.post(f"{_BASE}/move")
@may("people")
def move_registration(event: Event, registration: str) -> Response:
    """Move somebody from the room to online, or back."""
    side = "room" if request.form.get("side") == "room" else "online"

    def act(session: Session, mine: Registration, actor: str) -> str:
        done = hosting.move(session, mine, side, settings().site, now=utc_now(), actor=actor)
        return "moved" if done else "before"

    return _press(event, registration, act)


@bp.post(f"{_BASE}/promote")
@may("people")
def promote_registration(event: Event, registration: str) -> Response:
    """Give a place to somebody who waits; `make_room`: one place more than there was."""
    make_room = request.form.get("make_room") == "yes"

    def act(session: Session, mine: Registration, actor: str) -> str:
        done = hosting.give_place(session, mine, settings().site, now=utc_now(), actor=actor, make_room=make_room)
        return "promoted" if done else "before"

    return _press(event, registration, act)


@bp.post(f"{_BASE}/send-again")
@may("people")
def resend_registration(event: Event, registration: str) -> Response:
    """Send the invite again."""

    def act(session: Session, mine: Registration, actor: str) -> str:
        hosting.send_again(session, mine, settings().site, now=utc_now(), actor=actor)
        return "sent"

    return _press(event, registration, act)


@bp.post(f"{_BASE}/bring-back")
@may("people")
def bring_registration_back(event: Event, registration: str) -> Response:
    """Register somebody again who had cancelled."""
    side = request.form.get("side") or None

    def act(session: Session, mine: Registration, actor: str) -> str:
        done = hosting.bring_back(session, mine, settings().site, now=utc_now(), actor=actor, side=side)
        return "back" if done else "before"

    return _press(event, registration, act)


@bp.post(f"{_BASE}/address")
@may("people")
def correct_registration_address(event: Event, registration: str) -> Response:
    """Correct a mistyped address, and send the invite there."""
    form = AddressForm()
    if not form.validate():
        return _page(event, registration, status=422, other=form)
    address = form.address

    def act(session: Session, mine: Registration, actor: str) -> str:
        done = hosting.correct_address(session, mine, address, settings().site, now=utc_now(), actor=actor)
        return "address" if done else "before"

    return _press(event, registration, act)


@bp.post(f"{_BASE}/swap")
@may("people")
def swap_registration(event: Event, registration: str) -> Response:
    """Swap somebody to the other sitting."""

    def act(session: Session, mine: Registration, actor: str) -> str:
        done = swap(session, mine, settings().site, now=utc_now(), by="host", actor=actor)
        return "swapped" if done else "before"

    return _press(event, registration, act)


def _press(event: Event, public_id: str, act: Callable[[Session, Registration, str], str]) -> Response:
    """Do what a button asks for in one transaction, and show the page again; a refusal is said there."""
    actor = organiser().public_id
    event_id, path = event.id, f"{path_of(event, {})}/{public_id}"

    def run(session: Session) -> str:
        return act(session, get_of_event(session, event_id, public_id), actor)

    try:
        done = transact(run)
    except (Conflict, TooMany) as refusal:
        needed = refusal.needed if isinstance(refusal, hosting.NoPlace) else None
        status = 429 if isinstance(refusal, TooMany) else 409
        return _page(read_again(event_id), public_id, status=status, problem=refusal.sentence, needed=needed)
    return go(f"{path}?done={done}")


def _page(
    event: Event,
    public_id: str,
    *,
    status: int = 200,
    page: str = "organise/registrations/one.html",
    note: str | None = None,
    **more: Any,
) -> Response:
    session, now = current_session(), utc_now()
    mine = get_of_event(session, event.id, public_id)
    every = mine.series_registration
    ahead = event.status == "published" and door(mine.event, now) not in (Door.OVER, Door.CANCELLED)
    live = mine.state in LIVE
    values = {
        "registration": mine,
        "event": mine.event,
        "community": mine.event.community,
        "path": f"{path_of(event, {})}/{mine.public_id}",
        "list_path": path_of(event, {}),
        "every": every if every is not None and every.state == "confirmed" else None,
        "state": wording.state_words(mine, mine.event, queue_position(session, mine)),
        "side": side_of(mine.event, mine.places_id),
        "waits_for": side_of(mine.event, mine.waits_for_id),
        "side_words": wording.SIDES,
        "tickets": [(one, *wording.money_words(one)) for one in tickets_of(session, [mine.id]).get(mine.id, ())],
        "made_by": wording.MADE_BY.get(mine.made_by, ""),
        "answers": _answers(session, mine),
        "consents": consents_of(session, mine),
        "earlier": earlier_arrivals(session, [mine.id] if lasts_days(mine.event) else ()).get(mine.id, ()),
        "mails": mails_about(session, mine, every.public_id if every is not None else None),
        "deeds": deeds_about(session, mine),
        "twin": session.get(Event, mine.event.twin_of_id) if mine.event.twin_of_id else None,
        "ahead": ahead,
        "live": live,
        "details": None,
        "other": None,
        "note": NOTES.get(note or ""),
        "problem": None,
        "needed": None,
        "now": now,
        **more,
    }
    if ahead and live:
        values["details"] = values["details"] or _details(session, mine, read=False)
        values["other"] = values["other"] or AddressForm(formdata=None, email=mine.person.address)
    return answer(page, status=status, **values)


def _questions(session: Session, registration: Registration) -> list[Question]:
    """List what is asked; of who comes every month, what is asked for all dates."""
    questions = list_questions(session, registration.event)
    if registration.series_registration_id is None:
        return questions
    return [question for question in questions if question.series_id is not None]


def _details(session: Session, registration: Registration, *, read: bool) -> Any:
    held = {number: row.value for number, row in answers_held(session, registration).items()}
    pools = (registration.places_id, registration.waits_for_id)
    sides = frozenset(side for pool in pools if (side := side_of(registration.event, pool)) is not None)
    return details_form(
        _questions(session, registration), Held(registration.name, registration.zone, held, sides), read=read
    )


def _answers(session: Session, registration: Registration) -> list[tuple[str, str]]:
    """Give (question, answer) in words, of what was answered."""
    held = answers_held(session, registration)
    shown = []
    for question in list_questions(session, registration.event):
        if question.id in held:
            kind = TYPES[question.type]
            try:
                said = kind.show(kind.from_json(held[question.id].value), locale_now())
            except ValueError:  # the question was of another type when it was answered
                said = str(held[question.id].value)
            if said:
                shown.append((question.label, said))
    return shown
