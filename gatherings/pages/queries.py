"""Reads that only the public screens need."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload, load_only, selectinload

from gatherings.communities.models import Community
from gatherings.core.errors import NotFound
from gatherings.events.models import CoListing, Event, OldSlug, Series
from gatherings.events.queries import Moved, list_coming

PAST_SHOWN = 24
COMING_SHOWN = 30


def list_communities(session: Session) -> list[Community]:
    """List all communities by name; one query."""
    return list(
        session.scalars(
            select(Community)
            .order_by(Community.name)
            .options(load_only(Community.slug, Community.name, Community.accent))
        )
    )


def get_community(session: Session, slug: str) -> Community | Moved:
    """Read a community by its slug; gives Moved for an old one, raises NotFound."""
    community = session.scalars(select(Community).where(Community.slug == slug)).one_or_none()
    if community is not None:
        return community
    moved = session.scalar(
        select(Community.slug)
        .join(OldSlug, and_(OldSlug.object_id == Community.id, OldSlug.kind == "community"))
        .where(OldSlug.slug == slug)
    )
    if moved is None:
        raise NotFound()
    return Moved(moved)


def find_place_in_list(session: Session, slug: str) -> tuple[datetime, int] | None:
    """Give where a public event stands in the listing (start, id), to go on after it; None if there is none."""
    row = session.execute(
        select(Event.starts_at, Event.id).where(Event.slug == slug, Event.listing == "public", Event.status != "draft")
    ).one_or_none()
    return None if row is None else (row[0], row[1])


@dataclass(frozen=True)
class CommunityPage:
    """What a community's page shows beside the community itself."""

    series: Sequence[Series]
    coming: Sequence[Event]
    past: Sequence[Event]
    editions: Sequence[tuple[Series | None, Sequence[Event]]] = field(default=())


def list_of_community(session: Session, community_id: int, now: datetime) -> CommunityPage:
    """Read a community's public series, what is coming, and what is over: editions by series; five queries."""
    series = session.scalars(
        select(Series)
        .where(Series.community_id == community_id, Series.listing == "public", Series.status != "draft")
        .order_by(Series.title, Series.id)
        .options(selectinload(Series.rules))
    ).all()
    co_listed = select(CoListing.event_id).where(CoListing.community_id == community_id)
    over = (
        or_(Event.community_id == community_id, Event.id.in_(co_listed)),
        Event.listing == "public",
        Event.status == "published",
        Event.ends_at <= now,
    )
    editions = session.scalars(
        select(Event)
        .where(*over, Event.edition_year.is_not(None))
        .order_by(Event.edition_year.desc(), Event.starts_at.desc())
        .limit(200)
    ).all()
    past = session.scalars(
        select(Event)
        .where(*over, Event.edition_year.is_(None))
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(PAST_SHOWN)
    ).all()
    coming = list_coming(session, now, community_id=community_id, limit=COMING_SHOWN)
    return CommunityPage(series, coming, past, _grouped(series, editions))


def _grouped(series: Sequence[Series], editions: Sequence[Event]) -> list[tuple[Series | None, Sequence[Event]]]:
    known = {one.id: one for one in series}
    groups: dict[int | None, list[Event]] = {}
    for event in editions:
        groups.setdefault(event.series_id if event.series_id in known else None, []).append(event)
    return [(known.get(key) if key is not None else None, events) for key, events in groups.items()]


def list_gatherings_below(session: Session, event: Event) -> list[Event]:
    """List what is held under an umbrella event, soonest first; none without asking for what cannot be one.

    A date of a recurrence, or a gathering that stands under an umbrella itself, is no umbrella. What is shown by
    its link alone is not listed on a page that everybody finds.
    """
    if event.series_rule_id is not None or event.umbrella_id is not None:
        return []
    listings = ("public",) if event.listing == "public" else ("public", "link")
    return list(
        session.scalars(
            select(Event)
            .where(Event.umbrella_id == event.id, Event.status != "draft", Event.listing.in_(listings))
            .order_by(Event.starts_at, Event.id)
            .options(joinedload(Event.room), joinedload(Event.online))
        )
    )


def get_times(session: Session, slug: str) -> Event:
    """Read only what an event's times need; raises NotFound."""
    event = session.scalars(
        select(Event)
        .where(Event.slug == slug, Event.status != "draft")
        .options(
            load_only(
                Event.slug,
                Event.starts_at,
                Event.ends_at,
                Event.starts_local,
                Event.ends_local,
                Event.zone,
                Event.all_day,
                Event.approximate,
                Event.edition_year,
            )
        )
    ).one_or_none()
    if event is None:
        raise NotFound()
    return event
