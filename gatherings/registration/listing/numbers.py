"""An event's registrations in numbers: how many, from where, and at what hour of their own; one query."""

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gatherings.core import zones
from gatherings.core.hours import doing
from gatherings.core.zone_table import place_of
from gatherings.events.models import Event
from gatherings.registration.models import Registration
from gatherings.registration.rules import HOLDING, LIVE


@dataclass
class Numbers:
    """Counts of an event's registrations; those by place and hour are of all that are not cancelled."""

    confirmed: int = 0  # with a place: pending and offered ones too
    pending: int = 0  # of these, those who have still to pay or to accept
    waiting: int = 0  # in a line, with an online place meanwhile or without
    cancelled: int = 0
    came: int = 0
    live: int = 0
    countries: Counter[str] = field(default_factory=Counter)  # by ISO code; "" where a zone is of no country
    zones: Counter[str] = field(default_factory=Counter)
    all_zones: set[str] = field(default_factory=set)  # of the cancelled too
    hours: Counter[int] = field(default_factory=Counter)  # by the hour of their own day at which it begins
    doing: Counter[str] = field(default_factory=Counter)

    @property
    def everybody(self) -> int:
        """Count all there are, the cancelled ones too."""
        return self.live + self.cancelled


def numbers_of(session: Session, event: Event) -> Numbers:
    """Count an event's registrations; whole days have no hours. Who was erased is not counted."""
    waits, came = Registration.waits_for_id.is_not(None), Registration.attended_at.is_not(None)
    counted = (
        select(Registration.zone, Registration.state, waits, came, func.count(Registration.id))
        .where(Registration.event_id == event.id, Registration.erased_at.is_(None))
        .group_by(Registration.zone, Registration.state, waits, came)
    )
    numbers = Numbers()
    for row in session.execute(counted):
        _add(numbers, event, *row)
    return numbers


def _add(numbers: Numbers, event: Event, zone: str, state: str, waits: bool, came: bool, count: int) -> None:
    numbers.all_zones.add(zone)
    if state not in LIVE:
        numbers.cancelled += count
        return
    numbers.live += count
    numbers.confirmed += count if state in HOLDING else 0
    numbers.pending += count if state in ("pending", "offered") else 0
    numbers.waiting += count if waits else 0
    numbers.came += count if came else 0
    numbers.countries[place_of(zone).country] += count
    numbers.zones[zone] += count
    if not event.all_day:
        local = zones.to_local(event.starts_at, zone)
        numbers.hours[local.hour] += count
        numbers.doing[doing(local)] += count
