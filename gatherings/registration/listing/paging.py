"""A page of registrations, before or after one of them: the last page is as cheap as the first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from gatherings.core import zones
from gatherings.core.tokens import PUBLIC_ID
from gatherings.events.models import Event
from gatherings.registration.listing.filter import Filter
from gatherings.registration.listing.finding import came_before, conditions, zones_of
from gatherings.registration.models import Registration

LIMIT = 50
LAST = "last"
_RANKS = {"confirmed": 1, "pending": 2, "offered": 3, "waitlisted": 4, "cancelled": 5}


@dataclass(frozen=True)
class Row:
    """One registration (with its person), whether its person is new here, and its number on the waiting list."""

    registration: Registration
    first_time: bool
    position: int | None


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and where the pages beside it begin (to be given as `at`); None where there is none."""

    rows: list[Row]
    earlier: str | None
    later: str | None


def rows(
    session: Session,
    event: Event,
    filter: Filter,
    *,
    at: str = "",
    limit: int = LIMIT,
    known: Collection[str] | None = None,
) -> Page:
    """Read a page: the first one, `at` "last" the last one, else before or after a registration; at most 3 queries.

    `at` comes from an address: what names no registration of this event gives the first page.
    """
    if known is None and filter.by_clock():
        known = zones_of(session, event)
    keys, backwards = _keys(event, filter, known or ())
    towards, edge = _edge(session, event, keys, at)
    back = towards == "before"
    order = [key.desc() if backwards != back else key.asc() for key in keys]
    wanted = select(Registration.id).where(*conditions(session, event, filter, known)).order_by(*order).limit(limit + 1)
    if edge is not None:
        wanted = wanted.where(_beyond(keys, edge, downwards=backwards != back))
    # First which rows, then what is told of them: else everything would be found out about all, to be sorted.
    found = (
        select(Registration, ~came_before(event), _position())
        .where(Registration.id.in_(wanted.scalar_subquery()))
        .order_by(*order)
        .options(joinedload(Registration.person))
    )
    read = [Row(*one) for one in session.execute(found)]
    more, read = len(read) > limit, read[:limit]
    if back:
        read.reverse()
    has_earlier, has_later = (more, edge is not None) if back else (edge is not None, more)
    if not read:
        return Page([], None, None)
    return Page(
        read,
        f"before.{read[0].registration.public_id}" if has_earlier else None,
        f"after.{read[-1].registration.public_id}" if has_later else None,
    )


def _keys(event: Event, filter: Filter, known: Collection[str]) -> tuple[list[Any], bool]:
    """Give what the list is sorted by, always ending with the id, and whether downwards: a fixed table (C16)."""
    name = filter.sort.removeprefix("-")
    if name == "name":
        keys: list[Any] = [Registration.name_folded]
    elif name == "hour" and not event.all_day:
        keys = [_minute_of_day(event, known)]
    elif name == "state":
        keys = [case(_RANKS, value=Registration.state, else_=9), func.coalesce(Registration.queue_number, 0)]
    else:
        keys = [Registration.created_at]
    return [*keys, Registration.id], filter.sort.startswith("-")


def _minute_of_day(event: Event, zones_found: Collection[str]) -> ColumnElement[int]:
    """Give the minute of somebody's own day at which it begins, by their zone."""
    minutes: dict[int, list[str]] = {}
    for zone in zones_found:
        local = zones.to_local(event.starts_at, zone)
        minutes.setdefault(local.hour * 60 + local.minute, []).append(zone)
    whens = [(Registration.zone.in_(those), minute) for minute, those in sorted(minutes.items())]
    return case(*whens, else_=0) if whens else case((Registration.id > 0, 0), else_=0)


def _edge(session: Session, event: Event, keys: list[Any], at: str) -> tuple[str, Any]:
    """Give the way to go ("after", "before"), and where the registration that is gone from stands in the order."""
    if at == LAST:
        return "before", None
    towards, _, public_id = at.partition(".")
    if towards not in ("after", "before") or PUBLIC_ID.fullmatch(public_id) is None:
        return "after", None
    edge = session.execute(
        select(*keys).where(Registration.public_id == public_id, Registration.event_id == event.id)
    ).one_or_none()
    return (towards, tuple(edge)) if edge is not None else ("after", None)


def _beyond(keys: list[Any], edge: Sequence[Any], *, downwards: bool) -> ColumnElement[bool]:
    """Give the condition of standing after an edge: by the first key, or by the next one where that is the same."""
    ways: list[ColumnElement[bool]] = []
    for number, key in enumerate(keys):
        same = [one == value for one, value in zip(keys[:number], edge, strict=False)]
        ways.append(and_(*same, key < edge[number] if downwards else key > edge[number]))
    return or_(*ways)


def _position() -> Any:
    """Count where somebody stands in the line that they wait in, 1 being next; null for who waits for nothing."""
    before = aliased(Registration)
    counted = (
        select(func.count(before.id))
        .where(before.waits_for_id == Registration.waits_for_id, before.queue_number <= Registration.queue_number)
        .correlate(Registration)
        .scalar_subquery()
    )
    return case((Registration.waits_for_id.is_not(None), counted), else_=None)
