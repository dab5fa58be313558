"""What the manage page shows of a registration, and the going back to it after a press."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from gatherings.accounts.forms import AddressForm
from gatherings.accounts.links import wrong_links_counted
from gatherings.core.clock import utc_now
from gatherings.core.words import Sentence, say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.events.queries import find_twin
from gatherings.events.rules import Door, door
from gatherings.questions.models import Question
from gatherings.questions.queries import list_questions
from gatherings.registration import rules
from gatherings.registration.door_rules import is_here
from gatherings.registration.facts import queue_position, side_of
from gatherings.registration.forms import Held, details_form, is_full
from gatherings.registration.links import door_to_meeting, join_path, manage_path
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.registration.own_tickets import own_tickets
from gatherings.registration.queries import (
    answers_of,
    consents_of,
    find_live_of,
    get_by_link,
    get_series_by_link,
    list_dates_of,
    series_answers_of,
    series_consents_of,
)
from gatherings.registration.tickets import ticket_of
from gatherings.web.answers import answer, go, wants_fragment
from gatherings.web.rights import claim_of

Thing = Registration | SeriesRegistration

NOTES: Mapping[str, Sentence] = {
    "kept": say("Your changes are kept."),
    "asked": say("We wrote to the new address. Nothing changes until the link in that mail is used."),
    "moved": say("Done. A mail with the new invite is on its way to you."),
    "cancelled": say("Done. You are not registered any more, and your calendar is told."),
    "left": say("Done. You have left this date, and your calendar is told."),
    "back": say("Done. You are back on this date, and your calendar is told."),
    "waits": say("This date is full now. You are on its waiting list, and we write the moment a place is free."),
    "sent": say("The invite is on its way to you again."),
    "withdrawn": say("Your consent is withdrawn."),
    "swapped": say("Done. You come to this sitting now; two mails tell your calendar."),
    "before": say("That was done before, so nothing more was needed."),
}


def managed(session: Session, token: str) -> Thing:
    """Read what a manage link names, in this session; raises NotFound."""
    purpose, claim = claim_of(token, "manage", "manage-series")
    return get_by_link(session, claim) if purpose == "manage" else get_series_by_link(session, claim)


def look(token: str) -> Thing:
    """Read what a manage link names, for showing it; wrong links are counted."""
    with wrong_links_counted():
        return managed(current_session(), token)


def press(token: str, act: Callable[[Session, Any], str]) -> str:
    """Do what a button asks for, in one transaction; `act` gives the key of the note that says what happened."""

    def run(session: Session) -> str:
        return act(session, managed(session, token))

    with wrong_links_counted():
        return transact(run)


def back(token: str, note: str) -> Response:
    """Show the manage page again after a press: the fragment to htmx, the page (303) to browsers without JavaScript."""
    if wants_fragment():
        current_session().expunge_all()
        return page(look(token), note=note)
    return go(f"/registrations/{token}?done={note}")


def page(thing: Thing, *, status: int = 200, note: str | None = None, **forms: Any) -> Response:
    """Show the manage page; `forms` (details, other) are those with problems."""
    values = _single(thing, **forms) if isinstance(thing, Registration) else _series(thing, **forms)
    kind = "manage" if isinstance(thing, Registration) else "every"
    sentence = NOTES.get(note or "")
    path = manage_path(thing)
    return answer(
        "registration/manage.html", f"registration/_{kind}.html", status=status, inner=f"registration/_{kind}.html",
        note=sentence, path=path, token=path.rsplit("/", 1)[1], now=utc_now(), **values,
    )  # fmt: skip


def details_of(session: Session, thing: Thing, *, read: bool) -> Any:
    """Make the form that changes name, zone and answers of a registration."""
    if isinstance(thing, Registration):
        answers = answers_of(session, thing)
        questions = list_questions(session, thing.event)
        pools = (thing.places_id, thing.waits_for_id)
        sides = frozenset(side for pool in pools if (side := side_of(thing.event, pool)) is not None)
    else:
        answers = series_answers_of(session, thing)
        questions = _series_questions(session, thing)
        sides = frozenset({thing.wish})
    held = Held(thing.name, thing.zone, {number: row.value for number, row in answers.items()}, sides)
    return details_form(questions, held, read=read)


def _series_questions(session: Session, every: SeriesRegistration) -> list[Question]:
    dates = list_dates_of(session, every.id, now=utc_now()) or list_dates_of(session, every.id)
    if not dates:
        return []
    return [question for question in list_questions(session, dates[0][0]) if question.series_id is not None]


def _single(registration: Registration, *, details: Any = None, other: Any = None) -> dict[str, Any]:
    session, event = current_session(), registration.event
    state = door(event, utc_now())
    live = registration.state in rules.LIVE and state not in (Door.OVER, Door.CANCELLED)
    side = side_of(event, registration.places_id)
    waits_for = side_of(event, registration.waits_for_id)
    own = own_tickets(session, registration, event, now=utc_now()) if registration.state in rules.LIVE else None
    other_side = None
    if live and event.mode == "hybrid" and own is None:  # else the ticket says where
        other_side = "online" if "room" in (side, waits_for) else "room"
        if side and waits_for:
            other_side = side  # to stay where one is, and wait no more
    return {
        "registration": registration,
        "event": event,
        "door": state,
        "live": live,
        "side": side,
        "waits_for": waits_for,
        "position": queue_position(session, registration),
        "other_side": other_side,
        "other_full": is_full(event.room if other_side == "room" else event.online) if other_side else False,
        "way_in": way_in(registration, event),
        **other_sitting(session, registration, live=live and own is None),
        "own": own,
        "ticket": ticket_of(registration, event) if live else None,
        "checked_in": is_here(registration, event, utc_now()),
        "minutes_before": rules.JOIN_OPENS_MINUTES,
        "details": details or (details_of(session, registration, read=False) if live else None),
        "other": other or (AddressForm(formdata=None) if live else None),
        "consents": consents_of(session, registration),
        "community": event.community,
    }


def other_sitting(session: Session, registration: Registration, *, live: bool) -> dict[str, Any]:
    """Give the other sitting that one can swap to (`twin`), or the page of one's place there after a swap."""
    swapped = registration.state == "cancelled" and registration.cancelled_by == "swap"
    twin = find_twin(session, registration.event) if live or swapped else None
    if twin is None or twin.status != "published":
        return {"twin": None, "swapped_to": None}
    if live:
        return {"twin": twin if door(twin, utc_now()) is Door.OPEN else None, "swapped_to": None}
    # Whoever holds this link could have swapped with it: it opens no more than it did.
    there = find_live_of(session, twin.id, registration.person_id)
    return {"twin": twin, "swapped_to": manage_path(there) if there is not None else None}


