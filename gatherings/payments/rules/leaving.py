"""What leaving would mean in money, said before anybody leaves: the same reckoning that acts afterwards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from gatherings.tickets.rules.pricing import part_back


class Leaving(Protocol):
    """What is needed to know of a ticket; a Ticket is one. Amounts in minor units."""

    state: str
    gross: int
    comes_back: int


@dataclass(frozen=True)
class Farewell:
    """What comes of leaving now, in minor units.

    `price` is what the tickets cost, `off` what is not to be paid any more; `back` moves to the buyer, `owed` is still
    to be paid afterwards.
    """

    price: int
    off: int
    back: int
    owed: int


def off_now(ticket: Leaving, percent: int, currency: str) -> int:
    """Give what of a ticket is not to be paid any more once it is cancelled now: all of one that was only held."""
    wanted = part_back(ticket.gross, percent if ticket.state == "valid" else 100, currency)
    return max(ticket.comes_back, wanted) - ticket.comes_back


def farewell(tickets: Iterable[Leaving], percent: int, currency: str, *, owed: int) -> Farewell:
    """Reckon what leaving with these tickets means today; `owed` is what the order owes now (below nothing: we do)."""
    tickets = list(tickets)
    price = sum(one.gross - one.comes_back for one in tickets)
    off = sum(off_now(one, percent, currency) for one in tickets)
    return Farewell(price, off, max(0, off - owed) if owed > 0 else off, max(0, owed - off))


@dataclass(frozen=True)
class Step:
    """Until the end of a day of the event's calendar, this percentage comes back."""

    until: date
    percent: int


def steps_left(steps: Sequence[dict[str, int]], *, today: date, first_day: date) -> list[Step]:
    """Give the organiser's steps that are not over yet, soonest first; after the last of them nothing comes back."""
    found = [Step(first_day - timedelta(days=step["days"]), step["percent"]) for step in steps]
    return sorted((step for step in found if step.until >= today), key=lambda step: step.until)
