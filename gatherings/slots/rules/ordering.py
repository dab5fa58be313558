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


def is_gap(item: Any) -> bool:
    """Tell whether a slot's presenters are gone (withdrawn, or not accepted any more): it stands as a gap."""
    return item.submission is not None and item.submission.state != "accepted"


def numbered(item: Any) -> bool:
    """Tell whether a thing has a number of its own: slots do, as presenters are told "you are 3 of 8"."""
    return item.kind == "slot" and not is_gap(item)


def numbers(items: Iterable[Any]) -> list[int | None]:
    """Give the number of each thing, from 1, None for those without."""
    given, count = list[int | None](), 0
    for item in items:
        count += numbered(item)
        given.append(count if numbered(item) else None)
    return given


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


def at_number(items: Sequence[Any], item: Any, number: int) -> int:
    """Give at which index, among the other things, a slot becomes the wanted number; anything else stands after it.

    A slot that goes down stands right behind the one before it, one that goes up right in front of the one that it
    pushes on; a break with the number 0 stands in front of all slots. Numbers out of bounds are the nearest ones.
    """
    rest = [one for one in items if one is not item]
    slots = [index for index, one in enumerate(rest) if numbered(one)]
    if not numbered(item):
        wanted = min(max(number, 0), len(slots))
        return slots[wanted - 1] + 1 if wanted else (slots[0] if slots else place_for(item.kind, rest))
    wanted, own = min(max(number, 1), len(slots) + 1), numbers(items)[list(items).index(item)] or 0
    if wanted == own:
        return list(items).index(item)
    return slots[wanted - 2] + 1 if wanted > own else slots[wanted - 1]


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


def read_length(typed: str, *, least: int = SHORTEST) -> int:
    """Read a length such as "3:00" or "1:02:30" (a number alone is minutes) as seconds; raises TextProblem."""
    found = _LENGTH.fullmatch(typed.strip())
    if found is None:
        raise TextProblem(_LENGTH_WORDS)
    hours, minutes, seconds, alone = (int(part) if part else 0 for part in found.groups())
    if seconds > 59 or (found[1] and minutes > 59):
        raise TextProblem(_LENGTH_WORDS)
    length = hours * 3600 + (minutes + alone) * 60 + seconds
    if length < least:
        raise TextProblem(say("This should take at least %(least)s seconds.", least=least))
    if length > LONGEST:
        raise TextProblem(say("This should take 12 hours at most."))
    return length


def read_seconds(typed: str, most: int) -> int:
    """Read a number of whole seconds from 0 to `most`; raises TextProblem."""
    text = typed.strip()
    if not text.isdecimal() or len(text) > 5 or int(text) > most:
        raise TextProblem(say("Please write a number of seconds, from 0 to %(most)s.", most=most))
    return int(text)


def total(items: Sequence[Any], change_seconds: int) -> int:
    """Give how many seconds all of it takes, change-overs included."""
    return sum(item.seconds for item in items) + sum(changes(items, change_seconds))


def room_for(event: Any, offset_seconds: int) -> int:
    """Give how many seconds there are from the start of the order to the end of its event; never below 0."""
    return max(0, int((event.ends_at - event.starts_at) / timedelta(seconds=1)) - offset_seconds)
