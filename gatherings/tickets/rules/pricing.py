"""What tickets cost: prices, codes and VAT, line by line, to the last minor unit.

All amounts are integers of minor units; rates and percentages are in hundredths of a percent (2500 is 25 %). VAT is
reckoned for each ticket by itself, so that giving one back takes exactly its own VAT with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gatherings.core.money import rounded, step_of, to_step

HUNDRED = 10_000  # hundredths of a percent
EFFECTS = ("percent", "fixed", "free", "unlock")


class Priced(Protocol):
    """What is needed to know of a kind of ticket to price it; a TicketKind is one. Amounts in minor units."""

    public_id: str
    price: str
    amount: int
    early_amount: int | None
    early_until_at: datetime | None
    least: int
    suggested: int
    most: int | None
    vat_rate: int
    hidden: bool


class Lowering(Protocol):
    """What is needed to know of a code to apply it; a Code is one."""

    code: str
    effect: str
    value: int
    kinds: list[str]
    most_each: int | None
    stacks: bool
    early: bool


@dataclass(frozen=True)
class Cut:
    """One code's effect on one ticket: `amount` off, in the terms of the price."""

    code: str
    effect: str
    value: int
    amount: int

    def as_json(self) -> dict[str, Any]:
        """Give it as it is stored on the ticket."""
        return {"code": self.code, "effect": self.effect, "value": self.value, "amount": self.amount}


@dataclass(frozen=True)
class Line:
    """What one ticket costs: `gross` = `net` + `vat`, from `price` less `discount` (with VAT or without it).

    `discount` is the sum of `cuts`. `early` tells that the price is the early one.
    """

    price: int
    discount: int
    net: int
    vat: int
    gross: int
    vat_rate: int
    early: bool = False
    cuts: tuple[Cut, ...] = field(default=())


def is_early(kind: Priced, now: datetime) -> bool:
    """Tell whether a kind costs its early price at a moment: until the very second, not at it."""
    return (
        kind.price == "fixed"
        and kind.early_amount is not None
        and kind.early_until_at is not None
        and now < kind.early_until_at
    )


def price_of(kind: Priced, now: datetime, chosen: int | None = None) -> int:
    """Give a kind's price at a moment; `chosen` is what somebody wants to pay where that is theirs to say.

    Raises ValueError for a choice below the least or above the most.
    """
    if kind.price == "free":
        return 0
    if kind.price == "choose":
        wanted = kind.suggested if chosen is None else chosen
        if wanted < kind.least or (kind.most is not None and wanted > kind.most):
            raise ValueError(wanted)
        return wanted
    return kind.early_amount if is_early(kind, now) and kind.early_amount is not None else kind.amount


def concerns(code: Lowering, kind: Priced) -> bool:
    """Tell whether a code is about a kind: named, or any that is not hidden where it names none."""
    return kind.public_id in code.kinds if code.kinds else not kind.hidden


def unlocks(code: Lowering, kind: Priced) -> bool:
    """Tell whether a code shows a hidden kind: only one that names it."""
    return kind.hidden and kind.public_id in code.kinds


def cannot_be_together(codes: Sequence[Lowering], stacking: str) -> bool:
    """Tell whether these codes may not lower one order together, as the organiser set it."""
    lowering = [code for code in codes if code.effect != "unlock"]
    return len(lowering) > 1 and (stacking != "all" or not all(code.stacks for code in lowering))


def covered(codes: Sequence[Lowering], kinds: Sequence[Priced], prices: Sequence[int]) -> list[list[Lowering]]:
    """Give for each ticket the codes that it uses one of: each code covers the dearest tickets that it is about."""
    found: list[list[Lowering]] = [[] for _ in kinds]
    for code in codes:
        about = [at for at, kind in enumerate(kinds) if concerns(code, kind)]
        about.sort(key=lambda at: (-prices[at], at))
        for at in about if code.most_each is None else about[: code.most_each]:
            found[at].append(code)
    return found


def line_of(
    price: int, codes: Sequence[Lowering], *, vat_rate: int, vat_included: bool, currency: str, early: bool = False
) -> Line:
    """Price one ticket: percentages of what is left, one after another, then fixed amounts, then "free"; then VAT.

    `codes` are those that cover this ticket. The gross amount is what can be paid (core/money.step_of).
    """
    left, cuts = price, []
    for code in sorted(codes, key=lambda one: (EFFECTS.index(one.effect), one.code)):
        if code.effect == "unlock" or (early and not code.early):
            continue
        off = {"percent": rounded(left, code.value, HUNDRED), "fixed": code.value, "free": left}[code.effect]
        off = min(off, left)
        cuts.append(Cut(code.code, code.effect, code.value, off))
        left -= off
    net, vat = split_vat(left, vat_rate, vat_included=vat_included, currency=currency)
    return Line(price, price - left, net, vat, net + vat, vat_rate, early, tuple(cuts))


def split_vat(amount: int, vat_rate: int, *, vat_included: bool, currency: str) -> tuple[int, int]:
    """Give (net, VAT) of a price with or without VAT; together they are an amount that can be paid."""
    if vat_included:
        gross = to_step(amount, currency)
        vat = rounded(gross, vat_rate, HUNDRED + vat_rate)
        return gross - vat, vat
    vat = rounded(amount, vat_rate, HUNDRED)
    if step_of(currency) == 1:
        return amount, vat
    gross = to_step(amount + vat, currency)
    vat = rounded(gross, vat_rate, HUNDRED + vat_rate)
    return gross - vat, vat


def part_back(gross: int, percent: int, currency: str) -> int:
    """Give what comes back of a gross amount at a percentage (0 to 100): never more than there was, and payable."""
    return min(gross, to_step(rounded(gross, percent, 100), currency))


def vat_back(line_gross: int, line_vat: int, before: int, back: int) -> int:
    """Give the VAT in `back` when `before` of a ticket's gross amount went back already.

    The parts of a ticket that goes back in several steps add up to exactly its VAT.
    """
    if line_gross == 0:
        return 0
    return rounded(line_vat, before + back, line_gross) - rounded(line_vat, before, line_gross)
