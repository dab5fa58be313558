"""VTIMEZONE as one STANDARD and one DAYLIGHT with a rule a year, or one STANDARD (calendars.md 2-4, 7).

Source of the rule: the POSIX footer of the zone's TZif file (RFC 9636 3.3.2). It is used only for years
in which it gives the same clock changes as the zone's real data; everything else is written in UTC.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from gatherings.core import zones

_SINCE = 1970
_EPOCH = datetime.combine(date(_SINCE, 1, 1), time.min)
_UTC_NAMES = {"UTC", "UCT", "Universal", "Zulu", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich", "Factory"}
_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_NAME = r"(<[A-Za-z0-9+-]+>|[A-Za-z]{3,})"
_CLOCK = r"([+-]?\d{1,3}(?::\d{2}){0,2})"
_RULE = rf",M(\d+)\.(\d)\.(\d)(?:/{_CLOCK})?"
_FOOTER = re.compile(rf"{_NAME}{_CLOCK}(?:{_NAME}{_CLOCK}?{_RULE}{_RULE})?")


@dataclass(frozen=True)
class _Change:
    """A change of clocks: the `week`th (5: last) `weekday` (0: Sunday) of a month, seconds after midnight."""

    month: int
    week: int
    weekday: int
    seconds: int

    def local(self, year: int) -> datetime:
        first = datetime.combine(date(year, self.month, 1), time.min)
        day = first + timedelta(days=(self.weekday - first.isoweekday()) % 7 + 7 * (self.week - 1))
        if day.month != self.month:
            day -= timedelta(days=7)
        return day + timedelta(seconds=self.seconds)

    @property
    def by_day(self) -> str:
        return f"{-1 if self.week == 5 else self.week}{_DAYS[self.weekday]}"


@dataclass(frozen=True)
class _Part:
    """What begins with a change: the name and offset that hold from then on (no change: for ever)."""

    kind: str
    name: str
    before: timedelta
    after: timedelta
    change: _Change | None

    def at(self, year: int) -> datetime:
        assert self.change
        return (self.change.local(year) - self.before).replace(tzinfo=UTC)


def is_utc(zone: str) -> bool:
    """Tell whether a zone name means UTC itself: such times are written with Z, never TZID=UTC."""
    return zone.removeprefix("Etc/") in _UTC_NAMES


def writable(zone: str, first: datetime, last: datetime) -> bool:
    """Tell whether the zone's one rule a year is the truth in all years from `first` to `last` (naive local).

    Whole years, so that moving an event within its year cannot change how its times are written.
    """
    return not is_utc(zone) and _true_in(zone, first.year, last.year)


@lru_cache(maxsize=1024)
def vtimezone(zone: str) -> bytes:
    """Write the VTIMEZONE of a zone; TZID is the name as given.

    Raises ValueError if no rule a year says it in a form that Outlook knows: see `writable`.
    """
    parts = _parts(zone)
    if not parts:
        raise ValueError(f"{zone} has no rule that a VTIMEZONE can say")
    return _written(zone, parts)


def clear_caches() -> None:
    """Forget what was read from the zone database (after `gatherings.core.zones` changed it)."""
    vtimezone.cache_clear()
    _true_in.cache_clear()
    _parts.cache_clear()


@lru_cache(maxsize=4096)
def _true_in(zone: str, first: int, last: int) -> bool:
    parts = _parts(zone)
    if not parts or first <= _SINCE or last >= 9999:
        return False
    room = timedelta(days=2)  # a local year begins and ends at most 26 hours beside UTC's
    start, end = datetime(first, 1, 1, tzinfo=UTC) - room, datetime(last + 1, 1, 1, tzinfo=UTC) + room
    real = [(change.at, change.before, change.after) for change in zones.transitions(zone, start, end)]
    told = sorted(
        (part.at(year), part.before, part.after)
        for year in range(first - 1, last + 2)
        for part in parts
        if part.change and start <= part.at(year) < end
    )
    return real == told and (bool(real) or zones.offset_at(start, zone) == parts[0].after)


@lru_cache(maxsize=1024)
def _parts(zone: str) -> tuple[_Part, ...]:
    """Read a zone's footer into its STANDARD and DAYLIGHT; () if one rule a year cannot say it.

    Julian days and times beyond a day (Gaza's "M3.4.4/50", Nuuk's "/-1") have no BYDAY with a number, and
    BYDAY within a list of BYMONTHDAYs is not a form that Outlook can hold (calendars.md 3, 4).
    """
    found = _FOOTER.fullmatch(zones.posix_footer(zone))
    if not found:
        return ()
    name, clock, other_name, other_clock, *rules = found.groups()
    offset = -_seconds(clock)
    if not other_name:
        return (_Part("STANDARD", _plain(name), offset, offset, None),)
    other = -_seconds(other_clock) if other_clock else offset + timedelta(hours=1)
    there, back = _change(*rules[:4]), _change(*rules[4:])
    if not there or not back:
        return ()
    parts = (_plain(name), other, offset, back), (_plain(other_name), offset, other, there)
    standard, daylight = parts if offset < other else parts[::-1]  # Dublin's "daylight" is its winter
    return _Part("STANDARD", *standard), _Part("DAYLIGHT", *daylight)


def _change(month: str, week: str, weekday: str, clock: str | None) -> _Change | None:
    seconds = _seconds(clock or "2").total_seconds()
    if not 0 <= seconds < 86400:
        return None
    return _Change(int(month), int(week), int(weekday), int(seconds))


def _seconds(clock: str) -> timedelta:
    hours, *rest = clock.lstrip("+-").split(":")
    minutes, seconds = ([int(part) for part in rest] + [0, 0])[:2]
    size = timedelta(hours=int(hours), minutes=minutes, seconds=seconds)
    return -size if clock.startswith("-") else size


def _plain(name: str) -> str:
    return name.strip("<>")


def _written(zone: str, parts: tuple[_Part, ...]) -> bytes:
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard
    from icalendar.prop import vRecur

    block = Timezone()
    block.add("TZID", zone)
    for part in parts:
        inner = TimezoneStandard() if part.kind == "STANDARD" else TimezoneDaylight()
        inner.add("DTSTART", part.change.local(_SINCE) if part.change else _EPOCH)
        inner.add("TZOFFSETFROM", part.before)
        inner.add("TZOFFSETTO", part.after)
        inner.add("TZNAME", part.name)
        if part.change:
            inner.add("RRULE", vRecur(FREQ="YEARLY", BYMONTH=part.change.month, BYDAY=part.change.by_day))
        block.add_component(inner)
    return bytes(block.to_ical())
