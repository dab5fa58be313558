"""The forms of how an event sells tickets, and of one kind of ticket."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import wtforms

from gatherings.core.words import say
from gatherings.events.models import Event
from gatherings.organise.forms.money import (
    BoxesField,
    WindowForm,
    amount_of,
    amount_typed,
    complain,
    moment_data,
    needed,
    number_or_none,
    rate_typed,
    read_currency,
    read_rate,
)
from gatherings.organise.forms.reading import line_of, name_of, read_day, read_hour, read_number, text_of
from gatherings.tickets.rules.limits import MOST_IN_ALL
from gatherings.tickets.rules.selling import HOLD_MINUTES, INVOICE_DAYS, days_of, steps_problem
from gatherings.tickets.rules.states import WAYS
from gatherings.web.forms import ChoiceField, CleanField, PlainForm
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import words
from gatherings.web.times import day_words

STEPS = 4  # lines of what comes back to who leaves
_AMOUNTS = ("amount", "early_amount", "least", "suggested", "most")
_ON_THE_PAGE = (
    "name", "about", "side", "days", "price", "amount", "early_amount", "early_until_date", "early_until_time", "least",
    "suggested", "most", "vat_rate", "quota", "least_each", "most_each", "opens_date", "opens_time", "closes_date",
    "closes_time", "shown",
)  # fmt: skip


class SaleForm(PlainForm):
    """In which currency, how people pay, what comes back to who leaves."""

    currency = CleanField("", read_currency)
    vat = ChoiceField("", [])
    ways = BoxesField("", [])
    hold_minutes = CleanField("", number_or_none(*HOLD_MINUTES))
    invoice_days = CleanField("", number_or_none(*INVOICE_DAYS))
    stacking = ChoiceField("", [])
    terms = CleanField("", text_of(20_000))
    base = wtforms.StringField("")

    def check(self) -> dict[str, Any] | None:
        """Give the sale's values, or None with a sentence at each field that cannot be read."""
        self.validate()
        needed(self, say("Please write a number."), "hold_minutes", "invoice_days")
        steps = self._steps()
        if self.problems:
            return None
        return {
            "currency": self.currency.clean,
            "vat_included": self.vat.data == "with",
            "ways": " ".join(way for way in WAYS if way in self.ways.data),
            "hold_minutes": self.hold_minutes.clean,
            "invoice_days": self.invoice_days.clean,
            "stacking": self.stacking.data,
            "comes_back": steps,
            "terms": self.terms.clean,
        }

    def _steps(self) -> list[dict[str, int]]:
        steps = []
        for number in range(1, STEPS + 1):
            days, percent = self[f"days_{number}"], self[f"percent_{number}"]
            if days.errors or percent.errors or (days.clean is None and percent.clean is None):
                continue
            if days.clean is None or percent.clean is None:
                complain(days if days.clean is None else percent, say("Both are needed, the days and the percentage."))
                continue
            steps.append({"days": days.clean, "percent": percent.clean})
        problem = steps_problem(steps)
        if problem is not None:
            complain(self.days_1, problem)
        return sorted(steps, key=lambda step: -step["days"])


def sale_form(values: Mapping[str, Any]) -> SaleForm:
    """Make the form of a sale, filled with its values, or with what was sent."""
    fields: dict[str, Any] = {
        "vat": ChoiceField("", [("with", _("with VAT")), ("without", _("without VAT, which is added"))]),
        "ways": BoxesField("", [(way, label) for way, label in way_labels().items()]),
        "stacking": ChoiceField("", [("one", _("One code for an order")), ("all", _("Several, where each allows it"))]),
    }
    for number in range(1, STEPS + 1):
        fields[f"days_{number}"] = CleanField("", number_or_none(0, 730))
        fields[f"percent_{number}"] = CleanField("", number_or_none(0, 100))
    form: SaleForm = type("SaleForm", (SaleForm,), fields)(data=sale_data(values))
    return form


