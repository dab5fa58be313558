"""A series' dates as its page shows them: each with what moved, and the picture of the year. No web, no database.

The picture has a column for each of twelve months and the reader's day from top to bottom. Across, everything is in
hundredths of its width, so that it fits any screen without its letters growing or shrinking; down, in pixels.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from gatherings.core import zones
from gatherings.core.hours import part_of_day
from gatherings.core.year import Meeting, Stretch, YearDate, on_clock, stretches

HOUR = 8  # pixels
HEIGHT = 24 * HOUR
MONTHS = 12


@dataclass(frozen=True)
class Row:
    """A date of a series; `read` is None for whole days, which have no hour on anybody's clock."""

    event: Any
    read: YearDate | None


@dataclass(frozen=True)
class Band:
    """A part of the day: "night", "morning", "afternoon" or "evening", from `top` for `height` pixels."""

    part: str
    top: int
    height: int


@dataclass(frozen=True)
class Mark:
    """A date in the picture."""

    x: float
    y: float
    read: YearDate

    @property
    def label_y(self) -> float:
        """Give the line of its label: above it where the hour came earlier, else below; inside the picture."""
        above = self.read.was is not None and self.read.was > self.read.mine.time()
        return self.y - 12 if (above and self.y > 24) or self.y > HEIGHT - 24 else self.y + 18


@dataclass(frozen=True)
class Line:
    """A piece of the line that the reader's hour draws through the year."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True)
class Picture:
    """The year drawn: `months` with the middle of each one's column."""

    months: tuple[tuple[date, float], ...]
    bands: tuple[Band, ...]
    marks: tuple[Mark, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Year:
    """The coming dates of a series on one reader's clock (`zone`; the host's own where the reader's is unknown)."""

    zone: str
    rows: tuple[Row, ...]
    picture: Picture | None

    @property
    def timed(self) -> list[YearDate]:
        """Give the dates that are held at an hour."""
        return [row.read for row in self.rows if row.read is not None and row.event.status != "cancelled"]

    @property
    def moved(self) -> list[YearDate]:
        """Give the dates at which the reader's hour moves."""
        return [one for one in self.timed if one.moved]


def year_of(events: Sequence[Any], zone: str, *, last: Any = None, going_on: bool = False) -> Year:
    """Read a series' coming dates on the clock of `zone`; `last` is the date before them, if it was of the same rule.

    Of a series that is `going_on`, the picture follows the hour to the end of its twelve months. A date that is
    cancelled is read, but the hour of the next one is compared with the one before it.
    """
    held = [event for event in events if not event.all_day and event.status != "cancelled"]
    before = Meeting(last.starts_at, last.zone) if last is not None and not last.all_day else None
    reads = dict(zip((event.id for event in held), on_clock(map(_meeting, held), zone, before=before), strict=True))
    off = {event.id: on_clock([_meeting(event)], zone)[0] for event in events if event.status == "cancelled"}
    rows = tuple(Row(event, None if event.all_day else (reads | off)[event.id]) for event in events)
    return Year(zone, rows, picture_of(list(reads.values()), zone, going_on=going_on))


def _meeting(event: Any) -> Meeting:
    return Meeting(event.starts_at, event.zone)


def picture_of(dates: Sequence[YearDate], zone: str, *, going_on: bool = False) -> Picture | None:
    """Draw twelve months from the first date's on; None where there are not two dates to draw."""
    if not dates:
        return None
    first = dates[0].mine.date().replace(day=1)
    months = [_later(first, number) for number in range(MONTHS + 1)]
    marks = tuple(
        Mark(_across(one.mine, first), _down(one.mine.time()), one) for one in dates if one.mine.date() < months[-1]
    )
    if len(marks) < 2:
        return None
    middles = tuple((month, round((number + 0.5) * 100 / MONTHS, 2)) for number, month in enumerate(months[:-1]))
    until = zones.to_utc_rfc(datetime.combine(months[-1], time(0)), zone)[0] if going_on else None
    line = stretches([mark.read for mark in marks], zone, until=until)
    return Picture(middles, _bands(), marks, _lines(line, zone, first))


def _lines(line: Sequence[Stretch], zone: str, first: date) -> tuple[Line, ...]:
    lines: list[Line] = []
    for stretch in line:
        x1, x2 = (_across(zones.to_local(at, zone), first) for at in (stretch.start, stretch.end))
        y = _down(stretch.hour)
        if lines and 0 < abs(lines[-1].y2 - y) <= HEIGHT / 2:  # over midnight it goes on at the other edge
            lines.append(Line(x1, lines[-1].y2, x1, y))
        if lines and lines[-1].y1 == lines[-1].y2 == y:
            x1 = lines.pop().x1
        lines.append(Line(x1, y, x2, y))
    return tuple(lines)


def _bands() -> tuple[Band, ...]:
    """Cut the day where its parts begin, asked each half hour of the one rule that the whole site has for them."""
    parts = [part_of_day(time(number // 2, number % 2 * 30)) for number in range(48)]
    edges = [number for number in range(48) if number == 0 or parts[number] != parts[number - 1]]
    return tuple(
        Band(parts[start], start * HOUR // 2, (end - start) * HOUR // 2)
        for start, end in zip(edges, [*edges[1:], 48], strict=True)
    )


def _later(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _across(local: datetime, first: date) -> float:
    month = (local.year - first.year) * 12 + local.month - first.month
    passed = (local.day - 1 + local.hour / 24) / monthrange(local.year, local.month)[1]
    return round((month + passed) * 100 / MONTHS, 2)


def _down(at: time) -> float:
    return round((at.hour + at.minute / 60) * HOUR, 1)
