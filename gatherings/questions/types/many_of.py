"""Any of several choices."""

from collections.abc import Sequence

from gatherings.core.text import TextProblem
from gatherings.core.words import say, say_many
from gatherings.questions.types.base import (
    Cell,
    Choice,
    Json,
    Question,
    QuestionType,
    find_choice,
    offered,
    stored_choice,
    whole,
)


class ManyOf(QuestionType[tuple[Choice, ...]]):
    """Tick boxes; options: `choices` as for one_of, `least` and `most` of them (counted once something is ticked)."""

    name = "many_of"
    label = say("Any of several choices")
    control = "checkboxes"
    missing = say("Please choose at least one of these.")

    def read_all(self, question: Question, typed: Sequence[str]) -> tuple[Choice, ...] | None:
        choices = offered(question)
        chosen = {find_choice(choices, key) for key in set(typed) if key}
        least, most = whole(question.options, "least", 0), whole(question.options, "most", len(choices))
        if len(chosen) > most:
            problem = say_many(
                "Please choose %(num)s of these at most.", "Please choose %(num)s of these at most.", most
            )
            raise TextProblem(problem)
        if chosen and len(chosen) < least:
            problem = say_many(
                "Please choose %(num)s of these or more.", "Please choose %(num)s of these or more.", least
            )
            raise TextProblem(problem)
        return tuple(choice for choice in choices if choice in chosen) or None

    def typed(self, value: tuple[Choice, ...]) -> list[str]:
        return [choice.key for choice in value]

    def choices(self, question: Question) -> Sequence[Choice]:
        return offered(question)

    def from_cell(self, question: Question, cell: str) -> tuple[Choice, ...] | None:
        keys = {one.label.casefold(): one.key for one in offered(question)}
        if cell.strip().casefold() in keys:  # a choice whose words hold a semicolon
            return self.read_all(question, [keys[cell.strip().casefold()]])
        parts = [part.strip() for part in cell.split(";") if part.strip()]
        return self.read_all(question, [keys.get(part.casefold(), part) for part in parts])

    def to_json(self, value: tuple[Choice, ...] | None) -> Json:
        return None if value is None else [{"key": one.key, "label": one.label} for one in value]

    def from_json(self, stored: Json) -> tuple[Choice, ...] | None:
        if stored is None:
            return None
        if not isinstance(stored, list):
            raise ValueError("a list of choices was expected")
        return tuple(stored_choice(one) for one in stored)

    def show(self, value: tuple[Choice, ...] | None, locale: str) -> str:
        return ", ".join(choice.label for choice in value or ())

    def export(self, value: tuple[Choice, ...] | None) -> Cell:
        return "; ".join(choice.label for choice in value or ())
