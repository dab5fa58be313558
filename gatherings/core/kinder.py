"""The kinder hour: at which start of a day how many people are inside decent hours, each on their own clock.

The starts are the 48 half hours of one day on the host's clock: it is the host who moves a gathering. A half hour that
the host's clock skips is none of them; one that it shows twice is held the first time (domain.md, Time 2). A gathering
is decent for somebody if all of it lies inside decent hours of one of their days, its end included.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import combinations
from typing import Final

from gatherings.core import zones
from gatherings.core.hours import RESTS, WAKES

STEP: Final = 30  # minutes between two starts
DAY: Final = 24 * 60
DECENT, EDGE, ASLEEP = "decent", "edge", "asleep"


@dataclass(frozen=True)
class Hours:
    """Decent hours, as minutes of the day; 08:00 to 21:00 unless somebody asks for others. The end may be midnight."""

    begin: int = 8 * 60
    end: int = 21 * 60

    def __post_init__(self) -> None:
        if not 0 <= self.begin < self.end <= DAY:
            raise ValueError("decent hours begin before they end, on one day")


@dataclass(frozen=True)
class Place:
    """A zone (IANA) and how many people live by its clock."""

    zone: str
    people: int


@dataclass(frozen=True)
class Cell:
    """What one start means in one place: the local time (naive) that it begins, and "decent", "edge" or "asleep".

    Edge: outside decent hours, but nobody is got out of bed (core/hours.py). `off` are the minutes that the middle of
    the gathering lies off the middle of decent hours: how bad it is.
    """

    local: datetime
    state: str
    off: int


@dataclass(frozen=True)
class Start:
    """One start: on the host's clock (naive) and as an instant, its cells in the order of the places."""

    local: datetime
    at: datetime
    cells: tuple[Cell, ...]
    served: int  # people inside decent hours
    asleep: int  # people for whom a part of it lies between 22:00 and 07:00
    off: int  # how far off the middle of people's day: squares of minutes, so that two a little off beat one far off
    worst: int  # which place is worst off
    host_decent: bool
    mask: int  # a bit for each place that is served


@dataclass(frozen=True)
class Pair:
    """Two sittings on one day: how many people either serves, and the places that neither does."""

    first: Start
    second: Start
    served: int
    neither: tuple[Place, ...]


@dataclass(frozen=True)
class Kinder:
    """A day of starts, for people in these places (most people first)."""

    places: tuple[Place, ...]
    people: int
    starts: tuple[Start, ...]
    best: Start
    pair: Pair | None  # None where a second sitting serves nobody more

    @property
    def all_served(self) -> bool:
        """Tell whether one hour serves everybody."""
        return self.best.served == self.people

    def share(self, served: int) -> float:
        """Give a number of people as a part of all, 0 to 1."""
        return served / self.people if self.people else 0.0


def ordered(people: Mapping[str, int]) -> tuple[Place, ...]:
    """Put places in order: most people first, then by name; those without anybody are left out."""
    found = [Place(zone, count) for zone, count in people.items() if count > 0]
    return tuple(sorted(found, key=lambda place: (-place.people, place.zone)))


def kinder(
    people: Mapping[str, int], host: str, day: date, *, minutes: int, hours: Hours | None = None
) -> Kinder | None:
    """Score every start of a day on the host's clock; None where there is nobody. Zones are IANA names.

    Of starts that serve as many, one at a decent hour for the host is taken, then the one nearest to the middle of
    people's day, then the earlier one. The two of a pair do not overlap: they share their speakers.
    """
    places = ordered(people)
    if not places:
        return None
    starts = starts_of(places, host, day, minutes=minutes, hours=hours)
    best = max(starts, key=_rank)
    return Kinder(
        places, sum(place.people for place in places), starts, best, _best_pair(places, starts, best, minutes)
    )


def start_at(
    people: Mapping[str, int], host: str, local: datetime, *, minutes: int, hours: Hours | None = None
) -> Start | None:
    """Score one start (naive, on the host's clock), whatever its minute; None where there is nobody."""
    places = ordered(people)
    if not places:
        return None
    at = zones.to_utc_rfc(local, host)[0]
    return _score(places, zones.to_local(at, host), at, host, minutes, hours or Hours(), {})


def best_beside(found: Kinder, start: Start, minutes: int) -> Pair | None:
    """Find the best second sitting beside a start that stays; None where none serves anybody more."""
    pairs = [_pair(found.places, start, other) for other in found.starts if _apart(start, other, minutes)]
    best = max(pairs, key=_pair_rank(found.places), default=None)
    return best if best is not None and best.served > start.served else None


def starts_of(
    places: Sequence[Place], host: str, day: date, *, minutes: int, hours: Hours | None = None
) -> tuple[Start, ...]:
    """Score every start of a day."""
    wanted = half_hours(host, day)
    steady = steady_offsets({*(place.zone for place in places), host}, wanted, minutes)
    return tuple(_score(places, local, at, host, minutes, hours or Hours(), steady) for local, at in wanted)


