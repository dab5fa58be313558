"""Local time and UTC, gaps and folds, and the zone database they come from.

A local time is naive and travels with an IANA name; an instant is aware and in UTC. The database is the
pinned `tzdata` package (calendars.md 5), unless `use_folder` sets another for `gatherings retime`.
"""

import os
import struct
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

from gatherings.core.words import Sentence, say
from gatherings.core.zone_names import canonical, city, groups, pinned_names

__all__ = [
    "LocalTimeMissing", "LocalTimeProblem", "LocalTimeTwice", "Transition", "canonical", "city",
    "clear_caches", "groups", "offset_at", "pinned_names", "posix_footer", "to_local", "to_utc",
    "to_utc_rfc", "transitions", "tzdata_version", "use_folder",
]  # fmt: skip

# Python's own cache holds eight zones: a list of them all would read 419 files each time.
_rules = lru_cache(maxsize=640)(ZoneInfo)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = datetime(1, 1, 3, tzinfo=UTC)  # room for any offset, and for a step, at both ends of the calendar
_LAST = datetime(9999, 12, 20, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_GRID = timedelta(days=7)  # a POSIX rule changes the clock at two fixed points of a year, months apart


@dataclass(frozen=True)
class Transition:
    """A change of a zone's UTC offset: from the instant `at` (aware UTC) on, `after` holds."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def local_before(self) -> datetime:
        """What clocks would show at the change had they not been moved (naive)."""
        return (self.at + self.before).replace(tzinfo=None)

    @property
    def local_after(self) -> datetime:
        """What clocks show at the change (naive)."""
        return (self.at + self.after).replace(tzinfo=None)


class LocalTimeProblem(ValueError):
    """A local time that cannot be taken: `sentence` says why, `nearest` are the naive times beside it."""

    def __init__(self, sentence: Sentence, nearest: tuple[datetime, ...] = ()) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence
        self.nearest = nearest


class LocalTimeMissing(LocalTimeProblem):
    """A local time that clocks skip when they go forward."""


class LocalTimeTwice(LocalTimeProblem):
    """A local time that comes twice when clocks go back; `instants` are the two, in UTC, earlier first."""

    def __init__(self, sentence: Sentence, nearest: tuple[datetime, ...], instants: tuple[datetime, datetime]) -> None:
        super().__init__(sentence, nearest)
        self.instants = instants


def to_utc(local: datetime, zone: str) -> datetime:
    """Give the instant (aware UTC) of a naive local time in an IANA zone.

    Raises LocalTimeMissing in a gap, LocalTimeTwice in a fold (domain.md Time 2), LocalTimeProblem at the
    very ends of the calendar, where there is no UTC time for it.
    """
    first, second = _instants(local, zone)
    if first < second:
        raise _twice(local, zone, first, second)
    if first > second:
        raise _missing(local, zone)
    return first


def to_utc_rfc(local: datetime, zone: str) -> tuple[datetime, Sentence | None]:
    """Give the instant of a naive local time, and a note for the organiser if a rule had to choose it.

    RFC 5545 3.3.5: in a gap the offset from before the gap holds, in a fold the first of the two.
    """
    first, second = _instants(local, zone)
    if first == second:
        return first, None
    change = _change_at(local, zone)
    if first < second:
        return first, say(
            "On this date the clocks in %(place)s go back from %(old)s to %(new)s, so %(wanted)s comes "
            "twice. It is held the first time.",
            **_facts(local, zone, change),
        )
    return first, say(
        "On this date the clocks in %(place)s go forward from %(old)s to %(new)s, so there is no %(wanted)s. "
        "It is held at %(held)s.",
        **_facts(local, zone, change, held=to_local(first, zone)),
    )


def to_local(instant: datetime, zone: str) -> datetime:
    """Give the naive local time of an aware instant in an IANA zone."""
    return _aware(instant).astimezone(_rules(zone)).replace(tzinfo=None, fold=0)


def offset_at(instant: datetime, zone: str) -> timedelta:
    """Give the zone's offset from UTC at an aware instant, positive in the east."""
    offset = _aware(instant).astimezone(_rules(zone)).utcoffset()
    assert offset is not None  # a ZoneInfo knows the offset of every date
    return offset


def transitions(zone: str, start: datetime, end: datetime) -> list[Transition]:
    """List the changes of a zone's UTC offset with `start` <= at < `end` (aware instants), to the second.

    Changes of the name or the DST flag alone are none. Written-out changes (such as Morocco's for
    Ramadan) are read from the zone's file; those after the last of them follow its POSIX rule and are
    found by bisection.
    """
    return list(_transitions(zone, max(_aware(start), _FIRST), min(_aware(end), _LAST)))


def posix_footer(zone: str) -> str:
    """Give the POSIX TZ rule for the time after the written-out changes, such as "GMT0BST,M3.5.0/1,M10.5.0".

    It is the last line of the zone's TZif file (RFC 9636 3.3), "" if the file has none.
    """
    return _tzif(zone)[1]


def use_folder(path: str | os.PathLike[str] | None) -> None:
    """Read zone rules from a folder of TZif files from now on, or (None) from the pinned tzdata again.

    A zone that the folder does not have still comes from the pinned tzdata. Holds for the whole process: for
    the command line only, never in a web request. Raises ValueError if there is no such folder.
    """
    if path is not None and not Path(path).is_dir():
        raise ValueError(f"there is no folder {os.fspath(path)}")
    zoneinfo.reset_tzpath(to=() if path is None else (str(Path(path).absolute()),))
    clear_caches()


def clear_caches() -> None:
    """Forget every rule read so far."""
    ZoneInfo.clear_cache()
    _rules.cache_clear()
    _tzif.cache_clear()
    _transitions.cache_clear()


def tzdata_version() -> str:
    """Name the release of the IANA data in use, such as "2026f"; "unknown" if a folder does not say."""
    for folder in zoneinfo.TZPATH:
        for name, before in (("tzdata.zi", "# version "), ("+VERSION", "")):
            file = Path(folder, name)
            if file.is_file():
                with file.open(encoding="utf-8") as lines:
                    return lines.readline().removeprefix(before).strip() or "unknown"
        return "unknown"
    first = resources.files("tzdata").joinpath("zoneinfo/tzdata.zi").read_text("utf-8").split("\n", 1)[0]
    return first.removeprefix("# version ").strip()


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant must be aware")
    return instant.astimezone(UTC)


def _instants(local: datetime, zone: str) -> tuple[datetime, datetime]:
    """Give a local time in UTC for fold=0 and fold=1 (PEP 495): rising in a fold, falling in a gap."""
    if local.tzinfo is not None:
        raise ValueError("a local time must be naive")
    try:
        first, second = (local.replace(tzinfo=_rules(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        raise LocalTimeProblem(say("This date is too far away. Please choose another year.")) from None
    return first, second


def _change_at(local: datetime, zone: str) -> Transition:
    """Find the change whose gap or fold a local time falls into."""
    around, day = local.replace(tzinfo=UTC), timedelta(days=2)  # Samoa once left out 24 hours
    for change in transitions(zone, around - day, around + day):
        low, high = sorted((change.local_before, change.local_after))
        if low <= local < high:
            return change
    raise AssertionError(f"no change of clocks at {local} in {zone}")


def _missing(local: datetime, zone: str) -> LocalTimeMissing:
    change = _change_at(local, zone)
    nearest = (_last_minute_before(change.local_before), _first_minute_from(change.local_after))
    sentence = say(
        "On this date the clocks in %(place)s go forward from %(old)s to %(new)s, so there is no %(wanted)s. "
        "The nearest times are %(earlier)s and %(later)s.",
        **_facts(local, zone, change, earlier=nearest[0], later=nearest[1]),
    )
    return LocalTimeMissing(sentence, nearest)


def _twice(local: datetime, zone: str, first: datetime, second: datetime) -> LocalTimeTwice:
    change = _change_at(local, zone)
    nearest = (_last_minute_before(change.local_after), _first_minute_from(change.local_before))
    sentence = say(
        "On this date the clocks in %(place)s go back from %(old)s to %(new)s, so %(wanted)s comes twice. "
        "The nearest times that come once are %(earlier)s and %(later)s.",
        **_facts(local, zone, change, earlier=nearest[0], later=nearest[1]),
    )
    return LocalTimeTwice(sentence, nearest, (first, second))


def _facts(local: datetime, zone: str, change: Transition, **more: datetime) -> dict[str, str]:
    """Give the values of a sentence about a change, each time with its date only where that differs."""
    times = {"wanted": local, "old": change.local_before, "new": change.local_after, **more}
    return {"place": city(zone)} | {name: _words(time, local) for name, time in times.items()}


def _words(time: datetime, beside: datetime) -> str:
    """Write a clock time, with the date where it is another day than `beside`."""
    return f"{time:%H:%M}" if time.date() == beside.date() else f"{time:%Y-%m-%d %H:%M}"


def _last_minute_before(local: datetime) -> datetime:
    return (local - _SECOND).replace(second=0, microsecond=0)


def _first_minute_from(local: datetime) -> datetime:
    return (local + timedelta(seconds=59)).replace(second=0, microsecond=0)


@lru_cache(maxsize=1024)
def _transitions(zone: str, start: datetime, end: datetime) -> tuple[Transition, ...]:
    written = [_EPOCH + timedelta(seconds=at) for at in _tzif(zone)[0]]
    found = [_change(zone, at) for at in written if start <= at < end]
    low = max([start - _SECOND, *written[-1:]])
    before = offset_at(low, zone)
    while low < end - _SECOND:
        high = min(low + _GRID, end - _SECOND)
        after = offset_at(high, zone)
        if before != after:
            found.append(_change(zone, _bisect(zone, low, high)))
        low, before = high, after
    return tuple(change for change in found if change.before != change.after)


def _change(zone: str, at: datetime) -> Transition:
    return Transition(at, offset_at(at - _SECOND, zone), offset_at(at, zone))


def _bisect(zone: str, low: datetime, high: datetime) -> datetime:
    """Find the first whole second whose offset is not that of `low`."""
    before = offset_at(low, zone)
    low = low.replace(microsecond=0)
    seconds = int((high - low) / _SECOND) + 1
    start, stop = 0, seconds  # the offset at `start` is the old one, at `stop` the new one
    while stop - start > 1:
        middle = (start + stop) // 2
        if offset_at(low + middle * _SECOND, zone) == before:
            start = middle
        else:
            stop = middle
    return low + stop * _SECOND


@lru_cache(maxsize=1024)
def _tzif(zone: str) -> tuple[tuple[int, ...], str]:
    """Read the written-out changes (seconds since 1970, within the calendar) and the footer (RFC 9636 3)."""
    data = _tzif_bytes(zone)
    counts, width, at = struct.unpack(">6l", data[20:44]), 4, 44
    if data[4:5] >= b"2":  # the first block is the old 32-bit one: skip it
        at += 44 + _block_length(counts, 4)
        counts, width = struct.unpack(">6l", data[at - 24 : at]), 8
    times = struct.unpack(f">{counts[3]}{'q' if width == 8 else 'l'}", data[at : at + counts[3] * width])
    footer = data[at + _block_length(counts, width) :] if width == 8 else b""
    first, last = ((edge - _EPOCH) // _SECOND for edge in (_FIRST, _LAST))
    return tuple(time for time in times if first <= time < last), footer.strip(b"\n").decode("ascii")


def _block_length(counts: tuple[int, ...], width: int) -> int:
    utc_flags, standard_flags, leaps, times, types, chars = counts
    return times * (width + 1) + types * 6 + chars + leaps * (width + 4) + standard_flags + utc_flags


def _tzif_bytes(zone: str) -> bytes:
    """Read the file that ZoneInfo reads: from the folder if it is there, else from the tzdata package."""
    ZoneInfo(zone)  # raises for unknown names and for names that lead out of the database
    for folder in zoneinfo.TZPATH:
        file = Path(folder, *zone.split("/"))
        if file.is_file():
            return file.read_bytes()
    return resources.files("tzdata.zoneinfo").joinpath(*zone.split("/")).read_bytes()
