"""The forms of what is asked: a question of one type, the words of a consent, and a look at what attendees see."""

from collections.abc import Mapping, Sequence
from typing import Any

import wtforms

from gatherings.core.text import TextProblem, clean_name, clean_text
from gatherings.core.words import Sentence, say
from gatherings.questions import rules
from gatherings.questions.forms import AskingForm, fields_of, mark, wish_field
from gatherings.questions.models import Question
from gatherings.questions.rules import Draft
from gatherings.questions.types import TYPES, base
from gatherings.web.forms import ChoiceField, CleanField, PlainForm
from gatherings.web.i18n import words

LABELS: Mapping[str, Sentence] = {
    "label": say("Question"),
    "help": say("Help beside it"),
    "required": say("Needed"),
    "choices": say("Choices"),
    "least": say("Least"),
    "most": say("Most"),
    "decimals": say("Decimals"),
    "only_if": say("Asked"),
    "keep_days": say("Days its answers are kept"),
}
# What `least` and `most` mean, by type.
BOUNDS: Mapping[str, tuple[Sentence, Sentence]] = {
    "text": (say("Characters at least"), say("Characters at most")),
    "long_text": (say("Characters at least"), say("Characters at most")),
    "many_of": (say("How many to choose at least"), say("How many to choose at most")),
    "number": (say("Smallest number"), say("Largest number")),
    "date": (say("First day"), say("Last day")),
}
# Ready-made beginnings, which one changes as one likes.
STARTS: Mapping[str, tuple[Sentence, Draft]] = {
    "food": (
        say("Food"),
        Draft("text", "What do you not eat?", "So that there is something for everybody.", False, {}, {}, 30),
    ),
    "access": (
        say("Access"),
        Draft(
            "long_text", "What do you need to take part?",
            "Such as captions, a step-free way, a quiet place. No diagnosis, please.", False, {}, {}, 30,
        ),
    ),
    "first": (say("First time"), Draft("yes_no", "Are you here for the first time?", "", False, {}, {}, None)),
    "about": (
        say("A question to the speaker"),
        Draft("long_text", "What would you like to ask?", "", False, {"most": 500}, {}, None),
    ),
}  # fmt: skip


class QuestionForm(PlainForm):
    """One question; which of the fields are read depends on its type."""

    type = wtforms.StringField("", id="type")
    label = CleanField("", lambda typed: clean_name(typed, most=300), id="label")
    help = CleanField("", lambda typed: clean_text(typed, most=1000), id="help")
    required = wtforms.BooleanField("", id="required")
    choices = wtforms.StringField("", id="choices")
    least = wtforms.StringField("", id="least")
    most = wtforms.StringField("", id="most")
    decimals = wtforms.StringField("", id="decimals")
    only_if = ChoiceField("", choices=[("", "")], default="", id="only_if")
    keep_days = CleanField("", rules.read_keep_days, id="keep_days")

    @property
    def asks(self) -> Sequence[str]:
        """Name the fields of options that this type has."""
        return rules.OPTIONS.get(self.type.data, ())

    @property
    def type_words(self) -> str:
        """Name the type."""
        return words(TYPES[self.type.data].label)

    @property
    def bounds(self) -> tuple[str, str]:
        """Say what least and most mean for this type."""
        least, most = BOUNDS[self.type.data]
        return words(least), words(most)


def question_form(draft: Draft, offered: Sequence[tuple[str, Sentence]], *, sent: bool) -> QuestionForm:
    """Make the form of a question, filled with a draft, or (`sent`) with what came."""
    values = shown(draft)
    form = QuestionForm(data=values) if sent else QuestionForm(formdata=None, data=values)
    form.only_if.choices = [(value, words(sentence)) for value, sentence in offered]
    if form.only_if.data is None:
        form.only_if.data = ""
    if form.type.data not in TYPES:
        form.type.data = draft.type
    return form


def shown(draft: Draft) -> dict[str, Any]:
    """Give a draft as its form shows it."""
    options = draft.options
    return {
        "type": draft.type,
        "label": draft.label,
        "help": draft.help,
        "required": draft.required,
        "choices": "\n".join(str(one["label"]) for one in options.get("choices") or ()),
        "least": _text(options.get("least")),
        "most": _text(options.get("most")),
        "decimals": _text(options.get("decimals")),
        "only_if": rules.write_condition(draft.only_if),
        "keep_days": _text(draft.keep_days),
    }


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def read_draft(form: QuestionForm, before: Draft, *, answered: bool) -> Draft | None:
    """Give the question that a form describes, or None; then each problem stands at its field."""
    form.validate()
    kind = form.type.data
    options: dict[str, Any] = {}
    for name in form.asks:
        field = form[name]
        try:
            value = _read_option(kind, name, field.data or "", before, options, answered)
        except TextProblem as problem:
            field.errors = [words(problem.sentence)]
        else:
            if value is not None:
                options[name] = value
    if not form.problems:
        try:
            rules.check_bounds(options)
        except TextProblem as problem:
            form.least.errors = [words(problem.sentence)]
    if form.problems:
        return None
    return Draft(
        kind, form.label.clean, form.help.clean, bool(form.required.data), options,
        rules.read_condition(form.only_if.data), form.keep_days.clean,
    )  # fmt: skip


def _read_option(kind: str, name: str, typed: str, before: Draft, options: Mapping[str, Any], answered: bool) -> Any:
    if name == "choices":
        return rules.read_choices(typed, before.options.get("choices") or (), answered=answered)
    return rules.read_bound(kind, name, typed, choices=len(options.get("choices", ())))


class ConsentForm(PlainForm):
    """The words of a consent."""

    text = CleanField("", lambda typed: clean_text(typed, least=1, most=1000), id="text")


class _Preview(AskingForm):
    """What attendees see of the questions."""


def preview(questions: Sequence[Question], mode: str) -> Any:
    """Make the part of the registration form that the questions are, empty."""
    asked = rules.possible(questions, rules.sides_of(mode))
    fields = fields_of(asked)
    if mode == "hybrid":
        fields["wish"] = wish_field()
    form: Any = type("Preview", (_Preview,), fields)(formdata=None)
    form.asked = [(question, base.field_name(question)) for question in asked]
    form.wish_marks = mark(form, asked, wish_known=mode != "hybrid")
    return form
