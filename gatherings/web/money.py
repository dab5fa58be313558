"""Amounts in the reader's language: the code of the currency behind them, for a sign like "kr" names several."""

from decimal import Decimal

from babel.numbers import format_decimal
from flask import Flask

from gatherings.core.money import digits_of
from gatherings.web.i18n import gettext, locale_now


def money_words(amount: int, currency: str, *, exact: bool = False) -> str:
    """Say an amount in minor units: "6,500 SEK", "12.50 GBP"; `exact` writes all digits ("6,500.00 SEK").

    How many digits follows ISO 4217, how they are written the reader's language.
    """
    digits = digits_of(currency)
    value = Decimal(amount).scaleb(-digits)
    shown = digits if exact or value != value.to_integral_value() else 0
    number = format_decimal(value, format="#,##0" + ("." + "0" * shown if shown else ""), locale=locale_now())
    return gettext("%(amount)s\u00a0%(currency)s", amount=number, currency=currency)


def money_typed(amount: int, currency: str) -> str:
    """Write an amount as the reader would type it into a field: "1000", "12.50" or "12,50"; no currency, no groups."""
    digits = digits_of(currency)
    value = Decimal(amount).scaleb(-digits)
    shown = digits if value != value.to_integral_value() else 0
    return str(format_decimal(value, format="0" + ("." + "0" * shown if shown else ""), locale=locale_now()))


def rate_words(rate: int) -> str:
    """Say a rate in hundredths of a percent: "25%", "7.7%", as the reader's language does."""
    number = format_decimal(Decimal(rate) / 100, format="#,##0.##", locale=locale_now())
    return gettext("%(number)s%%", number=number)


def init_money(app: Flask) -> None:
    """Give templates `|money(currency)`, `|money_exact(currency)` and `|rate`."""
    app.jinja_env.filters["money"] = money_words
    app.jinja_env.filters["money_exact"] = lambda amount, currency: money_words(amount, currency, exact=True)
    app.jinja_env.filters["rate"] = rate_words
