"""The forms of registering and of changing a registration: explicit fields, and nothing else is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import wtforms
from flask import Flask
from markupsafe import Markup
from sqlalchemy.orm import Session

from gatherings.accounts.rules import normalise_address
from gatherings.core.clock import utc_now
from gatherings.core.recurrence import Rule
from gatherings.core.words import Sentence, say
from gatherings.db.places import Places
from gatherings.events.models import Event, SeriesRule
from gatherings.events.rules import DOOR_WORDS, Door, door
from gatherings.questions.forms import AskingForm, ComingForm, fields_of, forget_unasked, mark, wish_field
from gatherings.questions.models import ConsentText, Question
from gatherings.questions.queries import list_asked
from gatherings.questions.rules import possible, sides_of
from gatherings.questions.types import TYPES, base
from gatherings.registration.rules import Wanted
from gatherings.web.forms import ChoiceField, CleanField, ZoneField, read_name
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import locale_now, words
from gatherings.web.markdown import render

Form = TypeVar("Form", bound="RegisterForm")


class RegisterForm(ComingForm):
    """What every registration asks; `register_form` adds what this event asks besides.

    `zone` left empty means the host's. `fax` is seen by programs alone: whoever fills it in is thanked and ignored.
    """

    name = CleanField("", read_name, id="name")
    email = CleanField("", normalise_address, id="email")
    zone = ZoneField("", id="zone")
    fax = wtforms.StringField("", id="fax")

    sells: ClassVar[bool] = False  # one comes with a ticket alone: payments/forms/order.py
    door: Door
    consent_texts: Sequence[ConsentText] = ()
    rule: SeriesRule | None = None

    @property
    def door_words(self) -> str:
        """Say why one cannot register now; "" where one can."""
        return "" if self.door is Door.OPEN else words(DOOR_WORDS[self.door])

    @property
    def consents(self) -> list[Any]:
        """Give the boxes of the consents, in order; their labels are the organisers' words."""
        return [self[consent_name(text)] for text in self.consent_texts]

    @property
    def code(self) -> Markup | None:
        """Give the community's code of kindness as HTML."""
        source = self.event.community.code_of_kindness
        return render(source) if source else None

    @property
    def rule_words(self) -> str:
        """Say the series' rule: "third Thursday of every month"."""
        return words(Rule.parse(self.rule.rule).words()) if self.rule is not None else ""

    @property
    def caught(self) -> bool:
        """Tell whether a program filled in the field that nobody sees."""
        return bool(self.fax.data)

    def full(self, side: str) -> bool:
        """Tell whether a side ("room", "online") has no place left, as far as the page knows."""
        pool = self.event.room if side == "room" else self.event.online
        return is_full(pool)


def is_full(pool: Places | None) -> bool:
    """Tell whether a pool has nothing left."""
    return pool is not None and pool.capacity is not None and pool.taken >= pool.capacity


def consent_name(text: ConsentText) -> str:
    """Give the name and id of a consent's field."""
    return f"consent_{text.id}"


def register_form(session: Session, event: Event, zone: str | None, *, rule: SeriesRule | None = None) -> RegisterForm:
    """Make the registration form of an event, with what was sent if this request is a POST.

    `event` comes with its community and pools; `zone` (IANA) fills its field, else the host's does. `rule` is the
    series' rule if the event is one of its dates; without it, it is read here.
    """
    if rule is None and event.series_rule_id is not None:
        rule = session.get(SeriesRule, event.series_rule_id)
    return coming_form(session, event, zone, RegisterForm, {}, rule=rule)


