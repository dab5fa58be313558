"""Rules of ordering: what may still be moved, where to, what an order begins with, and what fits into the hour."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from gatherings.core.text import TextProblem
from gatherings.core.words import Sentence, say
from gatherings.slots.rules.timing import changes

# Their names on a screen, and how long one is unless somebody says so.
KIND_WORDS: Final[dict[str, tuple[Sentence, int]]] = {
    "slot": (say("A slot"), 180),
    "opening": (say("Opening"), 120),
    "break": (say("Break"), 300),
    "buffer": (say("Buffer"), 60),
    "closing": (say("Closing"), 120),
}
SHORTEST, LONGEST = 5, 12 * 3600  # seconds of one thing
MOST_ITEMS = 80
MOST_CHANGE = 10 * 60
MOST_TOLERANCE = 60 * 60
_LENGTH = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})|(\d{1,3})")
_LENGTH_WORDS = say("Please write minutes and seconds, such as 3:00.")

Thing = TypeVar("Thing")


def movable(item: Any) -> bool:
    """Tell whether a thing may still be moved, changed in length or removed: it has not begun and was not skipped."""
    return item.began_at is None and not item.skipped


def finished(items: Iterable[Any], ends_at: datetime, now: datetime) -> bool:
    """Tell whether the whole is over: the gathering has ended, or each thing has been held or skipped."""
    things = list(items)
    return now >= ends_at or (bool(things) and not any(movable(item) for item in things))


def held_until(items: Sequence[Any]) -> int:
    """Give how many things at the front stay where they are: all up to the last one that has begun."""
    return max((number for number, item in enumerate(items, 1) if item.began_at is not None), default=0)


def between(items: Sequence[Any], after: str, before: str) -> int | None:
    """Give at which index something stands between two neighbours (public ids; "" for an end), None if they parted.

    `items` are without the thing itself. The two of them, not a number, are what somebody saw when they moved it: so
    a move on an older state means the same as long as nobody has put anything between them.
    """
    ids = ["", *(item.public_id for item in items), ""]
    for index in range(len(ids) - 1):
        if (ids[index], ids[index + 1]) == (after, before):
            return index
    return None


def place_for(kind: str, items: Sequence[Any]) -> int:
    """Give at which index something new goes by itself: an opening first, a closing last, else before the closing."""
    if kind == "closing":
        return len(items)
    if kind == "opening":
        return held_until(items)
    last = len(items) - 1 if items and items[-1].kind == "closing" else len(items)
    return max(last, held_until(items))


def frame_seconds(kept: int) -> int:
    """Give the length of an opening and of a closing: together what the call keeps free, else the usual."""
    half = kept // 2 // 30 * 30
    return half if half >= 30 else KIND_WORDS["opening"][1]


def read_length(typed: str) -> int:
    """Read a length such as "3:00" or "1:02:30" (a number alone is minutes) as seconds; raises TextProblem."""
    found = _LENGTH.fullmatch(typed.strip())
    if found is None:
        raise TextProblem(_LENGTH_WORDS)
    hours, minutes, seconds, alone = (int(part) if part else 0 for part in found.groups())
    if seconds > 59 or (found[1] and minutes > 59):
        raise TextProblem(_LENGTH_WORDS)
    length = hours * 3600 + (minutes + alone) * 60 + seconds
    if not SHORTEST <= length <= LONGEST:
        raise TextProblem(say("This should take at least 5 seconds, and 12 hours at most."))
    return length


def total(items: Sequence[Any], change_seconds: int) -> int:
    """Give how many seconds all of it takes, change-overs included."""
    return sum(item.seconds for item in items) + sum(changes(items, change_seconds))


def room_for(event: Any, offset_seconds: int) -> int:
    """Give how many seconds there are from the start of the order to the end of its event; never below 0."""
    return max(0, int((event.ends_at - event.starts_at) / timedelta(seconds=1)) - offset_seconds)
