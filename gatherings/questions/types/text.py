"""One line of text."""

from gatherings.core.text import clean_line
from gatherings.core.words import say
from gatherings.questions.types.base import Json, Question, QuestionType, stored_text, whole

MOST = 200  # characters, unless the organiser says otherwise


class Text(QuestionType[str]):
    """A line; options: `least` and `most` characters. No `maxlength` in HTML: browsers cut what is pasted."""

    name = "text"
    label = say("A line of text")
    control = "text"

    def read(self, question: Question, typed: str) -> str | None:
        line = clean_line(typed, most=whole(question.options, "most", MOST))
        if line:
            clean_line(line, least=whole(question.options, "least", 0), most=len(line))
        return line or None

    def to_json(self, value: str | None) -> Json:
        return value

    def from_json(self, stored: Json) -> str | None:
        return stored_text(stored)
