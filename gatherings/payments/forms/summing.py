"""The sum of an order as a page shows it: equal lines together, each code in words, VAT by its rate."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gatherings.core.words import Sentence
from gatherings.payments.rules.quoting import Quote
from gatherings.tickets.models import TicketKind
from gatherings.tickets.rules.pricing import Cut


@dataclass
class Line:
    """Tickets of one kind that cost the same: `amount` is `count` times `price`, before codes."""

    kind: TicketKind
    count: int
    price: int
    early: bool

    @property
    def amount(self) -> int:
        """What they cost together."""
        return self.count * self.price


@dataclass
class Lowered:
    """What one code takes off all tickets together."""

    cut: Cut
    count: int = 0
    amount: int = 0


@dataclass
class Sum:
    """What is to be paid, line by line; `rates` are (rate, VAT) pairs, highest rate first."""

    lines: list[Line] = field(default_factory=list)
    lowered: list[Lowered] = field(default_factory=list)
    rates: list[tuple[int, int]] = field(default_factory=list)
    net: int = 0
    total: int = 0
    notes: list[Sentence] = field(default_factory=list)


def sum_of(quoted: Quote, kinds: Sequence[TicketKind], notes: Sequence[Sentence] = ()) -> Sum:
    """Put the lines of a quote together; `kinds` are those of its tickets, in their order."""
    made = Sum(total=quoted.total, net=quoted.total - quoted.vat, notes=list(notes))
    lines: dict[tuple[str, int], Line] = {}
    lowered: dict[str, Lowered] = {}
    rates: dict[int, int] = {}
    for kind, line in zip(kinds, quoted.lines, strict=True):
        row = lines.setdefault((kind.public_id, line.price), Line(kind, 0, line.price, line.early))
        row.count += 1
        for cut in line.cuts:
            one = lowered.setdefault(cut.code, Lowered(cut))
            one.count, one.amount = one.count + 1, one.amount + cut.amount
        if line.gross:
            rates[line.vat_rate] = rates.get(line.vat_rate, 0) + line.vat
    made.lines, made.lowered = list(lines.values()), list(lowered.values())
    made.rates = [(rate, vat) for rate, vat in sorted(rates.items(), reverse=True) if rate]
    return made
