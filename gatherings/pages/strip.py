"""The day strip: a reader's day from midnight to midnight with a gathering's hours on it, as numbers and in words."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from gatherings.core import zones
from gatherings.core.hours import part_of_day
from gatherings.core.words import Sentence, say

WIDTH = 288  # units across a day; twelve for each hour of most days
_LEAST = 4  # a mark that can still be seen
_LONGEST = timedelta(hours=16)  # beyond it one hour of a day says little
_TICKS = (6, 12, 18)
_EDGES = tuple(
    (hour, part_of_day(time(hour)))
    for hour in range(24)
    if not hour or part_of_day(time(hour - 1)) != part_of_day(time(hour))
)
_MINE = {
    "late": say("Late in your evening"),
    "deep": say("In the middle of your night"),
    "dawn": say("Very early in your morning"),
    "early": say("Early in your morning"),
    "morning": say("In your morning"),
    "afternoon": say("In your afternoon"),
    "evening": say("In your evening"),
}
_THEIRS = {
    "late": say("Late in the evening in %(city)s"),
    "deep": say("In the middle of the night in %(city)s"),
    "dawn": say("Very early in the morning in %(city)s"),
    "early": say("Early in the morning in %(city)s"),
    "morning": say("In the morning in %(city)s"),
    "afternoon": say("In the afternoon in %(city)s"),
    "evening": say("In the evening in %(city)s"),
}


@dataclass(frozen=True)
class Band:
    """A stretch of a day: from `x` on, `width` wide, of WIDTH units."""

    part: str
    x: int
    width: int


@dataclass(frozen=True)
class Strip:
    """A day on one clock: its parts, the gathering's hours, the places of some full hours, and the same in words."""

    day: date
    bands: tuple[Band, ...]
    mark: Band
    ticks: tuple[tuple[int, int], ...]  # (hour, x)
    past_midnight: bool
    words: Sentence


@lru_cache(maxsize=2048)
def strip_of(starts_at: datetime, ends_at: datetime, zone: str, *, mine: bool) -> Strip | None:
    """Lay a gathering (aware instants) on the day on which it begins in `zone`; None for what is longer than a day.

    The day is as long as it is there: 23 or 25 hours where clocks are changed, each hour at its own place. `mine`
    chooses the words: of the reader's day, or of the day at the hosts' place.
    """
    if ends_at - starts_at > _LONGEST:
        return None
    local = zones.to_local(starts_at, zone)
    begins, ends = _midnight(local.date(), zone), _midnight(local.date() + timedelta(days=1), zone)

    def across(instant: datetime) -> int:
        return round((min(max(instant, begins), ends) - begins) / (ends - begins) * WIDTH)

    def at(hour: int) -> int:
        return across(zones.to_utc_rfc(datetime.combine(local.date(), time(hour)), zone)[0])

    starts = [at(hour) for hour, _part in _EDGES] + [WIDTH]
    left = min(across(starts_at), WIDTH - _LEAST)
    past_midnight = ends_at > ends
    return Strip(
        day=local.date(),
        bands=tuple(
            Band(part, x, following - x)
            for (_hour, part), x, following in zip(_EDGES, starts, starts[1:], strict=False)
            if following > x
        ),
        mark=Band("", left, max(_LEAST, across(ends_at) - left)),
        ticks=tuple((hour, at(hour)) for hour in _TICKS),
        past_midnight=past_midnight,
        words=_words(local.time(), zone, mine=mine, past_midnight=past_midnight),
    )


def _midnight(day: date, zone: str) -> datetime:
    """Give the first instant of a day: 01:00 where clocks go forward at midnight (RFC 5545 3.3.5 gives just that)."""
    return zones.to_utc_rfc(datetime.combine(day, time(0)), zone)[0]


def _words(at: time, zone: str, *, mine: bool, past_midnight: bool) -> Sentence:
    name = _name(at)
    said = _MINE[name] if mine else Sentence(_THEIRS[name].text, {"city": zones.city(zone)})
    return say("%(hour)s, and on past midnight", hour=said) if past_midnight else said


def _name(at: time) -> str:
    part = part_of_day(at)
    if part == "night":
        return "late" if at.hour >= 12 else "deep" if at.hour < 5 else "dawn"
    return "early" if part == "morning" and at.hour < 9 else part
