"""The form of a submission: what its call asks, checked at once, kept as it was typed."""

import re
from collections.abc import Mapping
from typing import Any

import wtforms
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from gatherings.accounts.rules import normalise_address
from gatherings.calls.models import Call, Submission
from gatherings.calls.rules.call import asks_of
from gatherings.calls.rules.submitting import (
    MOST,
    MOST_OTHERS,
    WRITER,
    Offer,
    Other,
    check_others,
    lengths_between,
    read_ask,
    read_links,
)
from gatherings.core.errors import InvalidInput
from gatherings.core.lengths import read_length
from gatherings.core.text import TextProblem, clean_line, clean_name, clean_text
from gatherings.core.tokens import new_public_id
from gatherings.core.words import Sentence, say
from gatherings.events.models import Event
from gatherings.web.forms import CleanField, PlainForm, ZoneField, read_name
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import words
from gatherings.web.markdown import render
from gatherings.web.rows import RowsField
from gatherings.web.times import length_words

_SECONDS = re.compile("[0-9]{1,5}")
_EMPTY = say("This is still empty. Please fill it in.")


def recording_words() -> str:
    """Give the wording that somebody agrees to when they tick the box, in their language: it is kept with the tick."""
    return _("My slot may be recorded, and the hosts may publish the recording.")


def _read_seconds(typed: str) -> int:
    """Read a length: seconds, as the list of lengths sends it, or minutes and seconds as one may write it."""
    text = typed.strip()
    return int(text) if _SECONDS.fullmatch(text) else read_length(text)


def _words_of(typed: str) -> str:
    try:
        return length_words(_read_seconds(typed))
    except TextProblem:
        return typed


class OtherRow(wtforms.Form):  # type: ignore[misc]  # WTForms has no types
    """Somebody who presents together with whoever fills the form in."""

    name = CleanField("", read_name)
    email = CleanField("", normalise_address)


