"""A number."""

import re
from decimal import Decimal, InvalidOperation

from gatherings.core.text import TextProblem
from gatherings.core.words import Sentence, say
from gatherings.questions.types.base import Cell, Json, Question, QuestionType, babel_locale, whole

_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")  # 15 digits: what a spreadsheet keeps exactly
_STORED = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")


class Number(QuestionType[Decimal]):
    """A number in the digits 0 to 9; options: `least`, `most`, `decimals` (0 unless set, at most 6)."""

    name = "number"
    label = say("A number")
    control = "number"

    def read(self, question: Question, typed: str) -> Decimal | None:
        text = typed[:100].strip().replace("\u2212", "-")
        if not text:
            return None
        decimals = min(whole(question.options, "decimals", 0), 6)
        before, point, after = text.replace(",", ".").partition(".") if decimals else (text, "", "")
        if len(typed) > 100 or not _WHOLE.fullmatch(before) or not re.fullmatch(r"[0-9]*", after):
            raise TextProblem(_how_to_write(decimals))
        if len(after) > decimals or (point and not after):
            raise TextProblem(_how_to_write(decimals))
        value = Decimal(before + point + after) + 0  # adding nothing turns -0 into 0
        least, most = _bound(question, "least"), _bound(question, "most")
        if least is not None and value < least:
            raise TextProblem(say("Please give a number of %(least)s or more.", least=f"{least:f}"))
        if most is not None and value > most:
            raise TextProblem(say("Please give a number of %(most)s at most.", most=f"{most:f}"))
        return value

    def attributes(self, question: Question) -> dict[str, str]:
        return {"inputmode": "decimal" if whole(question.options, "decimals", 0) else "numeric"}

    def to_json(self, value: Decimal | None) -> Json:
        return None if value is None else int(value) if value == int(value) else f"{value:f}"

    def from_json(self, stored: Json) -> Decimal | None:
        if stored is None:
            return None
        if isinstance(stored, bool) or not isinstance(stored, int | str) or not _STORED.fullmatch(str(stored)):
            raise ValueError("a number was expected")
        return Decimal(stored)

    def show(self, value: Decimal | None, locale: str) -> str:
        if value is None:
            return ""
        from babel.numbers import format_decimal  # at first use

        return format_decimal(value, locale=babel_locale(locale), decimal_quantization=False)

    def export(self, value: Decimal | None) -> Cell:
        return "" if value is None else int(value) if value == int(value) else value


def _how_to_write(decimals: int) -> Sentence:
    if decimals:
        return say("Please write a number with the digits 0 to 9, such as 2.5.")
    return say("Please write a whole number with the digits 0 to 9, such as 12.")


def _bound(question: Question, name: str) -> Decimal | None:
    value = question.options.get(name)
    if value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation as problem:
        raise ValueError(f"the option {name} of a question is not a number") from problem
