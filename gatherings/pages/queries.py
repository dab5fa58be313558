"""Reads that only the public screens need."""

import re

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, joinedload, load_only

from gatherings.communities.models import Community, Picture
from gatherings.core.errors import NotFound
from gatherings.events.models import Event, OldSlug
from gatherings.events.queries import Moved


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


def get_picture(session: Session, public_id: str) -> bytes:
    """Read a picture's bytes; raises NotFound."""
    if re.fullmatch("[A-Za-z0-9_-]{1,40}", public_id) is None:
        raise NotFound()
    data = session.scalar(select(Picture.data).where(Picture.public_id == public_id))
    if data is None:
        raise NotFound()
    return data
