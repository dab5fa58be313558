"""When each thing in a running order begins and ends, to the second."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

KINDS = ("opening", "slot", "break", "buffer", "closing")


# Whatever has a `kind` (one of KINDS) and a length in `seconds`. Not a Protocol: mypy does not see that a mapped
# column is one.
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Timed(Generic[Thing]):
    """One thing with its planned start and end (UTC), and the seconds of change-over just before its start."""

    item: Thing
    starts_at: datetime
    ends_at: datetime
    change: int


def changes(items: Iterable[Any], change_seconds: int) -> list[int]:
    """Give the seconds of change-over before each thing: before a slot that follows a slot, buffers not counted."""
    given, after_slot = [], False
    for item in items:
        given.append(change_seconds if item.kind == "slot" and after_slot else 0)
        if item.kind != "buffer":
            after_slot = item.kind == "slot"
    return given


def plan(items: Iterable[Thing], begins_at: datetime, change_seconds: int) -> list[Timed[Thing]]:
    """Give when each thing begins and ends, in order, from the start of the order (UTC)."""
    things: list[Any] = list(items)
    timed, at = [], begins_at
    for item, change in zip(things, changes(things, change_seconds), strict=True):
        starts = at + timedelta(seconds=change)
        at = starts + timedelta(seconds=item.seconds)
        timed.append(Timed(item, starts, at, change))
    return timed
