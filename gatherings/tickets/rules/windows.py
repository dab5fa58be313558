"""When kinds and codes can be had: a window of two instants, a quota, and whether they were taken from the offer.

What is "open" is open from its first second until, not at, its last.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gatherings.core.words import Sentence, say


class Counted(Protocol):
    """A counted pool; db.places.Places is one. Capacity None: no limit of its own."""

    capacity: int | None
    taken: int


class Windowed(Protocol):
    """What a TicketKind and a Code have in common."""

    opens_at: datetime | None
    closes_at: datetime | None
    retired: bool


@dataclass(frozen=True)
class Standing:
    """How something stands now.

    `state`: "before" (opens at `at`), "open" (closes at `at`, None: no end of its own), "after" (closed at `at`),
    "full" (nothing is left now), "retired" (no longer offered). `left` is how many can be had now, None: not counted
    here (the event's own places count all the same).
    """

    state: str
    at: datetime | None = None
    left: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can be had now."""
        return self.state == "open"


def left_in(pool: Counted) -> int | None:
    """Give how many a pool has left; None: it has no limit. A quota lowered below what is taken has none left."""
    return None if pool.capacity is None else max(0, pool.capacity - pool.taken)


def standing(thing: Windowed, pool: Counted, now: datetime) -> Standing:
    """Tell how a kind of ticket or a code stands now. Its time counts before its number: what is over is not "full"."""
    left = left_in(pool)
    if thing.retired:
        return Standing("retired", None, left)
    if thing.opens_at is not None and now < thing.opens_at:
        return Standing("before", thing.opens_at, left)
    if thing.closes_at is not None and now >= thing.closes_at:
        return Standing("after", thing.closes_at, left)
    if left == 0:
        return Standing("full", thing.closes_at, 0)
    return Standing("open", thing.closes_at, left)


def kind_refusal(name: str, state: str) -> Sentence | None:
    """Say why a kind of ticket cannot be had in a state of `standing`; None where it can."""
    if state == "before":
        return say("“%(kind)s” is not on sale yet.", kind=name)
    if state == "after":
        return say("“%(kind)s” is no longer on sale.", kind=name)
    if state == "full":
        return say("“%(kind)s” is sold out.", kind=name)
    if state == "retired":
        return say("“%(kind)s” is no longer offered. Please choose another ticket.", kind=name)
    return None


def code_refusal(code: str, state: str) -> Sentence | None:
    """Say why a code cannot be used in a state of `standing`; None where it can."""
    if state == "before":
        return say("The code %(code)s cannot be used yet.", code=code)
    if state == "after":
        return say("The code %(code)s could be used until a day that has passed.", code=code)
    if state == "full":
        return say("The code %(code)s has been used as often as it can be.", code=code)
    if state == "retired":
        return say("The code %(code)s can no longer be used.", code=code)
    return None
