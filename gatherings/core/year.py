"""The year on the reader's clock: where their hour moves, and whose clocks cause it.

A series keeps its hour on the host's clock. On the reader's it moves when one of the two clocks changes and the other
does not, or not by as much, or on another day. Everything here follows from the offsets of `zones.py` alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from gatherings.core import zones


@dataclass(frozen=True)
class Meeting:
    """One date: its start as an instant (aware UTC) and the zone of whoever holds it."""

    at: datetime
    zone: str


@dataclass(frozen=True)
class ClockChange:
    """The clocks of a zone are moved at an instant (aware UTC), forward by a positive time."""

    zone: str
    at: datetime
    by: timedelta

    @property
    def forward(self) -> bool:
        """Tell whether clocks go forward."""
        return self.by > timedelta(0)

    @property
    def day(self) -> date:
        """Give the day there on which people move their clocks: midnight, back to 23:00, is still the day before."""
        old = zones.to_local(self.at - timedelta(seconds=1), self.zone) + timedelta(seconds=1)
        return min(old, zones.to_local(self.at, self.zone)).date()


@dataclass(frozen=True)
class YearDate:
    """A date on both clocks (naive local times), and what is other than at the date before.

    `was` is the reader's hour of the date before where it was another; `host_was` likewise on the host's clock.
    `changes` are the changes of the two clocks in between that still count (a change that was taken back does not),
    earliest first: the causes where the hour moves. Where both moved alike, they stand there and the hour stays.
    """

    meeting: Meeting
    mine: datetime
    host: datetime
    was: time | None = None
    host_was: time | None = None
    changes: tuple[ClockChange, ...] = ()
    other_host: bool = False  # held on the clock of another zone than the date before

    @property
    def moved(self) -> bool:
        """Tell whether the reader's hour is another than at the date before."""
        return self.was is not None

    @property
    def days_apart(self) -> int:
        """Count how many days the reader's date lies after the host's (before it: negative)."""
        return (self.mine.date() - self.host.date()).days


def on_clock(meetings: Iterable[Meeting], reader: str, *, before: Meeting | None = None) -> list[YearDate]:
    """Read dates, in order, on the clock of `reader` (IANA) and their hosts', each compared with the one before it.

    The first is compared with `before`, if there is one.
    """
    dates = list(meetings)
    if before is not None:
        return [_compared(old, new, reader) for old, new in pairwise([before, *dates])]
    return [_read(one, reader) for one in dates[:1]] + [_compared(old, new, reader) for old, new in pairwise(dates)]


def clock_changes(zone: str, start: datetime, end: datetime) -> list[ClockChange]:
    """List how the clocks of a zone are moved after `start`, up to and with `end` (aware instants)."""
    tick = timedelta(seconds=1)
    found = zones.transitions(zone, start + tick, end + tick)
    return [ClockChange(zone, one.at, one.after - one.before) for one in found]


def _read(meeting: Meeting, reader: str) -> YearDate:
    return YearDate(meeting, zones.to_local(meeting.at, reader), zones.to_local(meeting.at, meeting.zone))


def _compared(old: Meeting, new: Meeting, reader: str) -> YearDate:
    here, last = _read(new, reader), _read(old, reader)
    changes = [
        change for zone in dict.fromkeys((new.zone, reader)) for change in _lasting(clock_changes(zone, old.at, new.at))
    ]
    return YearDate(
        new,
        here.mine,
        here.host,
        was=last.mine.time() if last.mine.time() != here.mine.time() else None,
        host_was=last.host.time() if last.host.time() != here.host.time() else None,
        changes=tuple(sorted(changes, key=lambda change: change.at)),
        other_host=old.zone != new.zone,
    )


def _lasting(changes: Sequence[ClockChange]) -> list[ClockChange]:
    """Leave out pairs of changes that undo each other: Morocco's for Ramadan, or a whole year between two dates."""
    kept: list[ClockChange] = []
    for change in changes:
        if kept and kept[-1].by == -change.by:
            kept.pop()
        else:
            kept.append(change)
    return kept


@dataclass(frozen=True)
class Stretch:
    """The reader's hour from one instant to another (aware UTC): where a date would begin if it were held then."""

    start: datetime
    end: datetime
    hour: time


def stretches(dates: Sequence[YearDate], reader: str, *, until: datetime | None = None) -> list[Stretch]:
    """Follow the reader's hour from the first date to the last through every change of clocks in between.

    Where the host's own hour moves, the new one holds from half-way on. With `until` (an aware instant) it goes on
    after the last date, as the clocks that hold now will move it.
    """
    found: list[Stretch] = []
    for old, new in pairwise(dates):
        hour, since = _through(found, old.mine, old.meeting.at, new.meeting.at, (reader, new.meeting.zone))
        if hour.time() != new.mine.time():
            middle = max(since, old.meeting.at + (new.meeting.at - old.meeting.at) / 2)
            found.append(Stretch(since, middle, hour.time()))
            hour, since = new.mine, middle
        found.append(Stretch(since, new.meeting.at, hour.time()))
    if dates and until is not None and until > dates[-1].meeting.at:
        last = dates[-1]
        hour, since = _through(found, last.mine, last.meeting.at, until, (reader, last.meeting.zone))
        found.append(Stretch(since, until, hour.time()))
    return [stretch for stretch in found if stretch.start < stretch.end]


def _through(
    found: list[Stretch], hour: datetime, start: datetime, end: datetime, clocks: tuple[str, str]
) -> tuple[datetime, datetime]:
    """Add what lies between the changes of the reader's and the host's clocks; give the last hour, and since when."""
    reader, host = clocks
    turns = [(change.at, change.by) for change in clock_changes(reader, start, end)]
    turns += [(change.at, -change.by) for change in clock_changes(host, start, end)]
    for at, by in sorted(turns):
        found.append(Stretch(start, at, hour.time()))
        hour, start = hour + by, at
    return hour, start
