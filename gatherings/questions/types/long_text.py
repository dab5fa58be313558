"""A text of several lines."""

from gatherings.core.text import clean_text
from gatherings.core.words import say
from gatherings.questions.types.base import Json, Question, QuestionType, stored_text, whole

MOST = 2000  # characters, unless the organiser says otherwise


class LongText(QuestionType[str]):
    """Several lines; options: `least` and `most` characters."""

    name = "long_text"
    label = say("A longer text")
    control = "area"

    def read(self, question: Question, typed: str) -> str | None:
        text = clean_text(typed, most=whole(question.options, "most", MOST))
        if text:
            clean_text(text, least=whole(question.options, "least", 0), most=len(text))
        return text or None

    def to_json(self, value: str | None) -> Json:
        return value

    def from_json(self, stored: Json) -> str | None:
        return stored_text(stored)
