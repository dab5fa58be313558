"""Cleaners and fields that forms about money share: amounts, rates, currencies, windows, boxes to tick."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import wtforms
from babel import Locale

from gatherings.core.errors import InvalidInput
from gatherings.core.money import MOST, digits_of, is_currency, plain, read_amount
from gatherings.core.text import TextProblem, clean_line
from gatherings.core.words import Sentence, say
from gatherings.organise.forms.reading import read_day, read_hour
from gatherings.web.forms import CleanField, PlainForm
from gatherings.web.i18n import words

_NO_DAY, _NO_HOUR = say("Please choose the day."), say("Please choose the time.")
_RATE = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))?\s*%?")


def amount_of(currency: str) -> Callable[[str], int | None]:
    """Make a cleaner of an amount in a currency, in minor units; None where the field is empty."""
    like = plain(2500 * 10 ** digits_of(currency), currency)

    def read(typed: str) -> int | None:
        text = clean_line(typed, most=60)
        if not text:
            return None
        try:
            return read_amount(text, currency)
        except ValueError:
            said = say("Please write an amount in %(currency)s, such as %(like)s.", currency=currency, like=like)
            raise TextProblem(said) from None

    return read


def read_rate(typed: str) -> int:
    """Read a rate in percent as hundredths of one: "25", "7.7 %"; 0 where the field is empty."""
    text = clean_line(typed, most=40)
    found = _RATE.fullmatch(text)
    rate = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else 0
    if text and (found is None or rate > 10_000):
        raise TextProblem(say("Please write a percentage from 0 to 100, such as 25."))
    return rate


def rate_typed(rate: int) -> str:
    """Write a rate as one types it: "25", "7.7"."""
    return f"{rate / 100:.2f}".rstrip("0").rstrip(".")


def amount_typed(amount: int | None, currency: str) -> str:
    """Write an amount as one types it: "6500", "12.50"."""
    if amount is None:
        return ""
    text = plain(amount, currency)
    return text.partition(".")[0] if "." in text and not text.partition(".")[2].strip("0") else text


def read_currency(typed: str) -> str:
    """Read a currency by its three letters."""
    text = clean_line(typed, most=40).upper()
    if not is_currency(text):
        raise TextProblem(say("We do not know this currency. Please write its three letters, such as SEK."))
    return text


@lru_cache(maxsize=16)
def currencies(locale: str) -> tuple[tuple[str, str], ...]:
    """List the currencies that one can choose, with their names in a language."""
    names = Locale.parse(locale).currencies
    return tuple((code, str(names[code])) for code in sorted(names) if is_currency(code))


def number_or_none(least: int, most: int) -> Callable[[str], int | None]:
    """Make a cleaner of a whole number within bounds, None where the field is empty."""

    def read(typed: str) -> int | None:
        text = clean_line(typed, most=40)
        if not text:
            return None
        if re.fullmatch("[0-9]{1,7}", text) is None or not least <= int(text) <= most:
            said = say("Please write a whole number from %(least)s to %(most)s.", least=least, most=most)
            raise TextProblem(said)
        return int(text)

    return read


class BoxesField(wtforms.Field):  # type: ignore[misc]  # WTForms has no types
    """Several boxes to tick (key, label); what is not on offer is refused."""

    data: list[str]

    def __init__(self, label: str, choices: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(label, **more)
        self.choices = choices

    def process_data(self, value: Sequence[str] | None) -> None:
        """Take what the form is filled with."""
        self.data = list(value or ())

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take what was ticked; nothing is nothing."""
        self.data = list(dict.fromkeys(valuelist))

    def pre_validate(self, form: Any) -> None:
        """Refuse what is not among the boxes."""
        if not {key for key, _label in self.choices}.issuperset(self.data):
            raise wtforms.validators.StopValidation(words(say("Please choose one of these.")))


class WindowForm(PlainForm):
    """From when until when something holds, on a wall clock; each end may be open."""

    opens_date = CleanField("", read_day)
    opens_time = CleanField("", read_hour)
    closes_date = CleanField("", read_day)
    closes_time = CleanField("", read_hour)
    edits = wtforms.StringField("")
    base = wtforms.StringField("")
    key = wtforms.StringField("")

    def moment(self, name: str) -> datetime | None:
        """Give the wall-clock time of two fields, None where both are empty; one alone gets a sentence."""
        day, hour = self[f"{name}_date"], self[f"{name}_time"]
        if day.errors or hour.errors or (day.clean is None and hour.clean is None):
            return None
        if day.clean is None or hour.clean is None:
            field, said = (day, _NO_DAY) if day.clean is None else (hour, _NO_HOUR)
            complain(field, said)
            return None
        return datetime.combine(day.clean, hour.clean)

    @property
    def opened(self) -> int | None:
        """Give the state that the form was opened with; None for something new."""
        text = (self.edits.data or "").strip()
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None

    def take_problems(self, refusal: InvalidInput) -> None:
        """Put the problems that an action named at their fields."""
        for problem in refusal.problems:
            name = problem.field if problem.field in self else next(iter(self._fields))
            complain(self[name], problem.sentence)


def complain(field: Any, sentence: Sentence) -> None:
    """Put a sentence at a field."""
    field.errors = [*field.errors, words(sentence)]


def needed(form: PlainForm, sentence: Sentence, *names: str) -> None:
    """Put a sentence at each of these fields that was left empty."""
    for name in names:
        if form[name].clean in (None, "") and not form[name].errors:
            complain(form[name], sentence)


def moment_data(values: dict[str, Any], *names: str) -> dict[str, str]:
    """Give wall-clock times as the fields of a form show them."""
    made: dict[str, str] = {}
    for name in names:
        at = values[name]
        made |= {f"{name}_date": at.date().isoformat() if at else "", f"{name}_time": f"{at:%H:%M}" if at else ""}
    return made


__all__ = [
    "MOST", "BoxesField", "WindowForm", "amount_of", "amount_typed", "complain", "currencies", "moment_data", "needed",
    "number_or_none", "rate_typed", "read_currency", "read_rate",
]  # fmt: skip