def way_in(registration: Registration, event: Event) -> str | None:
    """Give the path of the way in while it is open; None before, after, in person, and without a place."""
    if registration.state != "confirmed" or event.status == "cancelled" or event.mode == "in person":
        return None
    return join_path(registration) if door_to_meeting(event) == "open" else None


def _series(every: SeriesRegistration, *, details: Any = None, other: Any = None) -> dict[str, Any]:
    session = current_session()
    dates = list_dates_of(session, every.id, now=utc_now())
    live = every.state == "confirmed" and every.series.status == "published"
    rule = every.series.rules[-1] if every.series.rules else None
    return {
        "every": every,
        "series": every.series,
        "live": live,
        "dates": [_date(session, event, registration, live) for event, registration in dates],
        "details": details or (details_of(session, every, read=False) if live else None),
        "other": other or (AddressForm(formdata=None) if live else None),
        "other_side": _other_side(every) if live else None,
        **(_next_ticket(dates) if live else {"ticket": None}),
        "consents": series_consents_of(session, every),
        "community": every.series.community,
        "rule": rule,
    }


def _next_ticket(dates: list[tuple[Event, Registration]]) -> dict[str, Any]:
    """Give the code for the door of the next date that one comes to in the room: each date has its own."""
    found = ((ticket_of(row, event), row, event) for event, row in dates if event.status == "published")
    coming = next((one for one in found if one[0] is not None), None)
    if coming is None:
        return {"ticket": None}
    code, row, event = coming
    return {"ticket": code, "checked_in": is_here(row, event, utc_now())}


def _other_side(every: SeriesRegistration) -> str | None:
    if every.series.mode != "hybrid":
        return None
    return "online" if every.wish == "room" else "room"


def _date(session: Session, event: Event, registration: Registration, live: bool) -> dict[str, Any]:
    here = registration.state in rules.LIVE
    return {
        "event": event,
        "registration": registration,
        "here": here,
        "position": queue_position(session, registration),
        "can_leave": live and here and event.status == "published",
        "can_return": live and not here and door(event, utc_now()) is Door.OPEN,
        "way_in": way_in(registration, event),
    }
