"""What the double remembers of an installation's payments from before it was started: so a demo's can be given back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gatherings.double.returns import Returns
from gatherings.payments.providers.stripe_money import to_stripe


@dataclass(frozen=True)
class Past:
    """A payment that was made, as the installation has it; `back` is what was given back of it, with references."""

    payment: str
    order: str
    reference: str
    amount: int
    currency: str
    at: datetime
    back: tuple[tuple[str, str, int], ...] = ()  # Stripe's reference, our public id, amount


def remember(books: Returns, past: Iterable[Past]) -> None:
    """Put payments into the double's books, as if it had been there."""
    with books.lock:
        for paid in past:
            _remember(books, paid)


def _remember(books: Returns, paid: Past) -> None:
    at, currency = int(paid.at.timestamp()), paid.currency.lower()
    amount = to_stripe(paid.amount, paid.currency)
    metadata = {"order": paid.order, "reference": paid.reference}
    intent = books.add(
        "payment_intent", "pi", id=paid.payment, amount=amount, amount_received=amount, currency=currency,
        status="succeeded", metadata=metadata, created=at,
    )  # fmt: skip
    back = [(reference, ours, to_stripe(part, paid.currency)) for reference, ours, part in paid.back]
    gone = sum(part for _, _, part in back)
    charge = books.add(
        "charge", "ch", amount=amount, amount_captured=amount, amount_refunded=gone, captured=True, paid=True,
        currency=currency, disputed=False, refunded=gone >= amount, metadata=metadata, payment_intent=intent["id"],
        status="succeeded", created=at,
    )  # fmt: skip
    intent["latest_charge"] = charge["id"]
    charge["balance_transaction"] = books.book(charge, "charge", amount, amount * 15 // 1000, at)
    for reference, ours, part in back:
        refund = books.add(
            "refund", "re", id=reference, amount=part, currency=currency, charge=charge["id"], status="succeeded",
            payment_intent=intent["id"], metadata={"refund": ours}, created=at,
        )  # fmt: skip
        refund["balance_transaction"] = books.book(refund, "refund", -part, 0, at)
