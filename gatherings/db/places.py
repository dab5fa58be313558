"""Counted pools of places: taken by one guarded statement, never counted first."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from sqlalchemy import CheckConstraint, Table, bindparam, case, or_, select, update
from sqlalchemy.orm import Mapped, Session

from gatherings.db.base import Base, Counter, Pk
from gatherings.db.changing import changed


class Places(Base):
    """A counted pool: the room of an event, its online side, later a ticket kind or a session.

    `taken` never passes `capacity` by a claim; a capacity lowered below `taken` afterwards is allowed (nobody is
    thrown out), hence the table checks `taken >= 0` alone. `queue` is the last number given on the waiting list.
    """

    __tablename__ = "places"
    __table_args__ = (CheckConstraint("taken >= 0", name="taken_not_negative"),)

    id: Mapped[Pk]
    capacity: Mapped[int | None]
    taken: Mapped[Counter]
    queue: Mapped[Counter]
    # Raised whenever a place is taken or given back and whenever the capacity moves: the sum over all pools tells
    # caches whether any count moved. A number drawn on the waiting list shows on no page, and raises nothing.
    turns: Mapped[Counter]


@dataclass(frozen=True)
class Claimed:
    """The outcome of asking for a place: got it, or the number on the waiting list."""

    got: bool
    number: int | None = None


_FREE = or_(Places.capacity.is_(None), Places.taken < Places.capacity)
_POOLS = cast(Table, Places.__table__)
_THIS = _POOLS.c.id == bindparam("places_id")
# Made once: building such a statement costs more than running it.
_CLAIM = update(_POOLS).where(_THIS, _FREE).values(taken=Places.taken + 1, turns=Places.turns + 1)
_DRAW = (
    update(_POOLS)
    .where(_THIS)
    .values(queue=Places.queue + case((_FREE, 0), else_=1))
    .returning(_POOLS.c.queue, _FREE.label("free"))
)
_NUMBER = update(_POOLS).where(_THIS).values(queue=Places.queue + 1).returning(_POOLS.c.queue)
_RELEASE = update(_POOLS).where(_THIS).values(taken=Places.taken - 1, turns=Places.turns + 1)


def claim(session: Session, places_id: int) -> bool:
    """Take one place if there is one, in the caller's transaction; return whether it was had."""
    return changed(session, _CLAIM, {"places_id": places_id}) == 1


def claim_or_queue(session: Session, places_id: int) -> Claimed:
    """Take one place, or else draw the next number of the waiting list.

    Drawing the number locks the row, so numbers follow the order of commits. Between the two statements somebody
    may have freed a place while nobody was waiting yet: the row, locked now, tells, and the claim is made again.
    """
    if claim(session, places_id):
        return Claimed(True)
    drawn = session.execute(_DRAW, {"places_id": places_id}).one()
    if drawn.free:
        return Claimed(claim(session, places_id))
    return Claimed(False, drawn.queue)


def draw(session: Session, places_id: int) -> int:
    """Draw the next number of a waiting list, whether or not the pool has a place: something else may be missing."""
    return int(session.execute(_NUMBER, {"places_id": places_id}).scalar_one())


def release(session: Session, places_id: int) -> None:
    """Give one place back; the caller has served the waiting list first or does so afterwards."""
    session.execute(_RELEASE, {"places_id": places_id})


def lock(session: Session, places_ids: Iterable[int]) -> dict[int, Places]:
    """Lock pools in ascending id and read them afresh; whoever moves between pools or frees one locks first.

    On SQLite the unit of work holds the only write lock already.
    """
    wanted = sorted(set(places_ids))
    rows = session.scalars(
        select(Places)
        .where(Places.id.in_(wanted))
        .order_by(Places.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}
