"""Who came: noted by one guarded statement, so that two helpers at once, or a press and a link, have one effect."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from gatherings.audit.actions import log
from gatherings.db import changed
from gatherings.events.models import Event
from gatherings.registration.door_queries import find_at_door
from gatherings.registration.door_rules import Standing, counts_since, is_here, standing
from gatherings.registration.listing import sells, tickets_of
from gatherings.registration.models import EarlierArrival, Registration


def join_online(session: Session, registration_id: int, *, since: datetime | None, now: datetime) -> bool:
    """Note that somebody came by their own link; False when they had come before (on this day: door_rules.py)."""
    return _arrive(session, registration_id, "join", since, now)


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
    done = _arrive(
        session, registration.id, how, counts_since(event, now), now, Registration.state == "confirmed", here
    )
    session.refresh(registration, ["attended_at", "attended_how", "state", "places_id", "waits_for_id"])
    if done:
        _log(session, "check_in", registration, event, by=by, now=now, how=how)
    return done, standing(registration, event, now, tickets)


def undo_check_in(session: Session, event_id: int, public_id: str, *, by: str, now: datetime) -> bool:
    """Take back a wrong press at the door, one of this day; who came by their own link stays.

    False when there is nothing to undo. They were there on the days before all the same.
    """
    event = session.get_one(Event, event_id)
    registration = find_at_door(session, public_id)
    if registration is None or registration.event_id != event.id:
        return False
    if not is_here(registration, event, now):
        return False
    earlier = session.scalars(
        select(EarlierArrival)
        .where(EarlierArrival.registration_id == registration.id)
        .order_by(EarlierArrival.attended_at.desc())
        .limit(1)
    ).one_or_none()
    by_a_press = update(Registration).where(
        Registration.id == registration.id,
        Registration.attended_at == registration.attended_at,
        Registration.attended_how.in_(("scan", "name")),
    )
    before = (earlier.attended_at, earlier.attended_how) if earlier else (None, None)
    done = changed(session, by_a_press.values(attended_at=before[0], attended_how=before[1])) == 1
    if done and earlier is not None:
        changed(session, delete(EarlierArrival).where(EarlierArrival.id == earlier.id))
    session.refresh(registration, ["attended_at", "attended_how"])
    if done:
        _log(session, "check_in_undone", registration, event, by=by, now=now)
    return done


def _arrive(
    session: Session,
    registration_id: int,
    how: str,
    since: datetime | None,
    now: datetime,
    *also: ColumnElement[bool],
) -> bool:
    """Note an arrival, once: of two at the same moment one finds the row changed. An earlier day's is kept beside."""
    mine = Registration.id == registration_id
    came = select(Registration.attended_at, Registration.attended_how).where(mine)
    at, way = (None, None) if since is None else session.execute(came).one()
    if since is not None and at is not None and at >= since:
        return False
    as_seen = Registration.attended_at.is_(None) if at is None else Registration.attended_at == at
    not_here = update(Registration).where(mine, as_seen, *also)
    if changed(session, not_here.values(attended_at=now, attended_how=how)) != 1:
        return False
    if at is not None:
        session.add(EarlierArrival(registration_id=registration_id, attended_at=at, attended_how=way))
        session.flush()
    return True


def _log(
    session: Session, action: str, registration: Registration, event: Event, *, by: str, now: datetime, **more: str
) -> None:
    about = f"registration:{registration.public_id}"
    log(session, actor=by, action=action, about=about, community_id=event.community_id, now=now, **more)
