"""The types of question, one a line: nothing is discovered."""

from typing import Any

from gatherings.questions.types.base import QuestionType
from gatherings.questions.types.country import Country
from gatherings.questions.types.date import Date
from gatherings.questions.types.long_text import LongText
from gatherings.questions.types.many_of import ManyOf
from gatherings.questions.types.number import Number
from gatherings.questions.types.one_of import OneOf
from gatherings.questions.types.text import Text
from gatherings.questions.types.yes_no import YesNo

TYPES: dict[str, QuestionType[Any]] = {
    "text": Text(),
    "long_text": LongText(),
    "yes_no": YesNo(),
    "one_of": OneOf(),
    "many_of": ManyOf(),
    "number": Number(),
    "country": Country(),
    "date": Date(),
}
