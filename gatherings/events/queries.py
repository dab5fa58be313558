"""Reads of events and series: each page's needs in few explicit queries."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.communities.models import Community
from gatherings.core.errors import NotFound
from gatherings.db.places import Places
from gatherings.db.types import UtcDateTime
from gatherings.events import listing
from gatherings.events.listing import Filters
from gatherings.events.models import Event, EventChange, OldSlug, Series, SeriesRule

# Zone rules move a start by hours, never by days: with this margin nothing that is still to come is missed.
_DAY_AND_MORE = timedelta(days=2)

# What mails and calendar entries need of an event; and with its places, what showing and changing it needs.
WITH_SERIES = (joinedload(Event.community), joinedload(Event.series), joinedload(Event.series_rule))
WITH_ALL = (*WITH_SERIES, joinedload(Event.room), joinedload(Event.online))


@dataclass(frozen=True)
class Moved:
    """A slug that was once used: where it leads now."""

    slug: str


def get_event_page(session: Session, slug: str) -> Event | Moved:
    """Read a published or cancelled event with all that its page shows, in three queries; raises NotFound.

    Gives Moved for an old slug. Drafts are not there for the public.
    """
    event = session.scalars(
        select(Event)
        .where(Event.slug == slug, Event.status != "draft")
        .options(
            joinedload(Event.community),
            joinedload(Event.series),
            joinedload(Event.series_rule),
            joinedload(Event.umbrella),
            joinedload(Event.picture),
            joinedload(Event.room),
            joinedload(Event.online),
            selectinload(Event.speakers),
            selectinload(Event.resources),
        )
    ).one_or_none()
    if event is not None:
        return event
    return Moved(_moved(session, "event", slug, Event))


def get_event(session: Session, slug: str) -> Event:
    """Read a published or cancelled event alone, by its present slug; raises NotFound."""
    event = session.scalars(select(Event).where(Event.slug == slug, Event.status != "draft")).one_or_none()
    if event is None:
        raise NotFound()
    return event


# Made once: building such a statement costs more than running it.
_FOR_FORM = (
    select(Event)
    .where(Event.slug == bindparam("slug"), Event.status != "draft")
    .options(
        joinedload(Event.community), joinedload(Event.series_rule), joinedload(Event.room), joinedload(Event.online)
    )
)


def get_event_for_form(session: Session, slug: str) -> Event | Moved:
    """Read what the registration form needs of an event, in one query; raises NotFound, gives Moved as above."""
    event = session.scalars(_FOR_FORM, {"slug": slug}).one_or_none()
    return event if event is not None else Moved(_moved(session, "event", slug, Event))


def get_series_page(session: Session, slug: str) -> Series | Moved:
    """Read a series with its community and rules; raises NotFound, gives Moved for an old slug."""
    series = session.scalars(
        select(Series)
        .where(Series.slug == slug, Series.status != "draft")
        .options(joinedload(Series.community), selectinload(Series.rules))
    ).one_or_none()
    if series is not None:
        return series
    return Moved(_moved(session, "series", slug, Series))


def _moved(session: Session, kind: str, slug: str, model: type[Event] | type[Series]) -> str:
    found = session.scalar(
        select(model.slug)
        .join(OldSlug, and_(OldSlug.object_id == model.id, OldSlug.kind == kind))
        .where(OldSlug.slug == slug, model.status != "draft")
    )
    if found is None:
        raise NotFound()
    return found


def list_coming(session: Session, now: datetime, *, community_id: int | None = None, limit: int = 50) -> list[Event]:
    """List public events that are not over, soonest first, with their community and places; one query.

    Cancelled ones stay in the list, said to be so.
    """
    return listing.find(session, now, Filters(community_id=community_id), limit=limit).events


def list_dates(session: Session, series_id: int, *, since: datetime, limit: int = 60) -> list[Event]:
    """List a series' dates that end after `since`, soonest first, with their places."""
    return list(
        session.scalars(
            select(Event)
            .where(Event.series_id == series_id, Event.status != "draft", Event.ends_at > since)
            .order_by(Event.starts_at, Event.id)
            .limit(limit)
            .options(joinedload(Event.room), joinedload(Event.online))
        )
    )


def list_dates_of_rule(session: Session, rule_id: int) -> list[Event]:
    """List all dates that one stretch of a series made, in order."""
    return list(session.scalars(select(Event).where(Event.series_rule_id == rule_id).order_by(Event.original_local)))


def list_past_dates(session: Session, series_id: int, *, now: datetime, limit: int = 60) -> list[Event]:
    """List a series' dates or editions that are over, latest first."""
    return list(
        session.scalars(
            select(Event)
            .where(Event.series_id == series_id, Event.status == "published", Event.ends_at <= now)
            .order_by(Event.starts_at.desc())
            .limit(limit)
        )
    )


def list_future(session: Session, now: datetime) -> list[Event]:
    """List all events that have not begun, drafts too, for `retime`."""
    return list(
        session.scalars(
            select(Event)
            .where(Event.starts_at > now - _DAY_AND_MORE)
            .order_by(Event.id)
            .options(joinedload(Event.series_rule))
        )
    )


def find_twin(session: Session, event: Event) -> Event | None:
    """Find the other sitting of a gathering with what showing and swapping need; None where there is none."""
    if event.twin_of_id is None:
        return None
    return session.scalars(
        select(Event)
        .where(Event.id == event.twin_of_id)
        .options(*WITH_ALL)
    ).one_or_none()  # fmt: skip


def open_change(session: Session, *, event_id: int | None = None, series_id: int | None = None) -> EventChange | None:
    """Find the change of an event or series that people have not been told about yet."""
    return session.scalars(
        select(EventChange).where(
            EventChange.event_id == event_id if event_id is not None else EventChange.series_id == series_id,
            EventChange.told_at.is_(None),
        )
    ).one_or_none()


def current_rule(series: Series) -> SeriesRule | None:
    """Give the rule that makes a series' coming dates, or None for editions."""
    return series.rules[-1] if series.rules else None


# Of the page cache: numbers that only ever grow.
PUBLIC_STAMP = select(
    select(func.coalesce(func.sum(Community.version), 0)).scalar_subquery(),
    select(func.count(Community.id)).scalar_subquery(),
    select(func.coalesce(func.sum(Places.turns), 0)).scalar_subquery(),
    select(func.coalesce(func.sum(Series.revision), 0)).scalar_subquery(),
)


def public_stamp(session: Session) -> tuple[int, ...]:
    """Give numbers that only ever grow and do so whenever something on a public page changes; one small query."""
    return tuple(session.execute(PUBLIC_STAMP).one())


_NOW = bindparam("now", type_=UtcDateTime())
EDGES = (Event.starts_at, Event.ends_at, Event.registration_opens_at, Event.registration_closes_at)


def first_of(*edges: Any) -> Select[Any]:
    """Make the statement that reads, of each of these columns, the first instant after the parameter `now`."""
    return select(*(select(func.min(edge)).where(edge > _NOW).scalar_subquery() for edge in edges))


_BOUNDARIES = first_of(*EDGES)


def next_boundary(session: Session, now: datetime, boundaries: Select[Any] = _BOUNDARIES) -> datetime | None:
    """Give the next instant at which a public page changes by itself: a start, an end, an opening or a closing."""
    edges = session.execute(boundaries, {"now": now}).one()
    return min((edge for edge in edges if edge is not None), default=None)