class _OfferForm(PlainForm):
    """What every call asks; `offer_form` takes away what this one does not.

    `draft` is the signed key of the form, `writer` names the opened page and `edits` the state it was opened with.
    `fax` is seen by programs alone.
    """

    name = CleanField("", read_name, id="name")
    email = CleanField("", normalise_address, id="email")
    zone = ZoneField("", id="zone")
    pronunciation = CleanField("", lambda typed: clean_line(typed, most=MOST["pronunciation"]), id="pronunciation")
    title = CleanField("", lambda typed: clean_name(typed, most=MOST["title"]), id="title")
    about = CleanField("", lambda typed: clean_text(typed, most=MOST["about"]), id="about")
    ask = CleanField("", read_ask, id="ask")
    seconds = CleanField("", _read_seconds, id="seconds")
    links = CleanField("", read_links, id="links")
    others = RowsField("", OtherRow, most=MOST_OTHERS)
    script = CleanField("", lambda typed: clean_text(typed, most=MOST["script"]), id="script")
    needs = CleanField("", lambda typed: clean_text(typed, most=MOST["needs"]), id="needs")
    recording = wtforms.BooleanField("", id="recording")
    code_agreed = wtforms.BooleanField("", id="code_agreed")
    fax = wtforms.StringField("", id="fax")
    draft = wtforms.StringField("")
    writer = wtforms.StringField("")
    edits = wtforms.StringField("")

    call: Call
    event: Event
    asks: Mapping[str, str]
    agreed: str = ""

    @property
    def caught(self) -> bool:
        """Tell whether a program filled in the field that nobody sees."""
        return bool(self.fax.data)

    @property
    def seen(self) -> int:
        """Give the count of edits that the page was opened with; -1 where it does not say."""
        typed = str(self.edits.data or "")
        return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 9 else -1

    @property
    def writer_id(self) -> str:
        """Name the opened page that this was sent from."""
        return str(self.writer.data or "")[:40]

    @property
    def lengths(self) -> list[tuple[str, str]]:
        """Give the lengths to choose from, (value, words); what was typed or kept before stays among them."""
        call = self.call
        values = lengths_between(call.least_seconds, call.slot_seconds, call.most_seconds)
        found = [(str(one), length_words(one)) for one in values]
        typed = str(self.seconds.data or "")
        return found if not typed or typed in dict(found) else [*found, (typed, _words_of(typed))]

    @property
    def code(self) -> Markup | None:
        """Give the community's code of kindness as HTML."""
        source = self.event.community.code_of_kindness
        return render(source) if source else None

    @property
    def recording_words(self) -> str:
        """Give what the box of the recording says: what was agreed to before stays as it was worded then."""
        return self.agreed or recording_words()

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Give (field's id, sentence) of every problem, in the order of the form."""
        found: list[tuple[str, str]] = []
        for field in self:
            found += field.problems() if isinstance(field, RowsField) else [(field.id, str(e)) for e in field.errors]
        return found

    def complain(self, name: str, sentence: Sentence) -> None:
        """Put a problem at a field, or at a field of a row ("others-1-email")."""
        field = (
            self[name] if name in self else next((one for one in self._row_fields() if one.name == name), self.title)
        )
        field.errors = [*field.errors, words(sentence)]

    def _row_fields(self) -> list[Any]:
        return [field for row in self.others.rows for field in row] if "others" in self else []

    def take_problems(self, refusal: InvalidInput) -> None:
        """Put the problems that an action named at their fields."""
        for problem in refusal.problems:
            self.complain(problem.field, problem.sentence)

    def check(self) -> bool:
        """Validate everything at once, so that each problem is told in one go."""
        if not str(self.zone.data or "").strip():
            self.zone.data = self.event.zone
        self.validate()
        for name, need in self.asks.items():
            if need == "must" and name in self and not self[name].errors and not _given(self[name]):
                self.complain(name, _MUST_RECORD if name == "recording" else _EMPTY)
        if "seconds" in self and not self.seconds.errors:
            self._check_length()
        if "code_agreed" in self and not self.code_agreed.data:
            self.complain("code_agreed", say("Please read the code of kindness and tick the box to come along."))
        if "others" in self and not any(self.others.problems()):
            self.take_problems(InvalidInput(check_others(self._others(), self._own())))
        return not self.problems

    def _check_length(self) -> None:
        least, most = self.call.least_seconds, self.call.most_seconds
        if not least <= self.seconds.clean <= most:
            bounds = {"least": length_words(least), "most": length_words(most)}
            self.complain(
                "seconds", say("A slot here takes from %(least)s to %(most)s. Please choose again.", **bounds)
            )

    def _own(self) -> Any:
        return self.email.clean if "email" in self else None

    def _others(self) -> tuple[Other, ...]:
        return tuple(Other(row["name"], row["email"]) for row in self.others.clean) if "others" in self else ()

    def offer(self, language: str, held: Submission | None = None) -> Offer:
        """Give what a valid form offers; `held`: what was sent before, for what is not asked any more."""
        text = {name: self[name].clean if name in self else _kept(held, name) for name in _TEXTS}
        links = self.links.clean if "links" in self else tuple(held.links if held is not None else ())
        agreed = bool(self.recording.data) if "recording" in self else bool(held is not None and held.recording)
        before = held.recording_words if held is not None else ""
        return Offer(
            name=self.name.clean,
            zone=self.zone.clean,
            title=self.title.clean,
            seconds=self.seconds.clean if "seconds" in self else self.call.slot_seconds,
            address=self._own(),
            language=language,
            links=links,
            recording_words=(before or recording_words()) if agreed else "",
            others=self._others(),
            **text,
        )


_TEXTS = ("about", "ask", "script", "pronunciation", "needs")
_MUST_RECORD = say("This gathering is recorded as a whole. Please tick the box, or ask the hosts.")
_FIELDS = {"co_presenters": "others"}  # what is asked → its field, where they have different names


def _kept(held: Submission | None, name: str) -> str:
    return str(getattr(held, name)) if held is not None else ""


def _given(field: Any) -> bool:
    return bool(field.data) if isinstance(field, wtforms.BooleanField) else bool(getattr(field, "clean", None))


def offer_form(
    call: Call, event: Event, *, values: Mapping[str, Any] | None = None, submission: Submission | None = None
) -> _OfferForm:
    """Make the form of a call with what was sent; with `values` given, with those instead.

    `submission`: that which was sent; then its address is known, and the code of kindness agreed to.
    """
    form: _OfferForm = _OfferForm() if values is None else _OfferForm(formdata=None, data=values)
    return _asking(form, call, event, submission)


def typed_form(call: Call, event: Event, typed: Mapping[str, Any], submission: Submission | None) -> _OfferForm:
    """Make the form of a call as it was left while typing."""
    usual = {"seconds": str(submission.seconds if submission is not None else call.slot_seconds), "zone": event.zone}
    kept = {name: value for name, value in typed.items() if name != WRITER}
    form = _OfferForm(formdata=MultiDict({**usual, **kept}))
    return _asking(form, call, event, submission)


def _asking(form: _OfferForm, call: Call, event: Event, submission: Submission | None) -> _OfferForm:
    form.call, form.event = call, event
    form.asks = {_FIELDS.get(name, name): need for name, need in asks_of(call).items()}
    for name, need in form.asks.items():
        if need == "no" and name in form:
            del form[name]
    if call.least_seconds == call.most_seconds:
        del form.seconds
    sent = submission is not None and submission.state != "draft"
    form.agreed = submission.recording_words if submission is not None else ""
    if sent:
        del form.email
    if sent or not event.community.code_of_kindness:
        del form.code_agreed
    return form


def opened(form: _OfferForm, edits: int) -> _OfferForm:
    """Let a form that is shown know which page it stands on and which state it was opened with."""
    form.writer.data, form.edits.data = new_public_id(), str(edits)
    return form


def values_of(submission: Submission, event: Event) -> dict[str, Any]:
    """Give a submission that was sent as the fields of its form show it."""
    names = ("name", "pronunciation", "title", "about", "ask", "script", "needs", "recording")
    return {
        **{name: getattr(submission, name) for name in names},
        "zone": submission.zone or event.zone,
        "seconds": str(submission.seconds),
        "links": "\n".join(submission.links),
        "others": [{"name": one.name, "email": one.person.address} for one in submission.others],
    }


class OwnForm(PlainForm):
    """What a co-presenter may change: their own name and zone."""

    name = CleanField("", read_name, id="name")
    zone = ZoneField("", id="zone")
