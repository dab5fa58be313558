"""A series' rule that changes: which coming date moves where, which is called off, which is new. Pure.

The same answer is shown before anything happens and carried out afterwards (planning/actions/rules.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gatherings.core import zones
from gatherings.core.recurrence import Rule

_LONG_AGO = timedelta(days=1500)
_COMPARED = 100
MOST = 2000  # dates of a new rule that are looked at: daily for five years


@dataclass(frozen=True)
class Stretch:
    """A rule on a wall clock: from which first date on, in which zone."""

    rule: Rule
    starts: datetime
    zone: str

    @staticmethod
    def of(text: str, starts: datetime, zone: str) -> "Stretch":
        """Read a stretch as it is stored; raises recurrence.InvalidRule."""
        return Stretch(Rule.parse(text), starts, zone)

    def coming(self, now: datetime, limit: int = MOST) -> list[datetime]:
        """List the starts (wall clock) that have not come at `now`."""
        after = zones.to_local(now, self.zone) - timedelta(days=1)
        found = self.rule.occurrences(self.starts, self.zone, after=after, limit=limit)
        return [local for local in found if zones.to_utc_rfc(local, self.zone)[0] > now]

    def has_begun(self, now: datetime) -> bool:
        """Tell whether the first date is over or on."""
        first = self.rule.occurrences(self.starts, self.zone, limit=1)
        return bool(first) and zones.to_utc_rfc(first[0], self.zone)[0] <= now

    def goes_like(self, other: "Stretch", now: datetime) -> bool:
        """Tell whether another stretch is the same from now on: the same pattern and dates, and the same end."""
        mine, theirs = (replace(one.rule, count=None) for one in (self, other))
        ends = (self.rule.count is None) == (other.rule.count is None)
        coming = self.coming(now, _COMPARED)
        return mine == theirs and ends and bool(coming) and coming == other.coming(now, _COMPARED)


def matched(live: Sequence[datetime], free: Sequence[datetime]) -> list[datetime | None]:
    """Give each date its new start: the nearest that is still free after the one before; None where none is left."""
    next_free = 0
    found: list[datetime | None] = []
    for starts in live:
        if next_free >= len(free):
            found.append(None)
            continue
        chosen = min(range(next_free, len(free)), key=lambda one: abs(free[one] - starts))
        next_free = chosen + 1
        found.append(free[chosen])
    return found


@dataclass(frozen=True)
class Move:
    """Where a date goes: the start that the new rule has for it (None: it is called off); `stays`: its time does."""

    original: datetime | None
    stays: bool = False


class NoRoom(ValueError):
    """A rule cannot hold from a later date on: before it, it has more dates than stand there, or fewer."""


def moves(live: Sequence[datetime], wanted: Stretch, now: datetime, *, kept: int = 0) -> list[Move]:
    """Say where each date to come goes under a rule; the first `kept` of them stay as they are.

    Those that stay become exceptions of the new rule: each takes one of its dates before the first that moves, past
    ones too, so that no further date comes between. Raises NoRoom where that cannot be.
    """
    free = wanted.coming(now)
    if not kept or not live:
        return [Move(local) for local in matched(live, free)]
    if kept >= len(live) or not free:
        raise NoRoom()
    split = min(range(len(free)), key=lambda one: abs(free[one] - live[kept]))
    missing = kept - split
    if missing < 0:
        raise NoRoom()
    after = zones.to_local(now, wanted.zone) - _LONG_AGO
    earlier = [
        local
        for local in wanted.rule.occurrences(wanted.starts, wanted.zone, after=after, limit=MOST)
        if local < free[0]
    ][-missing:] if missing else []  # fmt: skip
    if len(earlier) < missing:
        raise NoRoom()
    staying = [Move(local, stays=True) for local in (*earlier, *free[:split])]
    return [*staying, *(Move(local) for local in matched(live[kept:], free[split:]))]


def stands_as_it_is(
    originals: Sequence[datetime | None], live: Sequence[datetime | None], free: Sequence[datetime], wanted: Stretch
) -> bool:
    """Tell whether all dates stand in a new rule of the same zone as they are, so that only its words change.

    `originals` are the starts that the old rule gave to all dates it made, `live` those of the dates to come.
    """
    return list(live) == list(free[: len(live)]) and all(
        wanted.starts <= local and wanted.rule.includes(local) and local.time() == wanted.starts.time()
        for local in originals
        if local is not None
    )
