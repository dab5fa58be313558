"""What a hosted page of Stripe's is asked to show: an order's own lines and sum, never more than is needed."""

from typing import Any

from gatherings.payments.providers import Asked
from gatherings.payments.providers.stripe_money import to_stripe

# Languages of the hosted page (the SDK's own list); what is not here is left to the browser.
_LANGUAGES = frozenset(
    """
    bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hi-IN hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru
    sk sl sv th tr vi zh zh-HK zh-TW
    """.split()
)
_OTHERWISE = {"no": "nb", "nn": "nb", "hi": "hi-IN", "zh-Hant": "zh-TW", "zh-Hans": "zh"}
_MOST_LINES = 100


def page_params(asked: Asked) -> dict[str, Any]:
    """Give the parameters of a Checkout Session; for one attempt always the same, as its idempotency key wants it."""
    assert asked.amount == sum(line.amount * line.count for line in asked.lines), asked.order
    currency = asked.currency
    lines = [(line.name, line.amount, line.count) for line in asked.lines]
    if len(lines) > _MOST_LINES:
        lines = [(asked.reference, asked.amount, 1)]
    metadata = {"order": asked.order, "reference": asked.reference}
    params: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": asked.order,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "description": asked.reference},
        "line_items": [
            {
                "quantity": count,
                "price_data": {
                    "currency": currency.lower(),
                    "unit_amount": to_stripe(amount, currency),
                    "product_data": {"name": name[:250]},
                },
            }
            for name, amount, count in lines
        ],
        # The price is in the currency of the order, for everybody.
        "adaptive_pricing": {"enabled": False},
        "submit_type": "pay",
        "locale": language_of(asked.language),
        "success_url": asked.success_url,
        "cancel_url": asked.cancel_url,
        "expires_at": int(asked.expires_at.timestamp()),
    }
    if asked.address:
        params["customer_email"] = asked.address
    return params


def language_of(tag: str) -> str:
    """Give the nearest language that the hosted page speaks, or "auto"."""
    for known in (tag, _OTHERWISE.get(tag, ""), tag.split("-")[0], _OTHERWISE.get(tag.split("-")[0], "")):
        if known in _LANGUAGES:
            return known
    return "auto"
