"""Who is registered for a series: counts, for saying what a change means before it is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gatherings.events.models import Event
from gatherings.planning.queries.dates import follows
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.registration.rules import LIVE


@dataclass(frozen=True)
class People:
    """How many come every month, how many are registered for single coming dates (by event), and where they live."""

    every: int
    by_date: Mapping[int, int]
    zones: Mapping[str, int]

    @property
    def singles(self) -> int:
        """Give how many registrations for single dates there are."""
        return sum(self.by_date.values())


def people_of_series(session: Session, series_id: int, now: datetime) -> People:
    """Count those registered for coming dates of a series; three small queries."""
    every = session.execute(
        select(SeriesRegistration.zone, func.count())
        .where(SeriesRegistration.series_id == series_id, SeriesRegistration.state == "confirmed")
        .group_by(SeriesRegistration.zone)
    ).all()
    single = (
        select(Registration.event_id, Registration.zone, func.count())
        .join(Event, Event.id == Registration.event_id)
        .where(
            Event.series_id == series_id,
            follows(),
            Event.ends_at > now,
            Registration.state.in_(LIVE),
            Registration.series_registration_id.is_(None),
        )
        .group_by(Registration.event_id, Registration.zone)
    )
    by_date: dict[int, int] = {}
    found: dict[str, int] = {}
    for zone, count in every:
        found[zone or ""] = found.get(zone or "", 0) + count
    for event_id, zone, count in session.execute(single).all():
        by_date[event_id] = by_date.get(event_id, 0) + count
        found[zone or ""] = found.get(zone or "", 0) + count
    found.pop("", None)
    return People(sum(count for _, count in every), by_date, found)
