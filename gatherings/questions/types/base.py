"""What every type of question can do, and the form field that they share.

A type reads what was typed (`read`), keeps it as JSON (`to_json`, `from_json`), and tells it to people (`show`) and
to spreadsheets (`export`). A new type is one file with one class, its line in `types/__init__.py`, and its branch
in `templates/questions/_field.html` if its `control` is a new one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar

import wtforms

from gatherings.core.text import TextProblem
from gatherings.core.words import Sentence, say, say_many

Json: TypeAlias = str | int | bool | list["Json"] | dict[str, "Json"] | None
Cell: TypeAlias = str | int | Decimal
Control: TypeAlias = Literal["text", "area", "number", "date", "select", "radios", "checkboxes"]
Value = TypeVar("Value")

# Set once by the app: how a Sentence becomes text in the reader's language, and which language that is.
translate: Callable[[Sentence], str] = str
locale_now: Callable[[], str] = "en".__str__


class Question(Protocol):
    """A question as its organiser asked it."""

    @property
    def public_id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def help(self) -> str | None: ...
    @property
    def required(self) -> bool: ...
    @property
    def options(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Choice:
    """One of several things on offer; an answer keeps the words that stood there when it was given."""

    key: str
    label: str


@dataclass(frozen=True)
class Option:
    """A choice as the form shows it."""

    key: str
    label: str
    chosen: bool


class QuestionType(Generic[Value]):
    """One type of question; subclasses say how it is read, kept and told."""

    name: ClassVar[str]
    label: ClassVar[Sentence]
    control: ClassVar[Control]
    missing: ClassVar[Sentence] = say("We need an answer here. Please fill it in.")

    def field(self, question: Question) -> Any:
        """Make the unbound WTForms field, to be set on a form class as `field_name(question)`."""
        name = field_name(question)
        return AnswerField(question.label, kind=self, question=question, id=name, name=name)

    def read(self, question: Question, typed: str) -> Value | None:
        """Read what was typed; None for nothing. Raises TextProblem."""
        raise NotImplementedError

    def read_all(self, question: Question, typed: Sequence[str]) -> Value | None:
        """Read all that came under the field's name. Raises TextProblem, also for more than one value."""
        if len(typed) > 1:
            raise TextProblem(say("Please give one answer here."))
        return self.read(question, typed[0]) if typed else None

    def typed(self, value: Value) -> list[str]:
        """Give what somebody would have typed (or ticked) for this value."""
        return [str(value)]

    def choices(self, question: Question) -> Sequence[Choice]:
        """Give what is on offer, in order; nothing for types that are typed."""
        return ()

    def attributes(self, question: Question) -> dict[str, str]:
        """Give the HTML attributes that help while typing; the check itself is in `read`."""
        return {}

    def to_json(self, value: Value | None) -> Json:
        """Give what is stored; None for no answer."""
        raise NotImplementedError

    def from_json(self, stored: Json) -> Value | None:
        """Give the value back. Raises ValueError if this type cannot have stored it."""
        raise NotImplementedError

    def from_cell(self, question: Question, cell: str) -> Value | None:
        """Read what `export` wrote, or somebody in a spreadsheet; None for nothing. Raises TextProblem."""
        choices = {one.label.casefold(): one.key for one in self.choices(question)}
        return self.read(question, choices.get(cell.strip().casefold(), cell.strip())) if cell.strip() else None

    def show(self, value: Value | None, locale: str) -> str:
        """Tell the answer to people, in their language; "" for no answer."""
        return "" if value is None else str(value)

    def export(self, value: Value | None) -> Cell:
        """Tell the answer to a spreadsheet, the same in every language; "" for no answer."""
        return "" if value is None else str(value)


