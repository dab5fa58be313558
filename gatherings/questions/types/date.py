"""A date."""

import re
from datetime import date

from gatherings.core.text import TextProblem
from gatherings.core.words import say
from gatherings.questions.types.base import Cell, Json, Question, QuestionType, babel_locale, stored_text

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Date(QuestionType[date]):
    """A day of the calendar, without a zone; options: `least` and `most` (ISO dates) for the first and last day."""

    name = "date"
    label = say("A date")
    control = "date"

    def read(self, question: Question, typed: str) -> date | None:
        text = typed[:100].strip()
        if not text:
            return None
        if not _ISO.fullmatch(text):
            raise TextProblem(say("Please write the date as year, month and day, such as 2026-12-17."))
        try:
            value = date.fromisoformat(text)
        except ValueError as problem:
            raise TextProblem(say("The calendar does not have this day. Please check the date.")) from problem
        least, most = _bound(question, "least"), _bound(question, "most")
        if least is not None and value < least:
            raise TextProblem(say("Please choose %(least)s or a later day.", least=least.isoformat()))
        if most is not None and value > most:
            raise TextProblem(say("Please choose %(most)s or an earlier day.", most=most.isoformat()))
        return value

    def attributes(self, question: Question) -> dict[str, str]:
        least, most = _bound(question, "least"), _bound(question, "most")
        attributes = {"min": least.isoformat()} if least else {}
        return attributes | ({"max": most.isoformat()} if most else {})

    def typed(self, value: date) -> list[str]:
        return [value.isoformat()]

    def to_json(self, value: date | None) -> Json:
        return None if value is None else value.isoformat()

    def from_json(self, stored: Json) -> date | None:
        text = stored_text(stored)
        if text is None:
            return None
        if not _ISO.fullmatch(text):
            raise ValueError("an ISO date was expected")
        return date.fromisoformat(text)

    def show(self, value: date | None, locale: str) -> str:
        if value is None:
            return ""
        from babel.dates import format_date  # at first use

        return format_date(value, format="long", locale=babel_locale(locale))

    def export(self, value: date | None) -> Cell:
        return "" if value is None else value.isoformat()


def _bound(question: Question, name: str) -> date | None:
    """Read an organiser's bound; YAML may have made a date of it already."""
    value = question.options.get(name)
    return value if value is None or isinstance(value, date) else date.fromisoformat(str(value))
