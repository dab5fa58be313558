"""What a calendar entry is made of: plain values only."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_OPEN_YEARS = 3  # how far ahead a rule without an end is checked against the real clock changes
_UNTIL = re.compile(r"(?:^|;)UNTIL=(\d{4})", re.IGNORECASE)


@dataclass(frozen=True)
class Organizer:
    """Who sends the invite: a mailbox that is read, since answers go there (calendars.md 16)."""

    name: str
    address: str


@dataclass(frozen=True)
class Attendee:
    """The one recipient of an invite (calendars.md 15)."""

    name: str
    address: str
    partstat: str = "ACCEPTED"
    rsvp: bool = False


@dataclass(frozen=True)
class Entry:
    """One VEVENT: an event, the master of a series, or (with `original_local`) one date of a series.

    `*_local`, `dates` and `excluded` are naive wall clock times in `zone`; `stamp`, `changed_at` and
    `created_at` are aware. Whole days run from midnight to the midnight after the last day. `rule` is an
    RRULE value whose UNTIL may be UTC, local, or a date. `dates` are all starts of the rule that are made: they
    are written out where the zone cannot be told as one rule a year (calendars.md 4).

    For one date of a series: `original_local` is the start that the rule gave, in `series_zone` (`zone` if
    None), and `span` is `span(master)`: it makes the date follow the master's choice between TZID and UTC.
    """

    uid: str
    sequence: int
    stamp: datetime
    summary: str
    starts_local: datetime
    ends_local: datetime
    zone: str
    changed_at: datetime | None = None
    created_at: datetime | None = None
    description: str = ""
    location: str = ""
    url: str = ""
    all_day: bool = False
    status: str = "CONFIRMED"
    organizer: Organizer | None = None
    attendee: Attendee | None = None
    rule: str | None = None
    dates: tuple[datetime, ...] = ()
    excluded: tuple[datetime, ...] = ()
    original_local: datetime | None = None
    series_zone: str | None = None
    span: tuple[datetime, datetime] | None = None
    transparent: bool = False
    categories: tuple[str, ...] = ()
    related_to: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no calendar could be right about; raises ValueError."""
        for local in (self.starts_local, self.ends_local, self.original_local, *self.dates, *self.excluded):
            if local is not None and local.tzinfo is not None:
                raise ValueError("a local time of a calendar entry must be naive")
        for instant in (self.stamp, self.changed_at, self.created_at):
            if instant is not None and instant.tzinfo is None:
                raise ValueError("an instant of a calendar entry must be aware")
        if self.original_local and self.rule:
            raise ValueError("one date of a series has no rule of its own")
        if self.status not in ("CONFIRMED", "CANCELLED", "TENTATIVE"):
            raise ValueError(f"there is no status {self.status}")


@dataclass(frozen=True)
class Block:
    """A finished VEVENT and the zone that its TZIDs name (None: it names none)."""

    data: bytes
    zone: str | None = None


def span(entry: Entry) -> tuple[datetime, datetime]:
    """Give the first and last naive local time for which the entry's zone must be right.

    A rule without an end counts three years beyond its last made date; COUNT is taken for no end.
    """
    if entry.span:
        return entry.span
    times = (entry.starts_local, entry.ends_local, *entry.dates)
    if entry.original_local:  # the master is not at hand: its own date must be right at least
        times = (entry.original_local,)
    last = max(times)
    if entry.rule:
        until = _UNTIL.search(entry.rule)
        end = last.replace(year=int(until[1]), month=12, day=31) if until else last + timedelta(days=366 * _OPEN_YEARS)
        last = max(last, end)
    return min(times), last


def whole_days(starts_local: datetime, ends_local: datetime) -> tuple[date, date]:
    """Give the first day and the day after the last (DTEND, RFC 5545 3.6.1); one day at least."""
    after = ends_local.date() + timedelta(days=ends_local.time() != time.min)
    return starts_local.date(), max(after, starts_local.date() + timedelta(days=1))
