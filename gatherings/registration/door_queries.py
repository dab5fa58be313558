"""Reads of the door: how many came, who is who by name or by code. Names and states alone, never an address."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, load_only

from gatherings.core.folding import fold
from gatherings.core.tokens import PUBLIC_ID
from gatherings.events.models import Event
from gatherings.registration.door_rules import short_code
from gatherings.registration.models import Registration

_NEEDED = (
    Registration.public_id, Registration.name, Registration.name_folded, Registration.state, Registration.places_id,
    Registration.waits_for_id, Registration.queue_number, Registration.attended_at, Registration.attended_how,
    Registration.link_version, Registration.event_id,
)  # fmt: skip
FOUND_AT_MOST = 12


@dataclass(frozen=True)
class Counts:
    """How many have a place and how many of them came, in the room and online; None for a side that is not held."""

    room: int | None
    room_came: int
    online: int | None
    online_came: int

    @property
    def stamp(self) -> str:
        """Give a word that differs whenever a number does."""
        return f"{self.room}-{self.room_came}-{self.online}-{self.online_came}"


def count_arrivals(session: Session, event: Event) -> Counts:
    """Count who is expected and who came; one query."""
    rows = session.execute(
        select(
            Registration.places_id,
            func.count(),
            func.count(case((Registration.attended_how == "join", 1))),
            func.count(Registration.attended_at),
        )
        .where(Registration.event_id == event.id, Registration.state == "confirmed")
        .group_by(Registration.places_id)
    )
    expected: dict[int | None, int] = {}
    joined = came = 0
    for places_id, people, by_link, arrived in rows:
        expected[places_id] = people
        joined += by_link
        came += arrived
    held = {"room": event.room_id, "online": event.online_id}
    room, online = (None if pool is None else expected.get(pool, 0) for pool in held.values())
    if room is None:  # everybody who came, came online, in whatever way that was noted
        return Counts(None, 0, online, came)
    return Counts(room, came - joined if online is not None else came, online, joined if online is not None else 0)


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
