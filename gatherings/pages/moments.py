"""How far away a gathering is, counted on a reader's own calendar: no web, no database, no words."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from gatherings.core import zones
from gatherings.events.rules import Door, door, registration_closes

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_SHARP_HOURS = 6  # so many hours before the start are worth counting, whatever day they fall on
_FEW_DAYS = 14
_FEW_MONTHS = 24


@dataclass(frozen=True)
class Moment:
    """Where `now` stands to a gathering: `side` is "before", "now" or "after", `count` counts the `unit`.

    Units: minute, hour, day (0 is today, 1 tomorrow or yesterday), week, month, year. None is counted at "now".
    """

    side: str
    unit: str = ""
    count: int = 0


def moment_of(event: Any, zone: str | None, now: datetime) -> Moment | None:
    """Tell where `now` (UTC) stands to an event, its days counted on the calendar of `zone` (None: the host's).

    Whole days are days on the host's calendar. None where only the year is known, and for what was called off.
    """
    if event.approximate or event.status == "cancelled":
        return None
    where = event.zone if zone is None or event.all_day else zone
    today = zones.to_local(now, where).date()
    if now < event.starts_at:
        left = event.starts_at - now
        if not event.all_day and left <= _HOUR:
            return Moment("before", "minute", max(1, -(-left // _MINUTE)))
        if not event.all_day and left <= _SHARP_HOURS * _HOUR:
            return Moment("before", "hour", round(left / _HOUR))
        return Moment("before", *_between(today, zones.to_local(event.starts_at, where).date()))
    if now < event.ends_at:
        return Moment("now")
    return Moment("after", *_between(last_day(event, where), today))


def last_day(event: Any, zone: str) -> date:
    """Give the last day of an event on the calendar of `zone`: one that ends at midnight ends on the day before."""
    return zones.to_local(event.ends_at - timedelta(microseconds=1), zone).date()


def _between(earlier: date, later: date) -> tuple[str, int]:
    """Count the time between two days in the largest unit that tells them apart well."""
    days = (later - earlier).days
    if days < _FEW_DAYS:
        return "day", max(0, days)
    months = (later.year - earlier.year) * 12 + later.month - earlier.month - (later.day < earlier.day)
    if months < 2:
        return "week", round(days / 7)
    return ("month", months) if months < _FEW_MONTHS else ("year", months // 12)


def registration_edge(event: Any, now: datetime) -> tuple[str, datetime] | None:
    """Give what comes next for registration and its instant (UTC): ("opens", at), or ("closes", at) before the start.

    None where that goes without saying: registration that closes with the start or the end, or is not open at all.
    """
    opens = door(event, now)
    if opens is Door.NOT_YET:
        return "opens", event.registration_opens_at
    closes = registration_closes(event.registration_closes_at, event.starts_at, event.ends_at, event.mode)
    return ("closes", closes) if opens is Door.OPEN and closes < event.starts_at else None
