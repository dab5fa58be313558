"""Objects as Stripe answers them: every field that the SDK's class knows, and none that it does not."""

import secrets
from functools import cache
from typing import Any

from gatherings.core.clock import utc_now

# Fields that are only there now and then.
_NOT_ALWAYS = {"OBJECT_NAME", "deleted", "secret", "account", "context", "line_items"}


@cache
def kinds() -> dict[str, Any]:
    """Give the SDK's class of each kind of object."""
    import stripe

    return {
        "account": stripe.Account,
        "balance_transaction": stripe.BalanceTransaction,
        "charge": stripe.Charge,
        "checkout.session": stripe.checkout.Session,
        "dispute": stripe.Dispute,
        "event": stripe.Event,
        "payment_intent": stripe.PaymentIntent,
        "refund": stripe.Refund,
        "webhook_endpoint": stripe.WebhookEndpoint,
    }


def seconds() -> int:
    """Give the present moment as Stripe writes it."""
    return int(utc_now().timestamp())


def new_id(prefix: str) -> str:
    """Make an id as Stripe's look."""
    return f"{prefix}_{secrets.token_hex(12)}"


def blank(kind: str, **values: Any) -> dict[str, Any]:
    """Make an object of a kind: what is not given is null. Refuses fields that the SDK does not know."""
    known = set(kinds()[kind].__annotations__)
    assert set(values) <= known, set(values) - known
    made: dict[str, Any] = dict.fromkeys(sorted(known - _NOT_ALWAYS))
    made.update(object=kind, created=seconds(), livemode=False) if "livemode" in known else made.update(object=kind)
    if "metadata" in known:
        made["metadata"] = {}
    return {**made, **({"created": seconds()} if "created" in known else {}), **values}