def half_hours(host: str, day: date) -> list[tuple[datetime, datetime]]:
    """List the half hours of a day on the host's clock, each as a local time (naive) and an instant."""
    midnight = datetime.combine(day, time())
    found = []
    for minute in range(0, DAY, STEP):
        local = midnight + timedelta(minutes=minute)
        at, chosen = zones.to_utc_rfc(local, host)
        if chosen is None or zones.to_local(at, host) == local:  # not one that the clock skips
            found.append((local, at))
    return found


Offsets = Mapping[str, timedelta]


def steady_offsets(zones_asked: set[str], starts: Sequence[tuple[datetime, datetime]], minutes: int) -> Offsets:
    """Give the offsets of those zones whose clocks are not moved that day: asked twice each, and not 96 times."""
    first, last = starts[0][1], starts[-1][1] + timedelta(minutes=minutes)
    offsets = {zone: (zones.offset_at(first, zone), zones.offset_at(last, zone)) for zone in zones_asked}
    return {zone: before for zone, (before, after) in offsets.items() if before == after}


def _score(
    places: Sequence[Place], local: datetime, at: datetime, host: str, minutes: int, hours: Hours, steady: Offsets
) -> Start:
    cells = tuple(_cell(place.zone, at, minutes, hours, steady) for place in places)
    served = asleep = off = mask = 0
    worst, worst_off = 0, -1
    for number, (place, cell) in enumerate(zip(places, cells, strict=True)):
        if cell.state == DECENT:
            served += place.people
            mask |= 1 << number
        elif cell.state == ASLEEP:
            asleep += place.people
        off += cell.off * cell.off * place.people
        if cell.off > worst_off:
            worst, worst_off = number, cell.off
    host_decent = _cell(host, at, minutes, hours, steady).state == DECENT
    return Start(local, at, cells, served, asleep, off, worst, host_decent, mask)


def _cell(zone: str, at: datetime, minutes: int, hours: Hours, steady: Offsets) -> Cell:
    offset = steady.get(zone)
    if offset is not None:
        local, lasts = (at + offset).replace(tzinfo=None), minutes
    else:  # clocks are moved that day: the end is read on the clock, too
        local = zones.to_local(at, zone)
        lasts = int((zones.to_local(at + timedelta(minutes=minutes), zone) - local).total_seconds()) // 60
    begin = local.hour * 60 + local.minute
    return Cell(local, *_judged(begin, lasts, hours))


@lru_cache(maxsize=4096)
def _judged(begin: int, lasts: int, hours: Hours) -> tuple[str, int]:
    end = begin + lasts
    if hours.begin <= begin and end <= hours.end:
        state = DECENT
    elif begin >= _WAKES and end <= _RESTS:
        state = EDGE
    else:
        state = ASLEEP
    apart = abs((begin + end) - (hours.begin + hours.end)) // 2 % DAY
    return state, min(apart, DAY - apart)


_WAKES, _RESTS = WAKES.hour * 60 + WAKES.minute, RESTS.hour * 60 + RESTS.minute


def _rank(start: Start) -> tuple[int, bool, int, float]:
    return start.served, start.host_decent, -start.off, -start.at.timestamp()


def _apart(one: Start, other: Start, minutes: int) -> bool:
    return abs(one.at - other.at) >= timedelta(minutes=minutes)


def _best_pair(places: Sequence[Place], starts: Sequence[Start], best: Start, minutes: int) -> Pair | None:
    """Find the two starts that serve most people between them, by bits: what is served alike is weighed once."""
    weights: dict[int, int] = {}

    def weigh(mask: int) -> int:
        if mask not in weights:
            weights[mask] = sum(place.people for number, place in enumerate(places) if mask >> number & 1)
        return weights[mask]

    most, found = best.served, list[tuple[Start, Start]]()
    for one, other in combinations(starts, 2):
        served = weigh(one.mask | other.mask)
        if served < most or served == best.served or not _apart(one, other, minutes):
            continue
        if served > most:
            most, found = served, []
        found.append((one, other))
    return max((_pair(places, *two) for two in found), key=_pair_rank(places), default=None)


def _pair(places: Sequence[Place], one: Start, other: Start) -> Pair:
    first, second = (one, other) if one.at <= other.at else (other, one)
    mask = first.mask | second.mask
    neither = tuple(place for number, place in enumerate(places) if not mask >> number & 1)
    return Pair(first, second, sum(place.people for place in places) - sum(place.people for place in neither), neither)


def _pair_rank(places: Sequence[Place]) -> Callable[[Pair], tuple[int, int, int, float, float]]:
    """Order pairs: who is served, then decent hours for the host, then how near to the middle of people's day."""

    def rank(pair: Pair) -> tuple[int, int, int, float, float]:
        cells = zip(places, pair.first.cells, pair.second.cells, strict=True)
        off = sum(min(one.off, other.off) ** 2 * place.people for place, one, other in cells)
        decent = pair.first.host_decent + pair.second.host_decent
        return pair.served, decent, -off, -pair.first.at.timestamp(), -pair.second.at.timestamp()

    return rank


def places_in(places: Sequence[Place], mask: int) -> tuple[Place, ...]:
    """Give the places of a mask."""
    return tuple(place for number, place in enumerate(places) if mask >> number & 1)
