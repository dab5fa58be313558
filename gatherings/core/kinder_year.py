"""The kinder hour through a year: clocks are changed on other days elsewhere, and with them whom an hour serves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from gatherings.core.kinder import (
    Hours,
    Place,
    Start,
    half_hours,
    ordered,
    places_in,
    start_at,
    starts_of,
    steady_offsets,
)


@dataclass(frozen=True)
class YearStep:
    """One date of a series at an hour: how many it serves, and the places that it began or ceased to serve."""

    start: Start
    gained: tuple[Place, ...] = ()
    lost: tuple[Place, ...] = ()


def through_the_year(
    people: Mapping[str, int], host: str, dates: Sequence[datetime], *, minutes: int, hours: Hours | None = None
) -> list[YearStep]:
    """Follow a series' dates (naive starts on the host's clock, in order): whom each serves, and what changed since.

    Between two dates nothing but clocks moves, so the places that are gained and lost are those whose clock, or whose
    distance to the host's, was changed.
    """
    places, steps, last = ordered(people), list[YearStep](), None
    for local in dates:
        start = start_at(people, host, local, minutes=minutes, hours=hours)
        if start is None:
            return []
        gained = start.mask & ~last.mask if last is not None else 0
        lost = last.mask & ~start.mask if last is not None else 0
        steps.append(YearStep(start, places_in(places, gained), places_in(places, lost)))
        last = start
    return steps


def best_of_year(
    people: Mapping[str, int], host: str, days: Sequence[date], *, minutes: int, hours: Hours | None = None
) -> time | None:
    """Find the hour that serves most people over all these days together; the worst day decides between equals."""
    places, totals = ordered(people), dict[time, tuple[int, int, int, int]]()
    for day in days if places else ():
        for start in starts_of(_by_clock(places, host, day, minutes), host, day, minutes=minutes, hours=hours):
            served, least, decent, off = totals.get(start.local.time(), (0, start.served, 0, 0))
            totals[start.local.time()] = (
                served + start.served, min(least, start.served), decent + start.host_decent, off - start.off,
            )  # fmt: skip
    return max(totals, key=lambda at: (*totals[at], -at.hour, -at.minute), default=None)


def _by_clock(places: Sequence[Place], host: str, day: date, minutes: int) -> list[Place]:
    """Count places together whose clocks show the same all that day: there are fewer clocks than zones."""
    steady = steady_offsets({place.zone for place in places}, half_hours(host, day), minutes)
    clocks: dict[timedelta | str, Place] = {}
    for place in places:
        clock = steady.get(place.zone, place.zone)
        held = clocks.get(clock)
        clocks[clock] = place if held is None else Place(held.zone, held.people + place.people)
    return list(clocks.values())
