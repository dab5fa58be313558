"""Reads that only an event's own page needs."""

from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.orm import Session, load_only

from gatherings.core.errors import NotFound
from gatherings.events.models import Event

_TIMES = (
    Event.slug, Event.title, Event.starts_at, Event.ends_at, Event.starts_local, Event.ends_local, Event.zone,
    Event.all_day, Event.approximate, Event.edition_year, Event.mode, Event.status, Event.takes_registrations,
    Event.registration_opens_at, Event.registration_closes_at, Event.twin_of_id, Event.listing,
)  # fmt: skip


def get_times(session: Session, slug: str) -> Event:
    """Read only what an event's times need; raises NotFound."""
    event = session.scalars(
        select(Event).where(Event.slug == slug, Event.status != "draft").options(load_only(*_TIMES))
    ).one_or_none()
    if event is None:
        raise NotFound()
    return event


def find_other_sitting(session: Session, event: Event) -> Event | None:
    """Find the times of the other sitting of a gathering, if everybody who sees this one may see it."""
    if event.twin_of_id is None:
        return None
    listings = ("public",) if event.listing == "public" else ("public", "link")
    return session.scalars(
        select(Event)
        .where(Event.id == event.twin_of_id, Event.status == "published", Event.listing.in_(listings))
        .options(load_only(*_TIMES))
    ).one_or_none()


def find_next(session: Session, event: Event, now: datetime) -> Event | None:
    """Find what comes after an event: the next date of its series, else of its community; for everybody alone."""
    of_series = case((Event.series_id == event.series_id, 0), else_=1) if event.series_id is not None else None
    order = (Event.starts_at, Event.id) if of_series is None else (of_series, Event.starts_at, Event.id)
    return session.scalars(
        select(Event)
        .where(
            Event.community_id == event.community_id,
            Event.listing == "public",
            Event.status == "published",
            Event.starts_at > now,
            Event.id != event.id,
        )
        .order_by(*order)
        .limit(1)
        .options(load_only(*_TIMES))
    ).one_or_none()
