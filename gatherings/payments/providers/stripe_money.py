"""Stripe's own notation of amounts: not ISO 4217's for a handful of currencies (docs.stripe.com/currencies)."""

from gatherings.core.money import digits_of, step_of
from gatherings.payments.providers import Refused

# Two digits at Stripe though the currency has none: always written as hundreds.
_HUNDREDS = frozenset({"ISK", "UGX"})
# None at Stripe though the standard says two.
_WHOLE = frozenset({"MGA"})


def to_stripe(amount: int, currency: str) -> int:
    """Write an amount as Stripe wants it: 5 ISK is 500. Raises Refused for what no card can pay."""
    if currency in _HUNDREDS and digits_of(currency) == 0:
        return amount * 100
    step = 100 if currency in _WHOLE else step_of(currency)
    if amount % step:
        raise Refused(f"Cards cannot pay amounts in {currency} as small as the last digits of {amount}.")
    return amount // 100 if currency in _WHOLE else amount


def from_stripe(amount: int, currency: str) -> int:
    """Read an amount that Stripe wrote; `currency` in capitals."""
    if currency in _HUNDREDS and digits_of(currency) == 0:
        return amount // 100
    return amount * 100 if currency in _WHOLE else amount
