"""What stands on invoices, receipts and credit notes, and what is missing until they agree with an order: pure.

A document's content is a snapshot in JSON's types: everything that is printed stands in it, so that the same paper can
be made again for ever. Amounts are integers of minor units. Each line of an invoice or a credit note is about one
ticket, so that invoices less credit notes are, ticket by ticket, what is to be paid, and so is the VAT in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gatherings.core.money import rounded
from gatherings.tickets.rules.pricing import vat_back

EDITION = 1  # raised when the shape of contents changes; older ones stay as they are

KINDS = ("invoice", "receipt", "credit")
BILL_TO = ("name", "organisation", "address", "country", "vat_number", "mark")

Content = Mapping[str, Any]
Line = dict[str, Any]


@dataclass(frozen=True)
class Sum:
    """A gross amount with the VAT in it."""

    gross: int = 0
    vat: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.gross + other.gross, self.vat + other.vat)

    def __sub__(self, other: "Sum") -> "Sum":
        return Sum(self.gross - other.gross, self.vat - other.vat)


Sums = dict[str, Sum]  # by a ticket's public id


@dataclass(frozen=True)
class Missing:
    """What has to be written: credit notes, each with the invoice that it corrects, and then perhaps an invoice."""

    credits: tuple[tuple[int, Sums], ...] = ()
    invoice: tuple[tuple[str, Sum], ...] = ()


def to_pay(gross: int, vat: int, comes_back: int) -> Sum:
    """Give what is to be paid for a ticket after what comes back, with the VAT that is left in it."""
    return Sum(gross - comes_back, vat - vat_back(gross, vat, 0, comes_back))


def buyer_of(bill_to: Mapping[str, str], name: str) -> dict[str, str]:
    """Give whom an invoice is made out to; who said nothing about it is named as they ordered."""
    buyer = {field: bill_to.get(field, "") for field in BILL_TO}
    if not buyer["name"] and not buyer["organisation"]:
        buyer["name"] = name
    return buyer


def sums_in(content: Content) -> Sums:
    """Give what a document says of each ticket."""
    sums: Sums = {}
    for line in content["lines"]:
        sums[line["ticket"]] = sums.get(line["ticket"], Sum()) + Sum(line["gross"], line["vat"])
    return sums


def standing(invoices: Mapping[int, Content], credits: Iterable[tuple[int, Content]]) -> dict[int, Sums]:
    """Give what is left of each invoice (by its id, oldest first), ticket by ticket, after the credit notes to it."""
    left = {id: sums_in(content) for id, content in invoices.items()}
    for id, content in credits:
        for ticket, taken in sums_in(content).items():
            left[id][ticket] = left[id].get(ticket, Sum()) - taken
    return left


def missing(left: Mapping[int, Sums], wanted: Mapping[str, Sum], *, anew: bool = False) -> Missing:
    """Find what has to be written so that invoices less credit notes are what is `wanted`, ticket by ticket.

    `left` as `standing` gives it. Too much is taken off the newest invoice that has it. `anew`: the invoices are to be
    made out to somebody else, so all that is left of them is credited first.
    """
    credits: dict[int, Sums] = {}
    now: Sums = {}
    for id, sums in left.items():
        if anew:
            credits[id] = {ticket: one for ticket, one in sums.items() if one != Sum()}
            continue
        for ticket, one in sums.items():
            now[ticket] = now.get(ticket, Sum()) + one
    for ticket, had in now.items():
        too_much = had - wanted.get(ticket, Sum())
        for id in sorted(left, reverse=True):
            if too_much.gross <= 0:
                break
            taken = _part(left[id].get(ticket, Sum()), too_much)
            if taken.gross > 0:
                credits.setdefault(id, {})[ticket] = taken
                too_much, now[ticket] = too_much - taken, now[ticket] - taken
    new = tuple((ticket, one - now.get(ticket, Sum())) for ticket, one in wanted.items())
    return Missing(
        tuple((id, sums) for id, sums in sorted(credits.items()) if sums),
        tuple((ticket, one) for ticket, one in new if one.gross > 0),
    )


def _part(there: Sum, too_much: Sum) -> Sum:
    """Give what of `too_much` is taken off one invoice that has `there`: its VAT exactly, when all or the last goes."""
    if there.gross <= too_much.gross:
        return there
    return too_much


def vat_table(lines: Sequence[Line]) -> list[dict[str, int]]:
    """Add lines up by their rate of VAT, highest first."""
    rates: dict[int, list[int]] = {}
    for line in lines:
        row = rates.setdefault(line["rate"], [0, 0, 0])
        for at, name in enumerate(("net", "vat", "gross")):
            row[at] += line[name]
    return [
        {"rate": rate, "net": net, "vat": vat, "gross": gross}
        for rate, (net, vat, gross) in sorted(rates.items(), reverse=True)
        if gross or len(rates) == 1
    ]


def share_of(rows: Sequence[Mapping[str, int]], before: int, amount: int) -> list[dict[str, int]]:
    """Give what of a VAT table a payment pays, when `before` was paid already.

    The shares of payments that pay for the whole of it add up to it, rate by rate; what is paid beyond it has no rate.
    """
    whole = sum(row["gross"] for row in rows)
    if whole == 0:
        return []
    start, end = (min(paid, whole) for paid in (before, before + amount))
    found, passed = [], 0
    for row in rows:
        gross = [rounded(paid, passed + row["gross"], whole) - rounded(paid, passed, whole) for paid in (start, end)]
        vat = [rounded(row["vat"], one, row["gross"]) if row["gross"] else 0 for one in gross]
        part = {"rate": row["rate"], "gross": gross[1] - gross[0], "vat": vat[1] - vat[0]}
        found.append({**part, "net": part["gross"] - part["vat"]})
        passed += row["gross"]
    return [row for row in found if row["gross"]]


def file_name(kind: str, number: int) -> str:
    """Name the file of a document: "invoice-12.pdf"."""
    return f"{'credit-note' if kind == 'credit' else kind}-{number}.pdf"
