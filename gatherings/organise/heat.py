"""A kinder hour as something to look at: rows of places that share a clock, runs of hours, marks, bars. No markup."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gatherings.core import zones
from gatherings.core.kinder import ASLEEP, DAY, DECENT, STEP, Cell, Kinder, Pair, Place, Start

WIDTH = DAY // STEP  # units across: one for each half hour
FIRST_ROWS = 10  # clocks that are drawn at once; the others open on a press
CITIES_NAMED = 3
HEIGHTS = {DECENT: (2, 24), "edge": (16, 10)}  # of a run's bar, from the top: the shape says what the shade says


@dataclass(frozen=True)
class Run:
    """Starts in a row that mean the same: `x` and `width` in half hours, first and last start on the host's clock."""

    state: str
    x: int
    width: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Mark:
    """A start that is pointed at: the hour it has now, the best one, the sittings of the pair."""

    key: str  # now, best, one, two
    start: Start

    @property
    def x(self) -> float:
        """Give the middle of its half hour, in half hours from the host's midnight."""
        return _across(self.start.local) + 0.5


@dataclass(frozen=True)
class Row:
    """Places whose clocks show the same all day; `cells` are what the marks mean there, in their order."""

    places: tuple[Place, ...]
    runs: tuple[Run, ...]
    cells: tuple[Cell, ...]
    days: tuple[int, ...]  # how many days later than the host each mark is there

    @property
    def people(self) -> int:
        """Count those who live by this clock."""
        return sum(place.people for place in self.places)

    @property
    def cities(self) -> list[str]:
        """Name the first places, most people first."""
        return [zones.city(place.zone) for place in self.places[:CITIES_NAMED]]

    @property
    def more(self) -> int:
        """Count the places that are not named."""
        return max(0, len(self.places) - CITIES_NAMED)

    @property
    def decent(self) -> list[Run]:
        """List the runs of starts that are decent here."""
        return [run for run in self.runs if run.state == DECENT]


@dataclass(frozen=True)
class Bar:
    """How many one start serves, as a bar: `height` in per cent."""

    x: int
    height: int
    start: Start


@dataclass(frozen=True)
class Heat:
    """The whole picture."""

    rows: tuple[Row, ...]
    further: tuple[Row, ...]
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]


def marks_of(found: Kinder, now: Start | None, beside: Pair | None) -> list[Mark]:
    """Point at the hour it has now, the best one, and the two of the best pair; each start once."""
    wanted = [("now", now), ("best", found.best)]
    if found.pair is not None:
        wanted += [("one", found.pair.first), ("two", found.pair.second)]
    marks: dict[datetime, Mark] = {}
    for key, start in wanted:
        if start is not None and start.at not in marks:
            marks[start.at] = Mark(key, start)
    return list(marks.values())


def draw(found: Kinder, marks: Sequence[Mark]) -> Heat:
    """Lay out rows, runs and bars."""
    groups: dict[tuple[datetime, ...], list[int]] = {}
    for number in range(len(found.places)):
        clock = tuple(start.cells[number].local for start in found.starts)
        groups.setdefault(clock, []).append(number)
    rows = [_row(found, numbers, marks) for numbers in groups.values()]
    rows.sort(key=lambda row: -row.people)
    # One row more is no reason to hide it.
    shown = len(rows) if len(rows) <= FIRST_ROWS + 2 else FIRST_ROWS
    bars = tuple(Bar(_across(one.local), round(100 * found.share(one.served)), one) for one in found.starts)
    return Heat(tuple(rows[:shown]), tuple(rows[shown:]), bars, tuple(marks))


def _row(found: Kinder, numbers: Sequence[int], marks: Sequence[Mark]) -> Row:
    first = numbers[0]
    cells = tuple(mark.start.cells[first] for mark in marks)
    days = tuple((mark.start.cells[first].local.date() - mark.start.local.date()).days for mark in marks)
    return Row(
        tuple(found.places[number] for number in numbers),
        tuple(_runs((start.local, start.cells[first].state) for start in found.starts)),
        cells,
        days,
    )


def _runs(states: Iterable[tuple[datetime, str]]) -> list[Run]:
    runs: list[Run] = []
    for local, state in states:
        x = _across(local)
        if runs and runs[-1].state == state and runs[-1].x + runs[-1].width == x:
            last = runs.pop()
            runs.append(Run(state, last.x, last.width + 1, last.first, local))
        else:
            runs.append(Run(state, x, 1, local, local))
    return [run for run in runs if run.state != ASLEEP]


def _across(local: datetime) -> int:
    return (local.hour * 60 + local.minute) // STEP


def weeks_on(starts: datetime, times: int) -> list[datetime]:
    """List dates four weeks apart: a year of them shows what clocks do to one hour."""
    return [starts + timedelta(weeks=4 * number) for number in range(times)]
