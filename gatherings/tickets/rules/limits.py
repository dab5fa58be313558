"""How many tickets one order may have: of each kind, and in all."""

from collections.abc import Mapping
from typing import Protocol

from gatherings.core.words import Sentence, say_many

MOST_IN_ALL = 50  # tickets of one order: a coach full of people; more write to the organisers


class Limited(Protocol):
    """What is needed to know of a kind; a TicketKind is one."""

    name: str
    least_each: int
    most_each: int


def most_now(kind: Limited, left: int | None) -> int:
    """Give how many of a kind one order can have now: its own limit, that of all orders, and what is left."""
    most = min(kind.most_each, MOST_IN_ALL)
    return most if left is None else min(most, left)


def numbers_now(kind: Limited, left: int | None) -> list[int]:
    """List the numbers of a kind that one order can have now, none left out; [] when too few are left for its least."""
    most = most_now(kind, left)
    return [0, *range(kind.least_each, most + 1)] if most >= max(kind.least_each, 1) else []


def number_refusal(kind: Limited, number: int) -> Sentence | None:
    """Say why one order cannot have this many of a kind (0: none, which is always allowed); None where it can."""
    if number <= 0:
        return None
    if number < kind.least_each:
        return say_many(
            "“%(kind)s”: please take at least %(num)s ticket.",
            "“%(kind)s”: please take at least %(num)s tickets.",
            kind.least_each,
            kind=kind.name,
        )
    if number > kind.most_each:
        return say_many(
            "“%(kind)s”: one order can have %(num)s ticket at most.",
            "“%(kind)s”: one order can have %(num)s tickets at most.",
            kind.most_each,
            kind=kind.name,
        )
    return None


def total_refusal(numbers: Mapping[str, int]) -> Sentence | None:
    """Say why one order cannot have this many tickets in all; None where it can."""
    if sum(numbers.values()) > MOST_IN_ALL:
        return say_many(
            "One order can have %(num)s ticket at most.", "One order can have %(num)s tickets at most.", MOST_IN_ALL
        )
    return None
