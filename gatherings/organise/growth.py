"""How registrations came in, by day: reads for the dashboards."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.core import zones
from gatherings.events.models import Event
from gatherings.registration.models import Registration
from gatherings.registration.rules import LIVE


def growth_of_event(session: Session, event: Event, now: datetime) -> list[tuple[date, int]]:
    """Give how many registered for an event on each day (of its zone), from the first to the last of them."""
    made = session.scalars(
        select(Registration.created_at).where(
            Registration.event_id == event.id, Registration.state.in_(LIVE), Registration.erased_at.is_(None)
        )
    )
    return _by_day(made.all(), event.zone, until=min(now, event.ends_at))


def growth_of_community(session: Session, community_id: int, zone: str, now: datetime) -> list[tuple[date, int]]:
    """Give how many registered for a community's gatherings on each day of the last twelve weeks, in its zone."""
    since = now - timedelta(weeks=12)
    made = session.scalars(
        select(Registration.created_at)
        .join(Event, Event.id == Registration.event_id)
        .where(
            Event.community_id == community_id,
            Registration.created_at > since,
            # Who comes every month registered once: the date they began with stands for all.
            Registration.series_registration_id.is_(None) | (Registration.created_at > Event.created_at),
            Registration.state.in_(LIVE),
        )
    )
    return _by_day(made.all(), zone, until=now, since=since)


def _by_day(
    instants: Sequence[datetime], zone: str, *, until: datetime, since: datetime | None = None
) -> list[tuple[date, int]]:
    counted: dict[date, int] = {}
    for instant in instants:
        day = zones.to_local(instant, zone).date()
        counted[day] = counted.get(day, 0) + 1
    if not counted:
        return []
    first = zones.to_local(since, zone).date() if since is not None else min(counted)
    last = max(max(counted), zones.to_local(until, zone).date())
    days = ((first + timedelta(days=number)) for number in range((last - first).days + 1))
    return [(day, counted.get(day, 0)) for day in days]
