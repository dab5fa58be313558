"""Reads of the door: how many came, who is who by name or by code. Names and states alone, never an address."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, not_, or_, select, true
from sqlalchemy.orm import Session, load_only

from gatherings.core.folding import fold
from gatherings.core.tokens import PUBLIC_ID
from gatherings.events.models import Event
from gatherings.registration.door_rules import counts_since, door_day, lasts_days, short_code
from gatherings.registration.listing import sells
from gatherings.registration.models import EarlierArrival, Registration
from gatherings.tickets.models import Ticket, TicketKind

_NEEDED = (
    Registration.public_id, Registration.name, Registration.name_folded, Registration.state, Registration.places_id,
    Registration.waits_for_id, Registration.queue_number, Registration.attended_at, Registration.attended_how,
    Registration.link_version, Registration.event_id,
)  # fmt: skip
FOUND_AT_MOST = 12


@dataclass(frozen=True)
class Counts:
    """How many have a place and how many of them came, in the room and online; None for a side that is not held.

    Of an event of several days it is one `day`: how many have a ticket for it, and how many came on it.
    """

    room: int | None
    room_came: int
    online: int | None
    online_came: int
    day: date | None = None

    @property
    def stamp(self) -> str:
        """Give a word that differs whenever a number does."""
        return f"{self.room}-{self.room_came}-{self.online}-{self.online_came}{f'-{self.day}' if self.day else ''}"


def count_arrivals(session: Session, event: Event, now: datetime) -> Counts:
    """Count who is expected and who came, at an event of several days on this one; one query, two with tickets."""
    since, day = counts_since(event, now), door_day(event, now) if lasts_days(event) else None
    came = Registration.attended_at.is_not(None) if since is None else Registration.attended_at >= since
    expected_now = or_(came, _has_ticket_for(session, event, day)) if day is not None and sells(event) else true()
    rows = session.execute(
        select(
            Registration.places_id,
            func.count(),
            func.count(case((and_(came, Registration.attended_how == "join"), 1))),
            func.count(case((came, 1))),
        )
        .where(Registration.event_id == event.id, Registration.state == "confirmed", expected_now)
        .group_by(Registration.places_id)
    )
    expected: dict[int | None, int] = {}
    joined = here = 0
    for places_id, people, by_link, arrived in rows:
        expected[places_id] = people
        joined += by_link
        here += arrived
    held = {"room": event.room_id, "online": event.online_id}
    room, online = (None if pool is None else expected.get(pool, 0) for pool in held.values())
    if room is None:  # everybody who came, came online, in whatever way that was noted
        return Counts(None, 0, online, here, day)
    if online is None:
        return Counts(room, here, None, 0, day)
    return Counts(room, here - joined, online, joined, day)


def _has_ticket_for(session: Session, event: Event, day: date) -> ColumnElement[bool]:
    """Give the condition that some ticket lets its holder in on a day, or that they come without any (`is_for`)."""
    kinds = session.execute(select(TicketKind.id, TicketKind.days).where(TicketKind.event_id == event.id))
    others = [kind_id for kind_id, days in kinds if days and day.isoformat() not in days]
    if not others:
        return true()
    mine = (Ticket.registration_id == Registration.id, Ticket.state == "valid")
    return or_(not_(exists().where(*mine)), exists().where(*mine, Ticket.kind_id.not_in(others)))


def earlier_arrivals(session: Session, registrations: Collection[int]) -> Mapping[int, list[datetime]]:
    """Give when those registered (by id) came on days before the one on which they came last; one query."""
    found: dict[int, list[datetime]] = {}
    if not registrations:
        return found
    rows = session.execute(
        select(EarlierArrival.registration_id, EarlierArrival.attended_at)
        .where(EarlierArrival.registration_id.in_(registrations))
        .order_by(EarlierArrival.attended_at)
    )
    for registration_id, at in rows:
        found.setdefault(registration_id, []).append(at)
    return found


def is_enough(typed: str) -> bool:
    """Tell whether a search has words enough: two letters, or one sign of a script in which that is a word."""
    found = fold(typed).replace(" ", "")
    return len(found) > 1 or (bool(found) and not found.isascii())


def search_by_name(session: Session, event: Event, typed: str) -> list[Registration]:
    """Find people of an event by parts of their name, in its order; one more than are shown tells that there are more.

    Too little finds nobody: this is a door, not a list.
    """
    words = fold(typed).split()
    if not is_enough(typed):
        return []
    found = (
        select(Registration)
        .where(Registration.event_id == event.id, Registration.erased_at.is_(None), Registration.name_folded != "")
        .order_by(Registration.state == "cancelled", Registration.name_folded, Registration.id)
        .limit(FOUND_AT_MOST + 1)
        .options(load_only(*_NEEDED))
    )
    for word in words:
        found = found.where(Registration.name_folded.contains(word, autoescape=True))
    return list(session.scalars(found))


def find_at_door(session: Session, public_id: str) -> Registration | None:
    """Find a registration that is not erased; of whatever event, so that the caller can tell another's."""
    if PUBLIC_ID.fullmatch(public_id) is None:
        return None
    return session.scalars(
        select(Registration)
        .where(Registration.public_id == public_id, Registration.erased_at.is_(None))
        .options(load_only(*_NEEDED))
    ).one_or_none()


def find_by_short_code(session: Session, event: Event, code: str) -> Registration | None:
    """Find who of an event has this typed code; ten thousand are looked through in some hundredths of a second."""
    rows: Sequence[tuple[str, int]] = session.execute(
        select(Registration.public_id, Registration.link_version).where(
            Registration.event_id == event.id, Registration.erased_at.is_(None)
        )
    ).all()
    for public_id, version in rows:
        if short_code(public_id, version) == code:
            return find_at_door(session, public_id)
    return None
