"""What all forms share: no token of their own, explicit fields, cleaned lines that stay as they were typed."""

from collections.abc import Callable, Sequence
from typing import Any

import wtforms
from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from gatherings.core.errors import InvalidInput
from gatherings.core.text import TextProblem, clean_name
from gatherings.core.words import say
from gatherings.core.zone_search import resolve
from gatherings.core.zone_table import Place
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import words

LONGEST_NAME = 120  # code points, as core/text.py's own
_ZONE_UNKNOWN = say(
    "We do not know a place of this name. Please type a large city in your time zone, such as Auckland or Toronto."
)
_ZONE_UNSURE = say("We are not sure which place you mean. Please choose one of these, or add its country.")
_PLACES_OFFERED = 8


class CleanField(wtforms.StringField):  # type: ignore[misc]  # WTForms has no types
    """A line that is cleaned by one function: `data` stays as typed for showing again, `clean` is what is kept."""

    clean: Any = None

    def __init__(self, label: str, cleaner: Callable[[str], Any], **more: Any) -> None:
        super().__init__(label, **more)
        self._cleaner = cleaner

    def pre_validate(self, form: Any) -> None:
        """Clean what was typed; a problem becomes this field's own sentence."""
        try:
            self.clean = self._cleaner(self.data or "")
        except TextProblem as problem:
            raise wtforms.validators.StopValidation(words(problem.sentence)) from problem


class ZoneField(wtforms.StringField):  # type: ignore[misc]  # WTForms has no types
    """Whose clock somebody is on: a city, country or zone as typed; `clean` is the zone (IANA) that is kept.

    Where more than one place may be meant, `places` are offered to choose from.
    """

    clean: Any = None
    places: tuple[Place, ...] = ()

    def pre_validate(self, form: Any) -> None:
        """Find the one zone that is meant, the same way as the list that opens while one types."""
        found = resolve((self.data or "").strip())
        self.clean, self.places = found.zone, found.places[:_PLACES_OFFERED]
        if self.clean is None:
            raise wtforms.validators.StopValidation(words(_ZONE_UNSURE if self.places else _ZONE_UNKNOWN))


class ChoiceField(wtforms.StringField):  # type: ignore[misc]  # WTForms has no types
    """One of a few choices (key, label); what is not among them is refused in our own words."""

    def __init__(self, label: str, choices: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(label, **more)
        self.choices = choices

    def pre_validate(self, form: Any) -> None:
        """Refuse what is not on offer."""
        if self.data not in [key for key, _label in self.choices]:
            raise wtforms.validators.StopValidation(_("Please choose one of these."))


class PlainForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A form without a session: a POST is taken by where it comes from (web/origin.py)."""

    class Meta:
        """No token (design README 2); fields alone are read, neither files nor JSON: those are no texts."""

        csrf = False

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Give the fields that were sent, None where none were; Flask-WTF would take files and JSON too."""
            if formdata is None or isinstance(formdata, MultiDict):
                return formdata
            return request.form if request.method == "POST" and request.form else None

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Give (field's id, sentence) of every problem, in the order of the form, for the summary on top."""
        return [(field.id, str(error)) for field in self for error in field.errors]

    def take_problems(self, refusal: InvalidInput) -> None:
        """Put the problems that an action named at their fields; those of no field stand at the first one."""
        fields = list(self)
        for problem in refusal.problems:
            field = self._fields.get(problem.field, fields[0])
            field.errors = [*field.errors, words(problem.sentence)]


def read_name(typed: str) -> str:
    """Clean a person's name; raises TextProblem."""
    return clean_name(typed, most=LONGEST_NAME)
