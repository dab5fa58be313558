"""What the public pages say about an event, and how dates are put under days: no web, no database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gatherings.core import zones
from gatherings.core.words import Sentence, say, say_many
from gatherings.events.rules import Door, door

SOON = timedelta(hours=24)
FEW = 10  # from here on the number of places left is worth saying in a list
MONTHS_AHEAD = 13


@dataclass(frozen=True)
class State:
    """One thing to know about an event, in words; `tone` is how it is shown: bad, warn, good, quiet."""

    words: Sentence
    tone: str


def places_left(pool: Any) -> int | None:
    """Give how many places of a pool are free, None where it is unlimited (or there is no pool)."""
    if pool is None or pool.capacity is None:
        return None
    return max(0, pool.capacity - pool.taken)


def is_full(pool: Any) -> bool:
    """Tell whether a pool has no free place."""
    return places_left(pool) == 0


def states_of(event: Any, now: datetime) -> list[State]:
    """Say in words what matters about an event (its pools loaded) at `now`: cancelled, over, now, soon, full."""
    if event.status == "cancelled":
        return [State(say("Cancelled"), "bad")]
    if event.ends_at <= now:
        return [State(say("Over"), "quiet")]
    said: list[State] = []
    if event.starts_at <= now:
        said.append(State(say("Happening now"), "good"))
    elif event.starts_at - now <= SOON:
        said.append(State(_soon(event.starts_at - now), "warn"))
    opens = door(event, now)
    if opens is Door.NOT_YET:
        said.append(State(say("Registration not open yet"), "quiet"))
    elif opens is Door.CLOSED:
        said.append(State(say("Registration closed"), "quiet"))
    elif opens is Door.OPEN:
        said += _places(event)
    return said


def _soon(left: timedelta) -> Sentence:
    hours, minutes = int(left / timedelta(hours=1)), int(left / timedelta(minutes=1))
    if hours >= 1:
        return say_many("Begins in one hour", "Begins in %(num)s hours", hours)
    return say_many("Begins in one minute", "Begins in %(num)s minutes", max(1, minutes))


def _places(event: Any) -> list[State]:
    room, online = event.room, event.online
    if room is not None and online is not None:
        if is_full(room) and is_full(online):
            return [State(say("Full: waiting list"), "warn")]
        if is_full(room):
            return [State(say("Room full, online open"), "warn")]
        return [State(say("Online full, room open"), "warn")] if is_full(online) else []
    left = places_left(room if room is not None else online)
    if left == 0:
        return [State(say("Full: waiting list"), "warn")]
    if left is not None and left <= FEW:
        return [State(say_many("One place left", "%(num)s places left", left), "good")]
    return []


@dataclass(frozen=True)
class Day:
    """A day of a list; `name` is "today" or "tomorrow" where it is one of them.

    Without a date: "now" is what has begun already, "open" what has no day yet.
    """

    date: date | None
    events: Sequence[Any]
    name: str | None = None


def by_day(events: Iterable[Any], zone: str | None, now: datetime) -> list[Day]:
    """Put events under days on the clock of `zone` (None: each on its host's own), soonest first.

    Whole days stay days on the host's clock. What has begun already comes first, what has no day yet last. Where
    hosts disagree about which day it is, a day has no name.
    """
    begun: list[Any] = []
    without: list[Any] = []
    days: dict[date, list[Any]] = {}
    names: dict[date, set[str | None]] = {}
    for event in events:
        if event.approximate or event.starts_at <= now:
            (without if event.approximate else begun).append(event)
            continue
        where = event.zone if zone is None or event.all_day else zone
        day = zones.to_local(event.starts_at, where).date()
        days.setdefault(day, []).append(event)
        names.setdefault(day, set()).add(_name_of(day, where, now))
    listed = [Day(day, days[day], names[day].pop() if len(names[day]) == 1 else None) for day in sorted(days)]
    ends = [Day(None, begun, "now")], [Day(None, without, "open")]
    return [*(ends[0] if begun else ()), *listed, *(ends[1] if without else ())]


def _name_of(day: date, zone: str, now: datetime) -> str | None:
    if abs(day - now.date()) > timedelta(days=2):  # clocks differ by a day and a little more at the most
        return None
    return {0: "today", 1: "tomorrow"}.get((day - zones.to_local(now, zone).date()).days)


@dataclass(frozen=True)
class Year:
    """A year of what has been, with its events in their order."""

    year: int
    events: Sequence[Any]


def by_year(events: Iterable[Any], zone: str | None) -> list[Year]:
    """Put past events under years on the clock of `zone` (None: on the host's); editions stand under their own year."""
    years: dict[int, list[Any]] = {}
    for event in events:
        where = event.zone if zone is None or event.all_day else zone
        year = event.edition_year if event.approximate else None
        years.setdefault(year or zones.to_local(event.starts_at, where).year, []).append(event)
    return [Year(year, listed) for year, listed in years.items()]


def month_of(month: str) -> date | None:
    """Give the first day of a month written as "2026-12"; None for nonsense."""
    digits = month[:4] + month[5:]
    if len(month) != 7 or month[4] != "-" or not (digits.isascii() and digits.isdigit()):
        return None
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, 1) if 1970 <= year <= 9000 and 1 <= number <= 12 else None


def month_bounds(month: str, zone: str) -> tuple[datetime, datetime] | None:
    """Give the instants at which a month ("2026-12") begins and ends on the clock of `zone`; None for nonsense."""
    day = month_of(month)
    if day is None:
        return None
    first = datetime(day.year, day.month, 1)
    after = datetime(day.year + day.month // 12, day.month % 12 + 1, 1)
    return zones.to_utc_rfc(first, zone)[0].astimezone(UTC), zones.to_utc_rfc(after, zone)[0].astimezone(UTC)


def months_from(today: date, *, back: bool = False) -> list[date]:
    """List the first days of this month and the next twelve, or (`back`) of the twelve before."""
    count = today.year * 12 + today.month - 1
    steps = (-step if back else step for step in range(MONTHS_AHEAD))
    return [date((count + step) // 12, (count + step) % 12 + 1, 1) for step in steps]


def web_link(url: str | None) -> str | None:
    """Give an address if a browser may be led there: http and https alone."""
    return url if url and url.lower().startswith(("https://", "http://")) else None
