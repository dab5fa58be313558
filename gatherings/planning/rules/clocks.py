"""The clocks that an organiser sees beside the host's while choosing a time, and when they are changed before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gatherings.core import zones

# Where people of such gatherings live, spread over the world; used as far as nothing better is known.
_WORLD = (
    "America/New_York", "Australia/Melbourne", "Europe/Stockholm", "Pacific/Auckland", "Asia/Kolkata",
    "America/Los_Angeles", "Europe/London", "Africa/Nairobi", "Asia/Tokyo", "America/Sao_Paulo",
)  # fmt: skip
OTHERS = 4
_FAR = timedelta(days=800)


@dataclass(frozen=True)
class ClockChange:
    """A zone's last change of clocks between now and a gathering."""

    zone: str
    at: datetime


def other_zones(host: str, people: Mapping[str, int], at: datetime) -> list[str]:
    """Choose the four zones that matter besides the host's: most people first, each offset once, then the world's.

    `people` are counts by zone. Two zones with the same clock at `at` (aware UTC) tell nothing new.
    """
    known = sorted((zone for zone in people if zones.canonical(zone)), key=lambda zone: (-people[zone], zone))
    seen = {zones.offset_at(at, host)}
    chosen: list[str] = []
    for zone in [*known, *_WORLD]:
        if len(chosen) == OTHERS:
            break
        offset = zones.offset_at(at, zone)
        if offset not in seen:
            seen.add(offset)
            chosen.append(zone)
    return chosen


def changes_before(names: Sequence[str], now: datetime, starts_at: datetime) -> list[ClockChange]:
    """List the zones whose clocks are changed between now and a start, each with its last change."""
    found = []
    if starts_at <= now or starts_at - now > _FAR:
        return []
    for zone in names:
        changes = zones.transitions(zone, now, starts_at + timedelta(seconds=1))
        if changes:
            found.append(ClockChange(zone, changes[-1].at))
    return found
