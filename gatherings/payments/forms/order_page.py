"""The forms of an order's page: whom the invoice names, and who comes with a ticket."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import wtforms
from babel import Locale

from gatherings.accounts.rules import Address, normalise_address
from gatherings.core.folding import fold
from gatherings.core.text import TextProblem, clean_line, clean_name, clean_text
from gatherings.core.words import say
from gatherings.tickets.models import Order, Ticket
from gatherings.web.forms import LONGEST_NAME, CleanField, PlainForm, read_name
from gatherings.web.i18n import locale_now, words

ADDRESS_LINES = 8


def _line(most: int) -> Callable[[str], str]:
    return lambda typed: clean_line(typed, most=most)


def _read_payer(typed: str) -> str:
    return clean_name(typed, least=0, most=LONGEST_NAME)


def _read_address(typed: str) -> str:
    address = clean_text(typed, least=1, most=400)
    if len(address.split("\n")) > ADDRESS_LINES:
        raise TextProblem(say("There is room for %(most)s lines here.", most=ADDRESS_LINES))
    return address


def _read_country(typed: str) -> str:
    if typed and typed not in dict(countries()):
        raise TextProblem(say("Please choose a country from the list."))
    return typed


def countries() -> Sequence[tuple[str, str]]:
    """List (ISO 3166 code, name in the reader's language) of all countries, by name."""
    return _countries(locale_now())


@lru_cache(maxsize=16)
def _countries(locale: str) -> tuple[tuple[str, str], ...]:
    import pycountry  # reads its files: at first use

    names = Locale.parse(locale).territories
    found = [(one.alpha_2, str(names.get(one.alpha_2, one.name))) for one in pycountry.countries]
    return tuple(sorted(found, key=lambda pair: fold(pair[1])))


class BillForm(PlainForm):
    """Whom the invoice is made out to."""

    organisation = CleanField("", _line(200), id="organisation")
    payer = CleanField("", _read_payer, id="payer")
    address = CleanField("", _read_address, id="address")
    country = CleanField("", _read_country, id="country")
    vat_number = CleanField("", _line(60), id="vat_number")
    mark = CleanField("", _line(120), id="mark")

    @property
    def countries(self) -> Sequence[tuple[str, str]]:
        """Give what the list of countries offers."""
        return countries()

    @property
    def bill_to(self) -> dict[str, str]:
        """Give what a valid form says, as an order keeps it."""
        return {
            "name": self.payer.clean, "organisation": self.organisation.clean, "address": self.address.clean,
            "country": self.country.clean, "vat_number": self.vat_number.clean, "mark": self.mark.clean,
        }  # fmt: skip

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields; one of the two names is needed."""
        good: bool = super().validate(extra_validators)
        if good and not self.payer.clean and not self.organisation.clean:
            sentence = say("Please write whom the invoice is for: a name, an organisation, or both.")
            self.payer.errors = [words(sentence)]
            return False
        return good


def bill_form(order: Order, *, read: bool) -> BillForm:
    """Make the form, filled with what the order says; with what was sent if `read`."""
    said = order.bill_to
    values = {
        "payer": said.get("name", "") if said else order.name, "organisation": said.get("organisation", ""),
        "address": said.get("address", ""), "country": said.get("country", ""),
        "vat_number": said.get("vat_number", ""), "mark": said.get("mark", ""),
    }  # fmt: skip
    return BillForm(data=values) if read else BillForm(formdata=None, data=values)


def _read_other(typed: str) -> Address | None:
    return normalise_address(typed) if typed.strip() else None


class NameForm(PlainForm):
    """Who comes with a ticket; the address left empty means the same person."""

    name = CleanField("", read_name, id="name")
    email = CleanField("", _read_other, id="email")

    @property
    def address(self) -> Address | None:
        """Give the other person's address; None for the same person."""
        found: Address | None = self.email.clean
        return found


def name_form(ticket: Ticket, *, read: bool) -> NameForm:
    """Make the form, filled with the ticket's name. The address is not shown: it may be theirs alone by now."""
    return NameForm(data={"name": ticket.name}) if read else NameForm(formdata=None, data={"name": ticket.name})


class LeaveForm(PlainForm):
    """A press that cancels: what the page said comes off, in minor units."""

    said = wtforms.StringField("", id="said")

    @property
    def amount(self) -> int:
        """Give what was said; nothing where it cannot be read."""
        text = self.said.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0
