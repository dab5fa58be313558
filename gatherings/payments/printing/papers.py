"""Invoices, receipts and credit notes as PDF, made from a document's content alone."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.numbers import format_decimal

from gatherings.core.errors import NotFound
from gatherings.core.money import digits_of
from gatherings.core.words import say
from gatherings.mail.look import look_of
from gatherings.mail.message import clean_line
from gatherings.payments.models import Document
from gatherings.payments.printing.days import days_words, long_date
from gatherings.payments.printing.typesetting import Format, typeset
from gatherings.payments.rules.papers import file_name
from gatherings.web.i18n import direction_now, language_now, locale_now, speaking
from gatherings.web.i18n import gettext as _
from gatherings.web.money import money_words, rate_words

Row = list[Any]


def pdf_of(document: Document, *, format: Format = "pdf") -> bytes:
    """Make the PDF of a document, in the language of its order; the same bytes each time.

    Needs the app's context. Raises NotFound for one whose years are over: nothing is kept but number, date and sums.
    """
    content = document.content
    if not content:
        raise NotFound(say("This paper is not kept any more. Its years are over."))
    with speaking(content["language"]):
        return typeset("paper", words_of(content), made_on=document.issued_on, format=format)


def name_of(document: Document) -> str:
    """Name the file of a document."""
    return file_name(document.kind, document.number)


def title_of(kind: str, number: int) -> str:
    """Name a document for people: "Invoice 12"."""
    return {
        "invoice": _("Invoice %(number)s", number=number),
        "receipt": _("Receipt %(number)s", number=number),
        "credit": _("Credit note %(number)s", number=number),
    }[kind]


def words_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """Give all words of a document, in the language that is spoken."""
    look = look_of(content["community"]["accent"], content["community"]["slug"])
    return {
        "lang": language_now().split("-")[0],
        "dir": direction_now(),
        "accent": look.light,
        "band": [[width, look.inks[name]] for width, name in look.band],
        "title": title_of(content["kind"], content["number"]),
        "community": _line(content["community"]["name"]),
        "facts": _facts(content),
        "parties": [_seller(content["seller"]), _buyer(content["buyer"], content["kind"])],
        "event": _event(content["event"]),
        "said": _said(content),
        "columns": [_("What"), _("VAT") if _knows_vat(content) else "", _amount_column(content)],
        "lines": [_printed(line, content) for line in content["lines"]],
        "sums": _sums(content),
        "rate_columns": [_("VAT rate"), _("Without VAT"), _("VAT"), _("With VAT")],
        "rates": _rates(content),
        "box": _box(content),
        "note": _lines(content["seller"]["note"]),
        "foot": _foot(content["seller"]),
        "page": _("Page %(page)s of %(pages)s", page="{page}", pages="{pages}"),
    }


def _facts(content: Mapping[str, Any]) -> list[Row]:
    rows = [[_("Date"), _date(content["issued_on"])]]
    if content.get("due_on"):
        rows.append([_("To be paid by"), _date(content["due_on"])])
    if corrects := content.get("corrects"):
        rows.append([_("Corrects invoice"), _named(corrects)])
    if paid := content.get("invoice"):
        rows.append([_("For invoice"), _named(paid)])
    rows.append([_("Order"), content["order"]["reference"]])
    if content["kind"] == "invoice":
        rows.append([_("Ordered on"), _date(content["order"]["placed_on"])])
    if mark := _line(content["buyer"].get("mark", "")):
        rows.append([_("Your reference"), mark])
    return rows


def _seller(seller: Mapping[str, str]) -> dict[str, Any]:
    lines = [*_lines(seller["address"]), *_country(seller["country"])]
    if seller["org_number"]:
        lines.append(_("Organisation number: %(number)s", number=_line(seller["org_number"])))
    if seller["vat_number"]:
        lines.append(_("VAT number: %(number)s", number=_line(seller["vat_number"])))
    return {"label": _("From"), "name": _line(seller["name"]), "lines": lines}


def _buyer(buyer: Mapping[str, str], kind: str) -> dict[str, Any]:
    names = [_line(buyer[name]) for name in ("organisation", "name") if buyer[name]]
    lines = [*names[1:], *_lines(buyer["address"]), *_country(buyer["country"])]
    if buyer["vat_number"]:
        lines.append(_("VAT number: %(number)s", number=_line(buyer["vat_number"])))
    label = _("Received from") if kind == "receipt" else _("To")
    return {"label": label, "name": names[0] if names else "", "lines": lines}


def _event(event: Mapping[str, str]) -> dict[str, str]:
    first, last = (date.fromisoformat(event[name]) for name in ("first_day", "last_day"))
    said = (days_words(first, last), _line(event["place"]))
    return {"title": _line(event["title"]), "said": " · ".join(one for one in said if one)}


def _said(content: Mapping[str, Any]) -> list[str]:
    """Say what a document is for, where that needs a sentence."""
    if content["kind"] == "credit":
        number = content["corrects"]["number"]
        if content["reason"] == "address":
            return [_("This takes back invoice %(number)s. A new one is made out as you asked.", number=number)]
        return [_("This lowers invoice %(number)s by what is no longer to be paid.", number=number)]
    if content["kind"] == "receipt":
        way = {
            "card": _("We have received your payment by card on %(date)s. Thank you."),
            "bank": _("We have received your bank transfer on %(date)s. Thank you."),
            "door": _("We have received your payment at the door on %(date)s. Thank you."),
        }[content["payment"]["way"]]
        return [way % {"date": _date(content["payment"]["on"])}]
    return []


def _amount_column(content: Mapping[str, Any]) -> str:
    currency = content["currency"]
    if content["vat_included"] or not content["vat"]:
        return _("Amount, %(currency)s", currency=currency)
    return _("Amount without VAT, %(currency)s", currency=currency)


def _printed(line: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    """Give one line: what it is, for whom, its price, and what changed it."""
    currency = content["currency"]
    shown = line["gross"] if content["vat_included"] else line["net"]
    notes: list[Row] = []
    for cut in line.get("cuts", ()):
        notes.append([_cut(cut), _number(-cut["amount"], currency)])
    if line.get("rounding"):
        notes.append([_("Rounded to what can be paid"), _number(line["rounding"], currency)])
    if line.get("less"):
        notes.append([_("Less what is not to be paid"), _number(-line["less"], currency)])
    if content["kind"] == "credit":
        said = _("Cancelled") if line["left"] else _("Taken off the price")
        if content["reason"] == "tickets" and not (line["left"] and line["whole"]):
            said = _("Cancelled; a part comes back") if line["left"] else said
        notes = [[said, ""]] if content["reason"] == "tickets" else []
    price = line.get("price", shown)
    if len(notes) > 1 or (notes and notes[0][1]):
        notes.append(["", _number(shown, currency)])
    return {
        "what": _line(line["what"]),
        "who": _line(line["who"]),
        "rate": rate_words(line["rate"]) if _knows_vat(content) else "",
        "price": _number(price, currency),
        "notes": notes,
    }


def _knows_vat(content: Mapping[str, Any]) -> bool:
    """Tell whether VAT is a matter at all: somebody who is not registered for it says nothing of it."""
    return bool(content["vat"] or content["seller"]["vat_number"])


def _cut(cut: Mapping[str, Any]) -> str:
    code = _line(cut["code"])
    if cut["effect"] == "percent":
        return _("Code %(code)s: %(rate)s off", code=code, rate=rate_words(cut["value"]))
    return _("Code %(code)s", code=code)


def _sums(content: Mapping[str, Any]) -> list[Row]:
    currency, total, vat = content["currency"], content["total"], content["vat"]
    name = {"credit": _("Credit"), "receipt": _("Received")}.get(content["kind"]) or _("Total")
    rows: list[Row] = [[name, money_words(total, currency, exact=True), "total"]]
    taxes: list[Row] = []
    if vat:
        taxes.append([_("Without VAT"), _number(total - vat, currency), ""])
        for row in content["rates"]:
            taxes.append([_("VAT %(rate)s", rate=rate_words(row["rate"])), _number(row["vat"], currency), ""])
    paid_for = content["kind"] == "receipt"  # its sum is what was paid, in whatever terms the prices are
    rows = [*rows, *taxes] if content["vat_included"] or paid_for else [*taxes, *rows]
    if paid := content.get("paid"):
        rows.append([_("Paid"), _number(-paid, currency), ""])
        rows.append([_("To pay"), money_words(total - paid, currency, exact=True), "strong"])
    return rows


def _rates(content: Mapping[str, Any]) -> list[Row]:
    """Give the table of VAT by rate, where there are several; a single one stands among the sums."""
    currency = content["currency"]
    if len(content["rates"]) < 2:
        return []
    return [
        [rate_words(row["rate"]), *(_number(row[name], currency) for name in ("net", "vat", "gross"))]
        for row in content["rates"]
    ]


def _box(content: Mapping[str, Any]) -> dict[str, Any]:
    """Say how an invoice is to be paid, where something is to be paid."""
    owed = content["total"] - (content.get("paid") or 0)
    if content["kind"] != "invoice" or owed <= 0:
        return {}
    rows: list[Row] = [[_("Amount"), [money_words(owed, content["currency"], exact=True)]]]
    if content["way"] == "door":
        said = _("Please pay when you arrive, and have this reference with you.")
        return {"title": _("To be paid at the door"), "said": said,
                "rows": [*rows, [_("Reference"), [content["order"]["reference"]]]]}  # fmt: skip
    if content.get("due_on"):
        rows.append([_("By"), [_date(content["due_on"])]])
    if bank := _lines(content["bank"]):
        rows.append([_("Account"), bank])
    rows.append([_("Reference"), [content["order"]["reference"]]])
    said = _("Please write the reference with your payment, so that we know whose it is.")
    return {"title": _("How to pay"), "rows": rows, "said": said}


def _foot(seller: Mapping[str, str]) -> list[str]:
    numbers = [seller["name"], seller["org_number"], seller["vat_number"]]
    return [line for line in (" · ".join(_line(one) for one in numbers if one), _line(seller["contact"])) if line]


def _number(amount: int, currency: str) -> str:
    digits = digits_of(currency)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    number = format_decimal(abs(Decimal(amount).scaleb(-digits)), format=pattern, locale=locale_now())
    return f"\N{MINUS SIGN}{number}" if amount < 0 else str(number)


def _date(day: str) -> str:
    return long_date(date.fromisoformat(day))


def _named(invoice: Mapping[str, Any]) -> str:
    return _("%(number)s of %(date)s", number=invoice["number"], date=_date(invoice["issued_on"]))


def _country(code: str) -> list[str]:
    if not code:
        return []
    return [str(Locale.parse(locale_now()).territories.get(code.upper(), code))]


def _line(text: str) -> str:
    return clean_line(text)


def _lines(text: str) -> Sequence[str] | list[str]:
    return [line for line in (clean_line(one) for one in text.splitlines()) if line]
