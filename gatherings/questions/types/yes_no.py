"""Yes or no."""

from collections.abc import Sequence

from gatherings.core.words import say
from gatherings.questions.types import base
from gatherings.questions.types.base import Cell, Choice, Json, Question, QuestionType

YES, NO = say("Yes"), say("No")


class YesNo(QuestionType[bool]):
    """Two radio buttons and not a tick box, so that "no" differs from "not answered"."""

    name = "yes_no"
    label = say("Yes or no")
    control = "radios"
    missing = say("Please choose yes or no.")

    def read(self, question: Question, typed: str) -> bool | None:
        return base.find_choice(self.choices(question), typed).key == "yes" if typed else None

    def typed(self, value: bool) -> list[str]:
        return ["yes" if value else "no"]

    def choices(self, question: Question) -> Sequence[Choice]:
        return [Choice("yes", base.translate(YES)), Choice("no", base.translate(NO))]

    def to_json(self, value: bool | None) -> Json:
        return value

    def from_json(self, stored: Json) -> bool | None:
        if stored is None or isinstance(stored, bool):
            return stored
        raise ValueError("yes or no was expected")

    def show(self, value: bool | None, locale: str) -> str:
        return "" if value is None else base.translate(YES if value else NO)

    def export(self, value: bool | None) -> Cell:
        return "" if value is None else "yes" if value else "no"
