"""Dates that count from the day of loading (docs/programme-file.md, "Relative dates"): pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

from gatherings.core import zones
from gatherings.core.recurrence import DAYS

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
MIDNIGHT = time(0)


@dataclass(frozen=True)
class Fixed:
    """A date and hour as it is written."""

    local: datetime

    @property
    def written(self) -> str:
        """The words of the date, always spelt alike."""
        return self.local.isoformat()


@dataclass(frozen=True)
class NthWeekday:
    """The `number`th `weekday` (Monday is 0) of the month `months` from now, or of the next `month` (January is 1)."""

    number: int
    weekday: int
    months: int | None = None
    month: int | None = None
    at: time | None = None

    @property
    def written(self) -> str:
        """The words of the date, always spelt alike."""
        of = f"{self.months:+d} months" if self.months is not None else MONTHS[(self.month or 1) - 1]
        return f"{self.number}{DAYS[self.weekday]} of {of}{_hour(self.at)}"


@dataclass(frozen=True)
class InDays:
    """So many days from today, or (`then`) the first such weekday on or after that day."""

    days: int
    then: int | None = None
    at: time | None = None

    @property
    def written(self) -> str:
        """The words of the date, always spelt alike."""
        return f"{self.days:+d} days{'' if self.then is None else ' then ' + DAYS[self.then]}{_hour(self.at)}"


@dataclass(frozen=True)
class AfterStart:
    """So many days after the first day of the event; before it, if negative."""

    days: int
    at: time | None = None

    @property
    def written(self) -> str:
        """The words of the date, always spelt alike."""
        return f"{self.days:+d} days after the start{_hour(self.at)}"


When: TypeAlias = Fixed | NthWeekday | InDays | AfterStart


def _hour(at: time | None) -> str:
    return f" at {at:%H:%M}" if at is not None else ""


def resolve(when: When, *, now: datetime, zone: str, today_zone: str, first_day: date | None = None) -> datetime:
    """Work out a date: wall clock of `zone` (naive), counted from today in `today_zone` at `now` (aware UTC).

    `first_day` is that of the event, for AfterStart. A weekday of a month that is past at `now` moves to the next
    such month. Raises OverflowError for dates beyond the calendar.
    """
    today = zones.to_local(now, today_zone).date()
    if isinstance(when, Fixed):
        return when.local
    if isinstance(when, AfterStart):
        return _at((first_day or today) + timedelta(days=when.days), when.at)
    if isinstance(when, InDays):
        return _at(_on_or_after(today + timedelta(days=when.days), when.then), when.at)
    return _nth_weekday(when, today, now, zone)


def ends_after(starts: datetime, minutes: int, zone: str) -> datetime:
    """Give the wall clock at the end of what begins at `starts` (naive, of `zone`) and lasts so many minutes."""
    return zones.to_local(zones.to_utc_rfc(starts, zone)[0] + timedelta(minutes=minutes), zone)


def _nth_weekday(when: NthWeekday, today: date, now: datetime, zone: str) -> datetime:
    step = 1 if when.months is not None else 12
    months = today.year * 12 + today.month - 1 + (when.months or 0)
    if when.month is not None:
        months += (when.month - today.month) % 12
    while True:
        first = date(months // 12, months % 12 + 1, 1) if months // 12 <= 9999 else _too_far()
        local = _at(_on_or_after(first, when.weekday) + timedelta(weeks=when.number - 1), when.at)
        if zones.to_utc_rfc(local, zone)[0] > now:
            return local
        months += step


def _too_far() -> date:
    raise OverflowError("a date beyond the calendar")


def _on_or_after(day: date, weekday: int | None) -> date:
    return day if weekday is None else day + timedelta(days=(weekday - day.weekday()) % 7)


def _at(day: date, at: time | None) -> datetime:
    return datetime.combine(day, at or MIDNIGHT)
