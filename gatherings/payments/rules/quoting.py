"""What an order would cost, line by line: the same reckoning for the form that shows it and the order that keeps it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gatherings.core.errors import Problem
from gatherings.core.words import Sentence, say, say_many
from gatherings.tickets.rules.pricing import (
    Line,
    Lowering,
    Priced,
    cannot_be_together,
    concerns,
    covered,
    is_early,
    line_of,
    price_of,
)


class Wanted(Protocol):
    """One ticket as the reckoning needs it: its kind (public id), and what somebody wants to pay for it."""

    @property
    def kind(self) -> str: ...
    @property
    def amount(self) -> int | None: ...


class Selling(Protocol):
    """What is needed to know of a sale; a Sale is one."""

    currency: str
    vat_included: bool
    stacking: str


@dataclass(frozen=True)
class Quote:
    """The lines of an order, one for each ticket in its order, with the codes each uses one of; and their sums."""

    lines: tuple[Line, ...]
    codes: tuple[tuple[Lowering, ...], ...]
    total: int
    vat: int
    discount: int

    def uses_of(self, code: Lowering) -> int:
        """Count the tickets that use a code."""
        return sum(code in used for used in self.codes)


def quote(
    kinds: Mapping[str, Priced], tickets: Sequence[Wanted], codes: Sequence[Lowering], sale: Selling, *, now: datetime
) -> Quote:
    """Price tickets, all of whose kinds are in `kinds` and whose amounts are within their bounds (`amount_problems`).

    A code that changes nothing of a ticket (an early price that it leaves alone) is not used for it.
    """
    rows = [kinds[ticket.kind] for ticket in tickets]
    prices = [price_of(kind, now, ticket.amount) for kind, ticket in zip(rows, tickets, strict=True)]
    lines, used = [], []
    for kind, price, covering in zip(rows, prices, covered(codes, rows, prices), strict=True):
        early = is_early(kind, now)
        line = line_of(
            price, covering, vat_rate=kind.vat_rate, vat_included=sale.vat_included, currency=sale.currency, early=early
        )
        lowering = {cut.code for cut in line.cuts if cut.amount}
        lines.append(line)
        used.append(tuple(code for code in covering if code.code in lowering or code.effect == "unlock"))
    return Quote(
        tuple(lines),
        tuple(used),
        sum(line.gross for line in lines),
        sum(line.vat for line in lines),
        sum(line.discount for line in lines),
    )


def amount_problems(kinds: Mapping[str, Priced], tickets: Sequence[Wanted], *, now: datetime) -> list[Problem]:
    """Name what is wrong with amounts that are the buyer's to choose; of other kinds none may be given."""
    problems = {}
    for ticket in tickets:
        kind = kinds[ticket.kind]
        if kind.price != "choose" and ticket.amount is not None:
            problems[ticket.kind] = say("This ticket has a fixed price.")
        try:
            price_of(kind, now, ticket.amount)
        except ValueError:
            problems[ticket.kind] = say("Please choose an amount within what is asked for.")
    return [Problem(f"amount_{kind}", sentence) for kind, sentence in problems.items()]


def together_refusal(codes: Sequence[Lowering], stacking: str) -> Sentence | None:
    """Say why these codes cannot lower one order together; None where they can."""
    if not cannot_be_together(codes, stacking):
        return None
    return say("Only one code can lower the price of an order. Please leave one of them out.")


def use_refusal(code: Lowering, uses: int, left: int | None) -> Sentence | None:
    """Say why a code cannot be used for so many tickets; None where it can. `left` None: without limit."""
    if left is None or uses <= left:
        return None
    return say_many(
        "The code %(code)s can be used for %(num)s more ticket only.",
        "The code %(code)s can be used for %(num)s more tickets only.",
        left,
        code=code.code,
    )


def unused_words(code: Lowering, kinds: Sequence[Priced], *, now: datetime) -> Sentence | None:
    """Say why a code changes nothing of these tickets; None where it is about one of them."""
    about = [kind for kind in kinds if concerns(code, kind)]
    if not about:
        return say("The code %(code)s is for other tickets than these.", code=code.code)
    if code.effect != "unlock" and not code.early and all(is_early(kind, now) for kind in about):
        return say("The code %(code)s does not lower an early price.", code=code.code)
    return None
