"""The picture of local hours: at which hour of their own day people come, as bars for an SVG."""

from dataclasses import dataclass
from datetime import time

from gatherings.core.hours import doing
from gatherings.registration.listing import HOURS, Numbers

WIDTH, HIGH, STEP = 480, 84, 20
_LEAST = 3  # a bar that can still be seen


@dataclass(frozen=True)
class Bar:
    """One hour of the day: how many people, and the bar for it (`y` from the top of the picture)."""

    hour: int
    count: int
    doing: str
    x: int
    y: int
    height: int


@dataclass(frozen=True)
class Part:
    """What people are doing: how many, and the bars of those hours."""

    key: str
    count: int
    bars: tuple[Bar, ...]


def picture_of(numbers: Numbers) -> list[Part]:
    """Lay out the 24 hours, by what people are doing then."""
    most = max(numbers.hours.values(), default=0)
    bars = [_bar(hour, numbers.hours[hour], most) for hour in range(24)]
    return [Part(key, numbers.doing[key], tuple(bar for bar in bars if bar.doing == key)) for key in HOURS]


def _bar(hour: int, count: int, most: int) -> Bar:
    height = max(_LEAST, round(HIGH * count / most)) if count else 0
    return Bar(hour, count, doing(time(hour)), hour * STEP, HIGH - height, height)