class AnswerField(wtforms.Field):  # type: ignore[misc]  # WTForms has no types
    """A form field that leaves the reading to its question's type; every problem lands in `errors`.

    `typed` is the list of texts to show again, `options` the choices with those chosen marked, `data` the value
    (None for no answer).
    """

    kind: QuestionType[Any]
    question: Question
    typed: list[str]
    # Set by questions/forms.py: when it is asked, in words; the numbers of that condition and of those before it; and,
    # by key, the numbers of the conditions that its own choices are.
    condition: str = ""
    numbers: tuple[int, ...] = ()
    marks: Mapping[str, int]

    def __init__(self, label: str, *, kind: QuestionType[Any], question: Question, **more: Any) -> None:
        super().__init__(label, description=_help(question), **more)
        self.kind, self.question, self.typed, self.marks = kind, question, [], {}
        self.flags.required = question.required

    @property
    def control(self) -> Control:
        """Say which kind of control the template draws."""
        return self.kind.control

    @property
    def options(self) -> list[Option]:
        """Give the choices as they stand now."""
        chosen = set(self.typed)
        return [Option(one.key, one.label, one.key in chosen) for one in self.kind.choices(self.question)]

    @property
    def attributes(self) -> dict[str, str]:
        """Give the HTML attributes of a typed control."""
        return self.kind.attributes(self.question)

    def process_data(self, value: Any) -> None:
        """Start from a stored value."""
        self.data = value
        self.typed = [] if value is None else self.kind.typed(value)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what came; WTForms keeps the text of the ValueError as the problem."""
        # A lone surrogate could not be sent back in a page.
        self.typed = [text.encode("utf-8", "replace").decode() for text in valuelist]
        self.data = None
        try:
            self.data = self.kind.read_all(self.question, valuelist)
        except TextProblem as problem:
            raise ValueError(translate(problem.sentence)) from problem

    def forget(self) -> None:
        """Take what was typed for nothing: the question is not asked of them."""
        self.data, self.typed = None, []
        self.errors: list[str] = []
        self.process_errors: list[str] = []

    def pre_validate(self, form: Any) -> None:
        """Ask for an answer where one is needed, unless there is a problem already."""
        if self.question.required and self.data is None and not self.process_errors:
            raise wtforms.validators.StopValidation(translate(self.kind.missing))


def _help(question: Question) -> str:
    days = getattr(question, "keep_days", None)
    if days is None:
        return question.help or ""
    kept = say_many(
        "Your answer is deleted %(num)s day after the gathering.",
        "Your answer is deleted %(num)s days after the gathering.",
        days,
    )
    return f"{question.help} {translate(kept)}" if question.help else translate(kept)


def field_name(question: Question) -> str:
    """Give the name and id of a question's field."""
    return f"q_{question.public_id}"


def babel_locale(locale: str) -> str:
    """Write a language tag (`en-NZ`) as Babel wants it (`en_NZ`)."""
    return locale.replace("-", "_")


def whole(options: Mapping[str, Any], name: str, default: int) -> int:
    """Read a whole number among an organiser's options."""
    value = options.get(name)
    return default if value is None else int(value)


def offered(question: Question) -> list[Choice]:
    """Give the choices that an organiser wrote down."""
    return [Choice(str(one["key"]), str(one["label"])) for one in question.options.get("choices") or ()]


def find_choice(choices: Sequence[Choice], key: str) -> Choice:
    """Find the chosen one. Raises TextProblem if it is not on offer."""
    for choice in choices:
        if choice.key == key:
            return choice
    raise TextProblem(say("This choice is not on offer any more. Please choose one of those shown."))


def stored_text(stored: Json) -> str | None:
    """Check that a stored answer is a text or nothing."""
    if stored is None or isinstance(stored, str):
        return stored
    raise ValueError(f"a text was expected, not {type(stored).__name__}")


def stored_choice(stored: Json) -> Choice:
    """Check that a stored answer is a choice with its words."""
    if isinstance(stored, dict):
        key, label = stored.get("key"), stored.get("label")
        if isinstance(key, str) and isinstance(label, str):
            return Choice(key, label)
    raise ValueError("a choice with key and label was expected")
