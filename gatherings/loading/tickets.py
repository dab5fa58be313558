"""Reading the tickets of an event: in which currency, with which VAT, what one can choose."""

import re
from typing import Any

from gatherings.core.money import is_currency, read_amount, step_of
from gatherings.core.words import say
from gatherings.loading.fields import Part

_SALE = ("currency", "vat", "kinds")
_KIND = ("name", "about", "price", "vat", "places", "side")
MOST_KINDS = 50


def read_tickets(part: Part) -> dict[str, Any] | None:
    """Read what tickets an event begins with; None where the file says nothing of them."""
    own = part.within("tickets", _SALE)
    if own is None:
        return None
    own.need("currency", "kinds")
    currency = (own.scalar("currency") or "SEK").upper()
    if not is_currency(currency):
        own.wrong("currency", say("We do not know this currency. Please write its three letters, such as SEK."))
        currency = "SEK"
    included = own.one_of("vat", ("included", "added"), "included") == "included"
    found = [own.reader.part(node, path, _KIND) for node, path in own.list_of("kinds")]
    if len(found) > MOST_KINDS:
        own.wrong("kinds", say("There are too many of them: %(most)s at most.", most=MOST_KINDS))
    kinds = [_kind(one, currency, part) for one in found if one is not None]
    return {"currency": currency, "vat_included": included, "kinds": kinds}


def _kind(own: Part, currency: str, event: Part) -> dict[str, Any]:
    own.need("name", "price")
    mode = event.one_of("mode", ("online", "in person", "hybrid"), "online")
    if own.has("side") and mode != "hybrid":
        own.wrong("side", say("Only a hybrid event has tickets for one side."))
    amount = _price(own, currency)
    return {
        "name": own.name("name"),
        "about": own.line_text("about", 500),
        "price": "fixed" if amount else "free",
        "amount": amount,
        "vat_rate": _rate(own),
        "quota": own.whole("places", 0, 1_000_000),
        "side": own.one_of("side", ("room", "online"), "room") if own.has("side") else "",
    }


def _price(own: Part, currency: str) -> int:
    text = own.scalar("price") or ""
    if text == "free":
        return 0
    try:
        amount = read_amount(text, currency)
    except ValueError:
        amount = 0
    if text and (amount <= 0 or amount % step_of(currency)):
        own.wrong("price", say("A price is an amount such as 2500 or 12.50, or the word “free”."))
    return amount


def _rate(own: Part) -> int:
    text = own.scalar("vat") or "0"
    found = re.fullmatch(r"([0-9]{1,2}|100)(?:\.([0-9]{1,2}))?", text)
    rate = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else 10_001
    if rate > 10_000:
        own.wrong("vat", say("VAT is a percentage from 0 to 100, such as 25."))
        return 0
    return rate
