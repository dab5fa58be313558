"""Who came: noted by one guarded statement, so that two helpers at once, or a press and a link, have one effect."""

from datetime import datetime

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from gatherings.audit.actions import log
from gatherings.db import changed
from gatherings.events.models import Event
from gatherings.registration.door_queries import find_at_door
from gatherings.registration.door_rules import Standing, standing
from gatherings.registration.listing import sells, tickets_of
from gatherings.registration.models import Registration


def join_online(session: Session, registration_id: int, *, now: datetime) -> bool:
    """Note that somebody came by their own link; False when they had come before."""
    return _arrive(session, registration_id, "join", now)


def check_in(
    session: Session, event_id: int, public_id: str, *, how: str, by: str, now: datetime
) -> tuple[bool, Standing | None]:
    """Let somebody into the room of an event: by "scan" or "name". Gives whether this very press did it, and how they
    stand now (None: not of this event).

    `by` is the public id of who stands at the door. Whoever may not come in is told, and nothing is noted.
    """
    event = session.get_one(Event, event_id, populate_existing=True)
    registration = find_at_door(session, public_id)
    if registration is None or registration.event_id != event.id:
        return False, None
    tickets = tickets_of(session, [registration.id]).get(registration.id, ()) if sells(event) else ()
    stands = standing(registration, event, now, tickets)
    if stands.word != "welcome":
        return False, stands
    here = Registration.places_id == event.room_id  # they may have moved to the other side a moment ago
    done = _arrive(session, registration.id, how, now, Registration.state == "confirmed", here)
    session.refresh(registration, ["attended_at", "attended_how", "state", "places_id", "waits_for_id"])
    if done:
        _log(session, "check_in", registration, event, by=by, now=now, how=how)
    return done, standing(registration, event, now, tickets)


def undo_check_in(session: Session, event_id: int, public_id: str, *, by: str, now: datetime) -> bool:
    """Take back a wrong press at the door; who came by their own link stays. False when there is nothing to undo."""
    event = session.get_one(Event, event_id)
    registration = find_at_door(session, public_id)
    if registration is None or registration.event_id != event.id:
        return False
    by_a_press = update(Registration).where(
        Registration.id == registration.id, Registration.attended_how.in_(("scan", "name"))
    )
    done = changed(session, by_a_press.values(attended_at=None, attended_how=None)) == 1
    session.refresh(registration, ["attended_at", "attended_how"])
    if done:
        _log(session, "check_in_undone", registration, event, by=by, now=now)
    return done


def _arrive(session: Session, registration_id: int, how: str, now: datetime, *also: ColumnElement[bool]) -> bool:
    not_here = update(Registration).where(Registration.id == registration_id, Registration.attended_at.is_(None), *also)
    return changed(session, not_here.values(attended_at=now, attended_how=how)) == 1


def _log(
    session: Session, action: str, registration: Registration, event: Event, *, by: str, now: datetime, **more: str
) -> None:
    about = f"registration:{registration.public_id}"
    log(session, actor=by, action=action, about=about, community_id=event.community_id, now=now, **more)
