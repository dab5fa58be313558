"""Fields that clean what was typed and keep it as it stood: lines, places whose clock is meant, choices."""

from collections.abc import Callable, Sequence
from typing import Any

import wtforms

from gatherings.accounts.rules import InvalidAddress
from gatherings.core.text import TextProblem
from gatherings.core.words import say
from gatherings.core.zone_search import resolve
from gatherings.core.zone_table import Place
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import words

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
        except (TextProblem, InvalidAddress) as problem:
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
