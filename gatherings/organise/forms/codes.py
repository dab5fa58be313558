"""The form of a code that buyers type."""

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import wtforms

from gatherings.core.text import TextProblem, clean_line
from gatherings.core.words import say
from gatherings.organise.forms.money import (
    BoxesField,
    WindowForm,
    amount_of,
    amount_typed,
    moment_data,
    number_or_none,
    rate_typed,
    read_rate,
)
from gatherings.organise.forms.reading import line_of, read_number
from gatherings.tickets.models import TicketKind
from gatherings.tickets.queries.kinds import read_code
from gatherings.tickets.rules.limits import MOST_IN_ALL
from gatherings.web.forms import ChoiceField, CleanField
from gatherings.web.i18n import gettext as _

_ALIKE_LEFT_OUT = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_ON_THE_PAGE = (
    "code", "note", "effect", "percent", "value", "early", "stacks", "kinds", "uses", "most_each", "opens_date",
    "opens_time", "closes_date", "closes_time",
)  # fmt: skip
_CODE = re.compile(r"[^\W_][\w-]{1,38}[^\W_]")


def read_new_code(typed: str) -> str:
    """Read a code: letters and digits of any script, hyphens and underscores inside; "" is one to be made."""
    text = read_code(clean_line(typed, most=60))
    if text and (_CODE.fullmatch(text) is None or len(text) > 40):
        raise TextProblem(say("A code has 3 to 40 letters, digits and hyphens, and no blanks."))
    return text


def made_code() -> str:
    """Make a code that nobody guesses, without letters that look alike."""
    return "-".join("".join(secrets.choice(_ALIKE_LEFT_OUT) for _ in range(4)) for _ in range(2))


class CodeForm(WindowForm):
    """One code: what it does, for which tickets, how often and when."""

    code = CleanField("", read_new_code)
    note = CleanField("", line_of(300))
    effect = ChoiceField("", [])
    percent = CleanField("", read_rate)
    kinds = BoxesField("", [])
    uses = CleanField("", read_number)
    most_each = CleanField("", number_or_none(1, MOST_IN_ALL))
    stacks = wtforms.BooleanField("")
    early = wtforms.BooleanField("")

    def check(self) -> dict[str, Any] | None:
        """Give the code's values, or None with a sentence at each field that cannot be read."""
        self.validate()
        effect = self.effect.data
        for name, when in (("percent", "percent"), ("value", "fixed")):
            if effect != when:
                self[name].errors, self[name].clean = [], None
        opens, closes = self.moment("opens"), self.moment("closes")
        if self.problems:
            return None
        if not self.code.clean:
            self.code.data = self.code.clean = made_code()
        return {
            "code": self.code.clean,
            "note": self.note.clean,
            "effect": effect,
            "value": (self.percent.clean if effect == "percent" else self.value.clean) or 0,
            "kinds": list(self.kinds.data),
            "uses": self.uses.clean,
            "most_each": self.most_each.clean,
            "opens": opens,
            "closes": closes,
            "stacks": bool(self.stacks.data),
            "early": bool(self.early.data),
        }

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Give (field's id, sentence) of every problem, in the order of the page."""
        return [(self[name].id, str(said)) for name in _ON_THE_PAGE for said in self[name].errors]

    def take_value(self) -> None:
        """Let a problem of the value of a percentage stand at its own field."""
        if self.effect.data == "percent" and self.value.errors:
            for said in self.value.errors:
                self.percent.errors = [*self.percent.errors, said]
            self.value.errors = []

    def take_problems(self, refusal: Any) -> None:
        """Put the problems that an action named at their fields."""
        super().take_problems(refusal)
        self.take_value()


def code_form(values: Mapping[str, Any], kinds: Sequence[TicketKind], currency: str) -> CodeForm:
    """Make the form of a code, filled with its values, or with what was sent."""
    fields = {
        "value": CleanField("", amount_of(currency)),
        "effect": ChoiceField("", effect_choices()),
        "kinds": BoxesField("", [(kind.public_id, kind.name) for kind in kinds]),
    }
    form: CodeForm = type("CodeForm", (CodeForm,), fields)(data=code_data(values, currency))
    return form


def effect_choices() -> list[tuple[str, str]]:
    """Name what a code can do."""
    return [
        ("percent", _("A percentage off")),
        ("fixed", _("An amount off each ticket")),
        ("free", _("The ticket is free")),
        ("unlock", _("It shows hidden tickets, at their price")),
    ]


def code_data(values: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """Give a code's values as the fields of the form show them."""
    effect, value = values["effect"], values["value"]
    made = {name: values[name] for name in ("code", "note", "effect", "kinds", "stacks", "early")}
    made["percent"] = rate_typed(value) if effect == "percent" and value else ""
    made["value"] = amount_typed(value, currency) if effect == "fixed" and value else ""
    for name in ("uses", "most_each"):
        made[name] = "" if values[name] is None else str(values[name])
    return made | moment_data(dict(values), "opens", "closes")


def first_code() -> dict[str, Any]:
    """Give what a new code begins with."""
    nothing = dict.fromkeys(("uses", "most_each", "opens", "closes"))
    return nothing | {
        "code": "", "note": "", "effect": "percent", "value": 0, "kinds": [], "stacks": False, "early": True,
    }  # fmt: skip


def code_labels() -> dict[str, str]:
    """Name every value of a code."""
    return {
        "code": _("Code"),
        "note": _("Whom it is for"),
        "effect": _("What it does"),
        "value": _("How much off"),
        "kinds": _("For which tickets"),
        "uses": _("How many tickets in all"),
        "most_each": _("How many tickets of one order"),
        "opens": _("From"),
        "closes": _("Until"),
        "stacks": _("May be used together with other codes"),
        "early": _("Lowers an early price, too"),
    }
