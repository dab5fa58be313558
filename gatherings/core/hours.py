"""The parts of a person's day, and what a decent hour is: one rule for the listing, the day strip and the year."""

from datetime import datetime, time
from typing import Final

from gatherings.core import zones

WAKES: Final = time(7)  # from here on one may be expected to be awake …
RESTS: Final = time(22)  # … until here
_NOON, _EVENING = time(12), time(17)
_WORKS: Final = time(9)


def part_of_day(local: datetime | time) -> str:
    """Name the part of the day that a wall-clock time falls into: "night", "morning", "afternoon" or "evening".

    Night (asleep) is 22:00 to 07:00, morning 07:00 to 12:00, afternoon (at work) 12:00 to 17:00, evening 17:00 to
    22:00; each begins with its first minute and ends before the next one's.
    """
    at = local.time() if isinstance(local, datetime) else local
    if at < WAKES or at >= RESTS:
        return "night"
    if at < _NOON:
        return "morning"
    return "afternoon" if at < _EVENING else "evening"


def doing(local: datetime | time) -> str:
    """Say what people are likely to be doing at a wall-clock time: "asleep", "breakfast", "work" or "evening".

    Asleep is 22:00 to 07:00 and evening 17:00 to 22:00, as above; in between, breakfast ends and work begins at 09:00.
    """
    at = local.time() if isinstance(local, datetime) else local
    if at < WAKES or at >= RESTS:
        return "asleep"
    if at < _WORKS:
        return "breakfast"
    return "work" if at < _EVENING else "evening"


def is_decent(starts_at: datetime, ends_at: datetime, zone: str, *, all_day: bool = False) -> bool:
    """Tell whether a gathering lies wholly between 07:00 and 22:00 of one day on the clock of `zone`.

    Takes aware instants. One that ends at 22:00 sharp still does. What takes whole days (`all_day`) always does:
    nobody is asked to be there at an hour. A festival of several days with hours does not: it goes through a night.
    """
    if all_day:
        return True
    starts, ends = zones.to_local(starts_at, zone), zones.to_local(ends_at, zone)
    return starts.date() == ends.date() and starts.time() >= WAKES and ends.time() <= RESTS
