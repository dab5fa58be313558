"""The listing: what is coming or has been, filtered, a page at a time, and what filters there are to choose from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session, defer, joinedload

from gatherings.communities.models import Community
from gatherings.core.hours import is_decent
from gatherings.events.models import CoListing, Event
from gatherings.events.search import has_words

Place = tuple[datetime, int]  # where an event stands in the listing: its start, and its id among those of one start

_SCANNED = 500  # rows that are looked at in one query for their hours …
_SCANS = 4  # … and so often for one page


@dataclass(frozen=True)
class Filters:
    """What the listing is narrowed to; None or empty: not by that. `words` are folded (search.words_of).

    `decent_in` is the zone in which the hour must be a decent one (core/hours.py). `past`: what is over, the latest
    first, without what was cancelled.
    """

    community_id: int | None = None
    mode: str | None = None
    words: Sequence[str] = ()
    between: tuple[datetime, datetime] | None = None
    language: str | None = None
    decent_in: str | None = None
    past: bool = False


@dataclass(frozen=True)
class Found:
    """A page of the listing; `later` is the slug after which the next page begins, None on the last one."""

    events: list[Event]
    later: str | None


def find(session: Session, now: datetime, filters: Filters, *, limit: int = 50, after: Place | None = None) -> Found:
    """Read a page of public events, after a place in the list; one query, with hours a few more, bounded.

    With hours it may happen that a page is short or empty though more is to come: then `later` is not None.
    """
    if filters.decent_in is not None:
        return _find_decent(session, now, filters, filters.decent_in, limit, after)
    wanted = _whole().where(*_conditions(filters, now), *_after(filters, after)).order_by(*_order(filters))
    events = list(session.scalars(wanted.limit(limit + 1)))
    return Found(events[:limit], events[limit - 1].slug if len(events) > limit else None)


def count(session: Session, now: datetime, filters: Filters) -> int:
    """Count all public events that fit; one query (with hours: up to the first 2,000 events, a few queries)."""
    if filters.decent_in is None:
        return session.scalar(select(func.count(Event.id)).where(*_conditions(filters, now))) or 0
    return sum(_fits(filters.decent_in)(row) for row in _scan(session, now, filters, None))


def place_of(session: Session, slug: str) -> Place | None:
    """Give where a public event stands in the listing, to go on after it; None if there is none."""
    row = session.execute(
        select(Event.starts_at, Event.id).where(Event.slug == slug, Event.listing == "public", Event.status != "draft")
    ).one_or_none()
    return None if row is None else (row[0], row[1])


@dataclass(frozen=True)
class Choices:
    """What there is to choose from: communities (id, slug, name) by name, and the languages of public events."""

    communities: list[tuple[int, str, str]]
    languages: list[str]


def choices(session: Session) -> Choices:
    """Read the communities and languages that the listing can be narrowed to; one query."""
    communities = select(Community.id, Community.slug.label("key"), Community.name.label("name"))
    spoken = select(Event.language).where(Event.listing == "public", Event.status != "draft").distinct().subquery()
    languages = select(null().label("id"), spoken.c.language, literal(""))
    rows = session.execute(union_all(communities, languages)).all()
    named = sorted(((row[0], row[1], row[2]) for row in rows if row[0] is not None), key=lambda row: row[2].casefold())
    return Choices(named, sorted(row[1] for row in rows if row[0] is None))


def _find_decent(
    session: Session, now: datetime, filters: Filters, zone: str, limit: int, after: Place | None
) -> Found:
    fits, ids, last, slug, scanned = _fits(zone), list[int](), None, None, 0
    for row in _scan(session, now, filters, after):
        scanned += 1
        if fits(row):
            if len(ids) == limit:
                return Found(_by_ids(session, ids), last)
            ids.append(row.id)
            last = row.slug
        slug = row.slug
    return Found(_by_ids(session, ids), slug if scanned == _SCANNED * _SCANS else None)


def _fits(zone: str) -> Callable[[Any], bool]:
    def fits(row: Any) -> bool:
        return is_decent(row.starts_at, row.ends_at, zone, all_day=row.all_day or row.approximate)

    return fits


def _scan(session: Session, now: datetime, filters: Filters, after: Place | None) -> Iterator[Any]:
    """Read the times of what fits otherwise, in the order of the list, in a bounded number of bounded queries."""
    columns = (Event.id, Event.slug, Event.starts_at, Event.ends_at, Event.all_day, Event.approximate)
    for _ in range(_SCANS):
        wanted = select(*columns).where(*_conditions(filters, now), *_after(filters, after))
        rows = session.execute(wanted.order_by(*_order(filters)).limit(_SCANNED)).all()
        yield from rows
        if len(rows) < _SCANNED:
            return
        after = (rows[-1].starts_at, rows[-1].id)


def _by_ids(session: Session, ids: list[int]) -> list[Event]:
    if not ids:
        return []
    found = {event.id: event for event in session.scalars(_whole().where(Event.id.in_(ids)))}
    return [found[one] for one in ids if one in found]


def _whole() -> Select[Event]:
    """Give the statement for events as a list shows them: with community and places, without their long texts."""
    return select(Event).options(
        defer(Event.about),
        defer(Event.access_notes),
        defer(Event.asked_often),
        joinedload(Event.community).load_only(Community.slug, Community.name, Community.accent),
        joinedload(Event.room),
        joinedload(Event.online),
    )


def _conditions(filters: Filters, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Event.listing == "public"]
    if filters.past:
        conditions += [Event.status == "published", Event.ends_at <= now]
    else:
        conditions += [Event.status.in_(("published", "cancelled")), Event.ends_at > now]
    if filters.community_id is not None:
        listed = select(CoListing.event_id).where(CoListing.community_id == filters.community_id)
        conditions.append(or_(Event.community_id == filters.community_id, Event.id.in_(listed)))
    if filters.mode is not None:
        conditions.append(Event.mode == filters.mode)
    if filters.between is not None:
        conditions.append(and_(Event.starts_at >= filters.between[0], Event.starts_at < filters.between[1]))
    if filters.language is not None:
        conditions.append(Event.language == filters.language)
    return conditions + has_words(filters.words)


def _after(filters: Filters, after: Place | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    starts_at, number = after
    if filters.past:
        return [or_(Event.starts_at < starts_at, and_(Event.starts_at == starts_at, Event.id < number))]
    return [or_(Event.starts_at > starts_at, and_(Event.starts_at == starts_at, Event.id > number))]


def _order(filters: Filters) -> tuple[Any, Any]:
    if filters.past:
        return Event.starts_at.desc(), Event.id.desc()
    return Event.starts_at, Event.id
