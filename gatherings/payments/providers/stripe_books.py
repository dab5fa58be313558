"""Stripe's books, read line by line for the reconciliation: balance transactions with what they are about."""

from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from gatherings.payments.providers import Booked
from gatherings.payments.providers.stripe_money import from_stripe

_KINDS = {"charge": "payment", "payment": "payment", "refund": "refund", "payment_refund": "refund"}


def booked(row: Mapping[str, Any]) -> Booked | None:
    """Read one balance transaction (with its `source`); None for what is no payment, refund or dispute of ours.

    Amounts are in the currency that people paid in, the account's own currency may be another; the fee is turned
    back with the rate that Stripe used.
    """
    source = row.get("source")
    if not isinstance(source, Mapping):
        return None
    kind = _KINDS.get(row["type"]) or ("dispute" if source.get("object") == "dispute" else None)
    if kind is None or (kind == "refund" and source.get("status") in ("failed", "canceled")):
        return None  # a refund that failed never left: neither it nor its way back counts
    currency = str(source["currency"]).upper()
    amount = source.get("amount_captured") or source["amount"] if kind == "payment" else source["amount"]
    came_back = kind == "dispute" and row["amount"] > 0
    payment = source.get("payment_intent") or source["id"]
    return Booked(
        kind=kind,
        reference=str(payment if kind == "payment" else source["id"]),
        payment=str(payment),
        amount=from_stripe(-amount if came_back else amount, currency),
        currency=currency,
        fee=_fee(row, currency),
        order=str((source.get("metadata") or {}).get("order", "")),
        at=datetime.fromtimestamp(row["created"], UTC),
    )


def _fee(row: Mapping[str, Any], currency: str) -> int:
    fee, rate = int(row.get("fee") or 0), row.get("exchange_rate")
    if rate and str(row["currency"]).upper() != currency:
        fee = round(Fraction(fee) / Fraction(str(rate)))
    return from_stripe(fee, currency)
