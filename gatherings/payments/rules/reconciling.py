"""Our money beside a provider's books: each movement finds its partner, and what has none or another one is named."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gatherings.core.words import Sentence, say
from gatherings.payments.providers import Booked

_SUMMED = ("payment", "refund")


@dataclass(frozen=True)
class Ours:
    """A payment or a refund as we have it; `order` is the order's public id, `name` what people call it."""

    kind: str  # payment, refund
    reference: str  # of the provider; "" of a refund that it does not know of yet
    amount: int
    currency: str
    order: str
    name: str
    at: datetime
    state: str = "done"  # of a refund: due, sent, done, failed


@dataclass(frozen=True)
class Difference:
    """One thing that does not agree; `ours` and `theirs` are amounts in minor units, None where there is none."""

    kind: str
    reference: str
    order: str
    name: str
    at: datetime
    currency: str
    ours: int | None = None
    theirs: int | None = None
    their_currency: str = ""


@dataclass(frozen=True)
class Result:
    """What was compared: how many movements agree, sums by currency (came, back, fees), and each difference."""

    agree: int
    sums: Mapping[str, tuple[int, int, int]]
    differences: Sequence[Difference]
    strangers: Sequence[Booked] = ()


WORDS: Final[Mapping[str, tuple[Sentence, Sentence]]] = {
    "payment_not_here": (
        say("Paid at the provider, and not noted here."),
        say("Open the order: it asks the provider by itself. If it is missing tomorrow, give the money back there."),
    ),
    "payment_not_there": (
        say("Noted here as paid, and not in the provider's books."),
        say("Look for this payment at the provider. It may be from another time, or of another account."),
    ),
    "payment_amount": (
        say("The amounts of the payment differ."),
        say("What counts is what really arrived. Please look at both, and give back what is too much."),
    ),
    "refund_not_here": (
        say("Given back at the provider, and not noted here."),
        say("Somebody gave it back on the provider's pages. The order here still shows the money as kept."),
    ),
    "refund_not_there": (
        say("Given back here, and not in the provider's books."),
        say("The payer may not have their money. Please look at the provider, and try it again from the order."),
    ),
    "refund_amount": (
        say("The amounts of the refund differ."),
        say("Please look at both: the payer has what the provider's books say."),
    ),
    "refund_failed": (
        say("The refund failed here, and is in the provider's books."),
        say("Please look whether the payer has their money before you send it again."),
    ),
    "order": (
        say("The provider has this payment for another order."),
        say("Please look at both orders before you give anything back."),
    ),
    "twice": (
        say("The provider's books have this more than once."),
        say("Please look at the provider: somebody may have paid twice."),
    ),
    "dispute": (
        say("The payer asked their bank for the money, and the order here does not know of it."),
        say("Please answer on the provider's pages."),
    ),
}


def compare(
    ours: Iterable[Ours],
    theirs: Iterable[Booked],
    *,
    since: datetime,
    until: datetime,
    names: Mapping[str, str],
    disputed: Iterable[str] = (),
) -> Result:
    """Compare what we have with a provider's books.

    Both may hold more than the time asked for, so that what lies at its edges finds its partner; only what is within
    [since, until) is named. `names`: references of those orders, by public id, that are the reader's to see; movements
    of all others are `strangers`. `disputed`: disputes, or payments with one, that we know.
    """
    known = set(disputed)
    here = {(one.kind, one.reference): one for one in ours if one.reference}
    booked: dict[tuple[str, str], list[Booked]] = defaultdict(list)
    for row in theirs:
        booked[row.kind, row.reference].append(row)
    found: list[Difference] = []
    strangers: list[Booked] = []
    agree = 0
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (kind, reference), rows in booked.items():
        row = rows[0]
        mine = here.get(("payment", row.payment) if kind == "dispute" else (kind, reference))
        paid = here.get(("payment", row.payment))
        order = mine.order if mine is not None else row.order or (paid.order if paid is not None else "")
        if order not in names:
            strangers += [row] if since <= row.at < until else []
            continue
        if not since <= row.at < until:
            continue
        told = _told(rows, mine, kind, order, names[order], known)
        found += told
        agree += not told
        _add(sums[row.currency], rows)
    for (kind, reference), mine in here.items():
        if (kind, reference) not in booked and since <= mine.at < until and mine.state not in ("due", "failed"):
            if kind == "refund" and mine.state == "sent":
                continue  # on its way, and not in the books yet
            found.append(_of(f"{kind}_not_there", mine, reference, mine.at, ours=mine.amount))
    found.sort(key=lambda one: (one.at, one.kind, one.reference))
    return Result(agree, {currency: (a, b, c) for currency, (a, b, c) in sorted(sums.items())}, found, strangers)


def _told(
    rows: Sequence[Booked], mine: Ours | None, kind: str, order: str, name: str, known: set[str]
) -> list[Difference]:
    """Name what does not agree between one movement of theirs and ours."""
    row = rows[0]
    if kind == "dispute":
        if row.payment in known or row.reference in known:
            return []
        return [Difference("dispute", row.reference, order, name, row.at, row.currency, theirs=row.amount)]
    if mine is None:
        made = Difference(f"{kind}_not_here", row.reference, order, name, row.at, row.currency, theirs=row.amount)
        return [made]
    found = []
    if len(rows) > 1:
        total = sum(one.amount for one in rows)
        found.append(_of("twice", mine, row.reference, row.at, ours=mine.amount, theirs=total))
    if (mine.amount, mine.currency) != (row.amount, row.currency):
        made = _of(f"{kind}_amount", mine, row.reference, row.at, ours=mine.amount, theirs=row.amount)
        found.append(Difference(**{**made.__dict__, "their_currency": row.currency}))
    if row.order and row.order != mine.order:
        found.append(_of("order", mine, row.reference, row.at, ours=mine.amount, theirs=row.amount))
    if kind == "refund" and mine.state == "failed":
        found.append(_of("refund_failed", mine, row.reference, row.at, ours=mine.amount, theirs=row.amount))
    return found


def _of(kind: str, mine: Ours, reference: str, at: datetime, *, ours: int, theirs: int | None = None) -> Difference:
    return Difference(kind, reference, mine.order, mine.name, at, mine.currency, ours=ours, theirs=theirs)


def _add(sums: list[int], rows: Sequence[Booked]) -> None:
    for row in rows:
        if row.kind in _SUMMED:
            sums[_SUMMED.index(row.kind)] += row.amount
        sums[2] += row.fee
