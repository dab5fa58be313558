"""Questions on a form: which of them are asked of somebody, and how a page shows that without a script.

Every condition on a form has a number. A choice that meets it carries the class `s<number>`, a question that waits
for it `c<number>` (and the numbers that its source waits for), and static/asked.css.d hides the one until the other is
chosen. Beside it stands in words when it
is asked, for browsers that know no `:has()`. The server decides by itself: what is not asked is neither needed nor
kept.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from gatherings.events.models import Event
from gatherings.questions import rules
from gatherings.questions.models import Question
from gatherings.questions.types import TYPES, base
from gatherings.web.forms import ChoiceField, PlainForm
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import words

NUMBERED = 24  # conditions that the stylesheet knows; what comes beyond is always shown, with its words


class AskingForm(PlainForm):
    """A form with questions: `asked` names the field of each, in order."""

    asked: Sequence[tuple[Question, str]] = ()

    @property
    def conditional(self) -> bool:
        """Tell whether some question is asked only under a condition."""
        return any(self[name].numbers for _question, name in self.asked)

    @property
    def questions(self) -> list[base.AnswerField]:
        """Give the fields of the questions, in order."""
        return [self[name] for _question, name in self.asked]


class ComingForm(AskingForm):
    """A form that registers somebody for `event`; with `wish` on it where they choose how to come."""

    event: Event
    wish_marks: Mapping[str, int] = {}  # as `mark` gives them

    @property
    def sides(self) -> frozenset[str]:
        """Give the ways in which whoever is registered with it comes."""
        if "wish" not in self:
            return rules.sides_of(self.event.mode)
        return frozenset({self.wish.data}) & {"online", "room"}


def wish_field() -> ChoiceField:
    """Make the field that asks how somebody comes to a hybrid event."""
    return ChoiceField("", choices=[("room", _("In the room")), ("online", _("Online"))], id="wish")


def fields_of(questions: Sequence[Question]) -> dict[str, Any]:
    """Make the fields of questions, by their names, for a form's class."""
    return {base.field_name(question): TYPES[question.type].field(question) for question in questions}


def mark(form: Any, questions: Sequence[Question], *, wish_known: bool) -> dict[str, int]:
    """Tell each question's field when it is asked; give the numbers of the ways to come ("online", "room").

    `wish_known`: the form does not ask how somebody comes, and only those questions are on it that may be asked.
    """
    numbers: dict[str, int] = {}
    others = {question.public_id: question for question in questions}
    for question in questions:
        condition = rules.write_condition(question.only_if)
        if not condition or ("attends" in question.only_if and wish_known):
            continue
        number = numbers.setdefault(condition, len(numbers) + 1)
        field = form[base.field_name(question)]
        told = rules.condition_words(question.only_if, others)
        field.condition = words(told) if told is not None else ""
        if number > NUMBERED:
            continue
        field.numbers = (number,)
        source = others.get(str(question.only_if.get("question")))
        if source is not None:
            waits_for = form[base.field_name(source)]
            waits_for.marks[str(question.only_if.get("is"))] = number
            field.numbers += waits_for.numbers
    return {side: number for side, number in numbers.items() if side in rules.SIDES and number <= NUMBERED}


def forget_unasked(form: Any, questions: Sequence[Question], sides: Collection[str]) -> None:
    """Take what was typed at questions that are not asked of this person for nothing, problems included."""
    answers: dict[str, base.Json] = {}
    for question in questions:
        field = form[base.field_name(question)]
        if rules.is_asked(question.only_if, sides, answers):
            answers[question.public_id] = TYPES[question.type].to_json(field.data)
        else:
            field.forget()