def sale_data(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give a sale's values as the fields of the form show them."""
    made: dict[str, Any] = {name: values[name] for name in ("currency", "stacking", "terms")}
    made |= {name: str(values[name]) for name in ("hold_minutes", "invoice_days")}
    made |= {"vat": "with" if values["vat_included"] else "without", "ways": values["ways"].split()}
    for number, step in enumerate(values["comes_back"][:STEPS], 1):
        made |= {f"days_{number}": str(step["days"]), f"percent_{number}": str(step["percent"])}
    return made


def way_labels() -> dict[str, str]:
    """Name the ways to pay."""
    return {"card": _("By card"), "invoice": _("By invoice and bank transfer"), "door": _("At the door")}


class KindForm(WindowForm):
    """One kind of ticket: what it costs, for whom and when."""

    name = CleanField("", name_of(120, 1))
    about = CleanField("", line_of(500))
    price = ChoiceField("", [])
    early_until_date = CleanField("", read_day)
    early_until_time = CleanField("", read_hour)
    vat_rate = CleanField("", read_rate)
    quota = CleanField("", read_number)
    side = ChoiceField("", [], default="")
    days = BoxesField("", [])
    least_each = CleanField("", number_or_none(1, MOST_IN_ALL))
    most_each = CleanField("", number_or_none(1, MOST_IN_ALL))
    shown = ChoiceField("", [])

    def check(self) -> dict[str, Any] | None:
        """Give the kind's values, or None with a sentence at each field that cannot be read."""
        self.validate()
        kind = self.price.data
        # What belongs to another kind of price is not read: nobody has to mend what does not count.
        for name in _AMOUNTS:
            if not self._counts(name, kind):
                self[name].errors, self[name].clean = [], None
        early = self.moment("early_until") if kind == "fixed" else None
        if kind != "fixed":
            self.early_until_date.errors = self.early_until_time.errors = []
        opens, closes = self.moment("opens"), self.moment("closes")
        needed(self, say("Please write a number."), "least_each", "most_each")
        if kind == "fixed":
            needed(self, say("Please write a price, or choose “free”."), "amount")
        elif kind == "choose":
            needed(self, say("Please write the amount that you suggest."), "suggested")
        if self.days.choices and not self.days.data:
            complain(self.days, say("Please choose at least one day."))
        if self.problems:
            return None
        kept = ("name", "about", "vat_rate", "quota", "least_each", "most_each", "early_amount", "most")
        return {name: self[name].clean for name in kept} | {
            "price": kind,
            "amount": self.amount.clean or 0,
            "least": self.least.clean or 0,
            "suggested": self.suggested.clean or 0,
            "early_until": early,
            "opens": opens,
            "closes": closes,
            "side": self.side.data,
            "days": [] if len(self.days.data) == len(self.days.choices) else list(self.days.data),
            "shown": self.shown.data,
        }

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Give (field's id, sentence) of every problem, in the order of the page."""
        return [(self[name].id, str(said)) for name in _ON_THE_PAGE for said in self[name].errors]

    @staticmethod
    def _counts(name: str, price: str) -> bool:
        return name in {"fixed": ("amount", "early_amount"), "choose": ("least", "suggested", "most")}.get(price, ())


def kind_form(values: Mapping[str, Any], event: Event, currency: str) -> KindForm:
    """Make the form of a kind, filled with its values, or with what was sent."""
    sides = [("", _("Either, as the buyer chooses")), ("room", _("In the room")), ("online", _("Online"))]
    fields: dict[str, Any] = {name: CleanField("", amount_of(currency)) for name in _AMOUNTS} | {
        "price": ChoiceField("", price_choices()),
        "side": ChoiceField("", sides if event.mode == "hybrid" else [("", "")], default=""),
        "days": BoxesField("", day_choices(event)),
        "shown": ChoiceField("", shown_choices()),
    }
    form: KindForm = type("KindForm", (KindForm,), fields)(data=kind_data(values, event, currency))
    if event.mode != "hybrid" or form.side.data is None:
        form.side.data = form.side.data if event.mode == "hybrid" and form.side.data else ""
    return form


def price_choices() -> list[tuple[str, str]]:
    """Name how a price is made."""
    return [("fixed", _("A price")), ("free", _("Free")), ("choose", _("Pay what you can"))]


def shown_choices() -> list[tuple[str, str]]:
    """Name whom a kind is shown to."""
    return [
        ("all", _("Everybody")),
        ("code", _("Who types a code that shows it")),
        ("application", _("Who applies for it, such as for a bursary: you decide on each")),
    ]


def day_choices(event: Event) -> list[tuple[str, str]]:
    """List the days of an event that has several."""
    days = days_of(event.starts_local, event.ends_local)
    return [(day, day_words(date.fromisoformat(day), year=None)) for day in days] if len(days) > 1 else []


def kind_data(values: Mapping[str, Any], event: Event, currency: str) -> dict[str, Any]:
    """Give a kind's values as the fields of the form show them."""
    offered = days_of(event.starts_local, event.ends_local)
    made: dict[str, Any] = {name: values[name] for name in ("name", "about", "price", "side", "shown")}
    for name in _AMOUNTS:
        unset = name in ("amount", "least", "suggested") and not values[name]
        made[name] = "" if unset else amount_typed(values[name], currency)
    made |= {"vat_rate": rate_typed(values["vat_rate"]), "least_each": str(values["least_each"])}
    made |= {"most_each": str(values["most_each"]), "quota": "" if values["quota"] is None else str(values["quota"])}
    made["days"] = [day for day in offered if day in values["days"]] if values["days"] else offered
    return made | moment_data(dict(values), "early_until", "opens", "closes")


def first_kind(vat_rate: int) -> dict[str, Any]:
    """Give what a new kind begins with: the VAT rate of the last one."""
    nothing = dict.fromkeys(("early_amount", "most", "quota", "early_until", "opens", "closes"))
    return nothing | {
        "name": "", "about": "", "price": "fixed", "amount": 0, "least": 0, "suggested": 0, "vat_rate": vat_rate,
        "side": "", "days": [], "least_each": 1, "most_each": 10, "shown": "all",
    }  # fmt: skip


def sale_labels() -> dict[str, str]:
    """Name every value of a sale."""
    return {
        "currency": _("Currency"),
        "vat_included": _("Prices are typed"),
        "ways": _("How people can pay"),
        "hold_minutes": _("Minutes that places are held while somebody pays"),
        "invoice_days": _("Days to pay an invoice"),
        "stacking": _("Codes together"),
        "comes_back": _("What comes back to who leaves"),
        "terms": _("What buyers agree to"),
    }


def kind_labels() -> dict[str, str]:
    """Name every value of a kind."""
    return {
        "name": _("Name"),
        "about": _("What it includes"),
        "price": _("What it costs"),
        "amount": _("Price"),
        "early_amount": _("Early price"),
        "early_until": _("Early until"),
        "least": _("The least"),
        "suggested": _("What you suggest"),
        "most": _("The most"),
        "vat_rate": _("VAT in percent"),
        "quota": _("How many there are"),
        "side": _("Where it is for"),
        "days": _("Days it is valid on"),
        "opens": _("On sale from"),
        "closes": _("On sale until"),
        "least_each": _("At least in one order"),
        "most_each": _("At most in one order"),
        "shown": _("Who sees it"),
    }


def shown_value(name: str, value: Any, currency: str) -> str:
    """Write one value in words, for showing two states of it beside each other."""
    if name in _AMOUNTS:
        return amount_typed(value, currency)
    if name == "vat_rate":
        return rate_typed(value)
    if name in ("early_until", "opens", "closes"):
        return f"{value:%Y-%m-%d %H:%M}" if value else ""
    if name == "days":
        return ", ".join(value)
    choices = {"price": price_choices, "shown": shown_choices}
    if name in choices:
        return dict(choices[name]()).get(value, "")
    if name == "comes_back":
        return ", ".join(words(say("%(days)s days before: %(percent)s%%", **step)) for step in value)
    if name == "vat_included":
        return _("with VAT") if value else _("without VAT, which is added")
    return "" if value is None else str(value)
