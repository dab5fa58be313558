"""What the public pages say about an event, and how dates are put under days: no web, no database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gatherings.core import zones
from gatherings.core.words import Sentence, say
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
    if hours >= 2:
        return say("Begins in %(count)s hours", count=hours)
    return say("Begins in one hour") if hours == 1 else say("Begins in %(count)s minutes", count=max(1, minutes))


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
        return [State(say("One place left") if left == 1 else say("%(count)s places left", count=left), "good")]
    return []


@dataclass(frozen=True)
class Day:
    """A day of a list: None for what has begun already."""

    date: date | None
    events: Sequence[Any]


def by_day(events: Iterable[Any], zone: str | None, now: datetime) -> list[Day]:
    """Put events under days on the clock of `zone` (None: each on its host's own), soonest first.

    Whole days stay days on the host's clock. What has begun already comes first, under no day.
    """
    begun: list[Any] = []
    days: dict[date, list[Any]] = {}
    for event in events:
        if event.starts_at <= now:
            begun.append(event)
            continue
        where = event.zone if zone is None or event.all_day else zone
        days.setdefault(zones.to_local(event.starts_at, where).date(), []).append(event)
    listed = [Day(day, days[day]) for day in sorted(days)]
    return [Day(None, begun), *listed] if begun else listed


@dataclass(frozen=True)
class SeriesDate:
    """A date of a series; `was` is the reader's time of the date before, where the reader's hour moves here."""

    event: Any
    was: str | None


def with_moves(events: Iterable[Any], zone: str | None) -> list[SeriesDate]:
    """Mark the dates at which the hour on the clock of `zone` is another than at the date before."""
    listed: list[SeriesDate] = []
    before: str | None = None
    for event in events:
        hour = None if zone is None or event.all_day else f"{zones.to_local(event.starts_at, zone):%H:%M}"
        listed.append(SeriesDate(event, before if before is not None and hour is not None and before != hour else None))
        before = hour or before
    return listed


def month_bounds(month: str, zone: str) -> tuple[datetime, datetime] | None:
    """Give the instants at which a month ("2026-12") begins and ends on the clock of `zone`; None for nonsense."""
    if len(month) != 7 or month[4] != "-" or not (month[:4] + month[5:]).isascii():
        return None
    if not (month[:4] + month[5:]).isdigit():
        return None
    year, number = int(month[:4]), int(month[5:])
    if not (1970 <= year <= 9000 and 1 <= number <= 12):
        return None
    first = datetime(year, number, 1)
    after = datetime(year + number // 12, number % 12 + 1, 1)
    return zones.to_utc_rfc(first, zone)[0].astimezone(UTC), zones.to_utc_rfc(after, zone)[0].astimezone(UTC)


def months_from(today: date) -> list[date]:
    """List the first days of this month and the next twelve."""
    count = today.year * 12 + today.month - 1
    return [date((count + step) // 12, (count + step) % 12 + 1, 1) for step in range(MONTHS_AHEAD)]


def web_link(url: str | None) -> str | None:
    """Give an address if a browser may be led there: http and https alone."""
    return url if url and url.lower().startswith(("https://", "http://")) else None
