"""Giving back: what may be given of each ticket, and by which way the money goes. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gatherings.core.errors import Problem
from gatherings.core.money import step_of
from gatherings.core.words import say

BY_HAND = ("bank", "door")


@dataclass(frozen=True)
class Line:
    """One ticket as far as giving back is concerned; `left` is what of it was not given back yet."""

    ticket: str
    left: int


@dataclass(frozen=True)
class Paid:
    """One payment that counts: how it came, and what of it was not given back yet."""

    provider: str
    left: int


@dataclass(frozen=True)
class Way:
    """Where money goes: `by_card` by itself, `by_hand` for an organiser to send, `lowers` what is still to be paid."""

    by_card: int = 0
    by_hand: int = 0
    lowers: int = 0


def problems_of(lines: Iterable[Line], amounts: Mapping[str, int], currency: str) -> list[Problem]:
    """Find what cannot be given back; the field of each problem is the ticket's public id."""
    left = {line.ticket: line.left for line in lines}
    found = []
    for ticket, amount in amounts.items():
        if ticket not in left:
            found.append(Problem(ticket, say("This ticket is not of this order.")))
        elif amount > left[ticket]:
            found.append(Problem(ticket, say("This is more than there is left of this ticket.")))
        elif amount % step_of(currency):
            said = say("Cards cannot pay so small a part: please end the amount with a 0.")
            found.append(Problem(ticket, said))
    return found


def way_of(amount: int, owed: int, payments: Sequence[Paid]) -> Way:
    """Tell where `amount` goes of an order that owes `owed` (below nothing: so much is on its way back already).

    What was paid last goes back first, as the refunds are made.
    """
    lowers = min(amount, max(0, owed))
    left = amount - lowers
    waiting = max(0, -owed)  # is to go back before this
    by_card = by_hand = 0
    for one in reversed(payments):
        there = one.left
        taken = min(there, waiting)
        waiting, there = waiting - taken, there - taken
        part = min(there, left)
        left -= part
        if one.provider in BY_HAND:
            by_hand += part
        else:
            by_card += part
    return Way(by_card, by_hand + left, lowers)
