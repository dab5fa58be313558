"""When doors open, on whose clock, and when those who follow get their mail.

A door has a day. It opens when that day begins: at midnight of the calendar's zone, or ("viewer") of the zone of
whoever looks, and then never before that date has begun anywhere on earth, whatever zone is asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from gatherings.core import zones

MOST_DOORS = 31
KINDS = ("slot", "recording", "text", "picture")
OPENINGS = ("calendar", "viewer")
HOURS = tuple(range(5, 12))  # of a morning
_DAY = timedelta(days=1)
# Where on earth a date begins first: no zone is further ahead (Kiritimati, and the sea around it).
_FURTHEST_AHEAD = timedelta(hours=14)


@dataclass(frozen=True)
class Days:
    """What decides when doors open: `count` days from `first`, the calendar's `zone` and whose midnight counts."""

    first: date
    count: int
    zone: str
    opening: str = "calendar"

    def day(self, number: int) -> date:
        """Give the day of a door."""
        return self.first + (number - 1) * _DAY

    def clock(self, zone: str | None) -> str:
        """Give the zone whose midnights count for somebody in `zone` (None: unknown, the calendar's own)."""
        return zone if self.opening == "viewer" and zone is not None else self.zone

    def opens_at(self, number: int, zone: str | None = None) -> datetime:
        """Give the instant (UTC) at which a door opens for somebody in `zone`."""
        day = self.day(number)
        begins = day_begins(day, self.clock(zone))
        return max(begins, begins_on_earth(day)) if self.opening == "viewer" else begins

    def opens_first(self, number: int) -> datetime:
        """Give the instant at which a door opens for the first person on earth for whom it does."""
        return begins_on_earth(self.day(number)) if self.opening == "viewer" else self.opens_at(number)

    def opened(self, now: datetime, zone: str | None = None) -> int:
        """Give how many doors are open: as they open in order, the number of the last one; 0 for none."""
        # The day it is there is at most one away from the answer; so nobody counts through all doors.
        guess = (zones.to_local(now, self.clock(zone)).date() - self.first).days + 2
        number = max(0, min(self.count, guess))
        while number and self.opens_at(number, zone) > now:
            number -= 1
        return number

    def today(self, now: datetime, zone: str | None = None) -> int | None:
        """Give the door of the day that it is on the clock that counts, if there is one and it is open."""
        number = (zones.to_local(now, self.clock(zone)).date() - self.first).days + 1
        return number if 1 <= number <= self.opened(now, zone) else None

    def next_change(self, now: datetime, zone: str | None) -> datetime | None:
        """Give the next instant at which the calendar looks different to somebody in `zone`; None after the last.

        Midnights of the clock that counts (a door opens, and the day before it is over) and of the reader's own,
        because "tomorrow" and "in 2 days" are said by theirs.
        """
        if self.opened(now, zone) == self.count and self.today(now, zone) is None:
            return None
        edges = [self.opens_at(number, zone) for number in range(1, self.count + 1)]
        edges += [next_midnight(now, clock) for clock in {self.clock(zone), self.zone, zone or self.zone}]
        return min((edge for edge in edges if edge > now), default=None)


def day_begins(day: date, zone: str) -> datetime:
    """Give the instant at which a date begins in a zone; where clocks skip midnight, the first one after the gap."""
    return zones.to_utc_rfc(datetime.combine(day, time()), zone)[0]


def begins_on_earth(day: date) -> datetime:
    """Give the instant at which a date begins anywhere on earth."""
    return datetime.combine(day, time(), UTC) - _FURTHEST_AHEAD


def next_midnight(now: datetime, zone: str) -> datetime:
    """Give when the next day begins in a zone."""
    today = zones.to_local(now, zone).date()
    return next(at for ahead in (1, 2, 3) if (at := day_begins(today + ahead * _DAY, zone)) > now)


def mail_at(days: Days, number: int, zone: str, hour: int) -> datetime:
    """Give when somebody gets a door by mail: at the first `hour` o'clock of their own once it is open for them."""
    opens = days.opens_at(number, zone)
    day = zones.to_local(opens, zone).date()
    mornings = (zones.to_utc_rfc(datetime.combine(day + ahead * _DAY, time(hour)), zone)[0] for ahead in (0, 1, 2))
    return next(at for at in mornings if at >= opens)


def due(days: Days, zone: str, hour: int, now: datetime) -> int:
    """Give the last door whose mail is due by now; 0 for none."""
    number = days.opened(now, zone)
    while number and mail_at(days, number, zone, hour) > now:
        number -= 1
    return number


def next_mail(days: Days, sent_up_to: int, zone: str, hour: int) -> datetime | None:
    """Give when the mail after door `sent_up_to` is due; None after the last door."""
    return mail_at(days, sent_up_to + 1, zone, hour) if sent_up_to < days.count else None


def moved(numbers: Iterable[int], number: int, to: int) -> dict[int, int]:
    """Give the new number of each door when one is put in another's place and those between move up or down."""
    order = sorted(numbers)
    order.remove(number)
    order.insert(to - 1, number)
    return {old: new for new, old in enumerate(order, 1) if old != new}


def sequence_of(edits: int, opened: bool) -> int:
    """Give the SEQUENCE of a door's calendar entry: raised by each change, and once more when it opens.

    `edits` counts changes of the calendar and of its event: one that is called off has a higher one than any open door.
    """
    return 2 * edits + opened