def coming_form(
    session: Session,
    event: Event,
    zone: str | None,
    kind: type[Form],
    more: Mapping[str, Any],
    *,
    rule: SeriesRule | None = None,
    data: Mapping[str, Any] | None = None,
    sides: frozenset[str] | None = None,
) -> Form:
    """Make a form of a `kind` that registers somebody for an event, with `more` fields, filled with `data`.

    `sides`: how they come ("online", "room") where that is known without asking.
    """
    questions, consents = list_asked(session, event)
    questions = possible(questions, sides_of(event.mode) if sides is None else sides)
    fields = fields_of(questions) | dict(more)
    for text in consents:
        fields[consent_name(text)] = wtforms.BooleanField(text.text, id=consent_name(text))
    if event.mode == "hybrid" and sides is None:
        fields["wish"] = wish_field()
    if rule is not None:
        both = [("one", _("Just this one")), ("every", _("Every time"))]
        fields["every"] = ChoiceField("", choices=both, default="one", id="every")
    if event.community.code_of_kindness:
        fields["code_agreed"] = wtforms.BooleanField("", id="code_agreed")
    made = type(kind.__name__, (kind,), fields) if fields else kind
    form: Form = made(data={"zone": zone or event.zone, **(data or {})})
    form.event, form.rule = event, rule
    form.door = door(event, utc_now())
    form.asked = [(question, base.field_name(question)) for question in questions]
    form.wish_marks = mark(form, questions, wish_known="wish" not in form)
    form.consent_texts = consents
    _fill_what_may_be_left_out(form, event)
    return form


def _fill_what_may_be_left_out(form: RegisterForm, event: Event) -> None:
    if not (form.zone.data or "").strip():
        form.zone.data = event.zone
    if "every" in form and form.every.data is None:
        form.every.data = "one"


def check(form: RegisterForm) -> bool:
    """Validate everything at once, so that each problem is told in one go; what is not asked of them is forgotten."""
    form.validate()
    forget_unasked(form, [question for question, _name in form.asked], form.sides)
    good = not form.problems
    if "code_agreed" in form and not form.code_agreed.data:
        sentence = say("Please read the code of kindness and tick the box to come along.")
        form.code_agreed.errors = [words(sentence)]
        good = False
    return good


def wanted_of(form: RegisterForm, language: str = "en") -> Wanted:
    """Give what a valid form asks for."""
    return Wanted(
        address=form.email.clean,
        name=form.name.clean,
        zone=form.zone.clean,
        language=language,
        wish=form.wish.data if "wish" in form else None,
        answers=answers_of(form),
        consents=frozenset(text.key for text in form.consent_texts if form[consent_name(text)].data),
        code_agreed=bool("code_agreed" in form and form.code_agreed.data),
    )


def answers_of(form: Any) -> dict[int, base.Json]:
    """Give a valid form's answers by question id, as they are stored; None for those left out and those not asked."""
    given = {question.id: TYPES[question.type].to_json(form[name].data) for question, name in form.asked}
    return {question.id: None for question in getattr(form, "unasked", ())} | given


class _DetailsForm(AskingForm):
    """What may be changed of a registration: name, zone, answers."""

    name = CleanField("", read_name, id="name")
    zone = ZoneField("", id="zone")
    unasked: Sequence[Question] = ()  # of those who come another way: answers from before go
    sides: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Held:
    """What a registration holds now, to fill the form with: `answers` by question id, as stored.

    `sides`: how they come ("online", "room"), and what they wait for.
    """

    name: str
    zone: str
    answers: dict[int, Any]
    sides: frozenset[str] = frozenset({"online", "room"})


def details_form(questions: Sequence[Question], held: Held, *, read: bool) -> _DetailsForm:
    """Make the form that changes a registration, filled with what is held; with what was sent if `read`."""
    asked: list[Question] = possible(questions, held.sides)
    made = type("DetailsForm", (_DetailsForm,), fields_of(asked))
    values: dict[str, Any] = {"name": held.name, "zone": held.zone}
    for question in asked:
        values[base.field_name(question)] = _stored(question, held.answers.get(question.id))
    # formdata=None: the page has several forms, and only the one that was sent may read the request.
    form: _DetailsForm = made(data=values) if read else made(formdata=None, data=values)
    form.asked = [(question, base.field_name(question)) for question in asked]
    form.unasked = [one for one in questions if "attends" in one.only_if and one not in asked]
    form.sides = held.sides
    mark(form, asked, wish_known=True)
    return form


def _stored(question: Question, value: Any) -> Any:
    try:
        return TYPES[question.type].from_json(value)
    except ValueError:  # the question was of another type when it was answered
        return None


def init_questions(app: Flask) -> None:
    """Let questions speak the reader's language."""
    base.translate = _translated
    base.locale_now = locale_now


def _translated(sentence: Sentence) -> str:
    return words(sentence)
