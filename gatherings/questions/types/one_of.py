"""One of several choices."""

from collections.abc import Sequence

from gatherings.core.words import say
from gatherings.questions.types.base import (
    Cell,
    Choice,
    Json,
    Question,
    QuestionType,
    find_choice,
    offered,
    stored_choice,
)


class OneOf(QuestionType[Choice]):
    """Radio buttons; options: `choices`, each with `key` and `label`."""

    name = "one_of"
    label = say("One of several choices")
    control = "radios"
    missing = say("Please choose one of these.")

    def read(self, question: Question, typed: str) -> Choice | None:
        return find_choice(offered(question), typed) if typed else None

    def typed(self, value: Choice) -> list[str]:
        return [value.key]

    def choices(self, question: Question) -> Sequence[Choice]:
        return offered(question)

    def to_json(self, value: Choice | None) -> Json:
        return None if value is None else {"key": value.key, "label": value.label}

    def from_json(self, stored: Json) -> Choice | None:
        return None if stored is None else stored_choice(stored)

    def show(self, value: Choice | None, locale: str) -> str:
        return "" if value is None else value.label

    def export(self, value: Choice | None) -> Cell:
        return "" if value is None else value.label
