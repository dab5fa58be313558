"""The form of who sells for a community, as it stands on invoices and receipts."""

import re
from collections.abc import Mapping
from typing import Any

import wtforms

from gatherings.core.text import TextProblem, clean_line
from gatherings.core.words import say
from gatherings.organise.forms.reading import countries, country_reader, line_of, text_of
from gatherings.web.forms import CleanField, PlainForm, ZoneField
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import locale_now


def read_vat_number(typed: str) -> str:
    """Read a VAT number: letters and digits; blanks and points are kept as typed."""
    text = clean_line(typed, most=60)
    if text and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 .\-/+*]{2,}", text):
        raise TextProblem(say("A VAT number has letters and digits, such as SE556677889901."))
    return text


class SellerForm(PlainForm):
    """Name, address, numbers and bank account of who sells."""

    name = CleanField("", line_of(200))
    address = CleanField("", text_of(500))
    country = CleanField("", line_of(100))
    zone = ZoneField("")
    org_number = CleanField("", line_of(60))
    vat_number = CleanField("", read_vat_number)
    bank = CleanField("", text_of(600))
    contact = CleanField("", line_of(300))
    note = CleanField("", text_of(600))
    base = wtforms.StringField("")

    def check(self) -> dict[str, str] | None:
        """Give the seller's values, or None with a sentence at each field that cannot be read."""
        self.validate()
        if self.problems:
            return None
        return {name: self[name].clean for name in labels()}


def seller_form(values: Mapping[str, str], place: str) -> SellerForm:
    """Make the form, filled with a seller's values, or with what was sent; `place`: the zone as people call it."""
    fields = {"country": CleanField("", country_reader(str(locale_now())))}
    form: SellerForm = type("SellerForm", (SellerForm,), fields)(data=seller_data(values, place))
    return form


def seller_data(values: Mapping[str, str], place: str) -> dict[str, Any]:
    """Give a seller's values as the fields of the form show them."""
    names = countries(str(locale_now()))
    return {**values, "country": names.get(values["country"], values["country"]), "zone": place}


def labels() -> dict[str, str]:
    """Name every value of a seller."""
    return {
        "name": _("Name"),
        "address": _("Address"),
        "country": _("Country"),
        "zone": _("Where the books are kept"),
        "org_number": _("Number of the organisation"),
        "vat_number": _("VAT number"),
        "bank": _("Bank account"),
        "contact": _("Whom to ask about an invoice"),
        "note": _("At the foot of every document"),
    }
