"""The form in which an event is made and changed: explicit fields, rows, and the state that it was opened with."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import wtforms
from babel import Locale

from gatherings.communities.models import Community
from gatherings.core.errors import InvalidInput
from gatherings.core.weblinks import read_link
from gatherings.core.words import say
from gatherings.events.models import MODES
from gatherings.organise.forms.event_data import FIELDS, form_data
from gatherings.organise.forms.reading import (
    country_reader,
    line_of,
    name_of,
    read_day,
    read_hour,
    read_needed_link,
    read_number,
    read_slug,
    read_title,
    read_year,
    text_of,
)
from gatherings.organise.forms.when import Typed, WhenForm, instant_of
from gatherings.planning.rules.sides import SIDES
from gatherings.web.forms import ChoiceField, CleanField
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import locale_now
from gatherings.web.rows import RowsField

MARKDOWN = ("about", "access_notes")
ROWS = ("speakers", "resources", "asked_often")
_LANGUAGES = (
    "en", "ar", "bg", "bn", "ca", "cs", "cy", "da", "de", "el", "es", "et", "fa", "fi", "fr", "ga", "he", "hi", "hr",
    "hu", "id", "is", "it", "ja", "ko", "lt", "lv", "mi", "ms", "mt", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl",
    "so", "sq", "sr", "sv", "sw", "ta", "th", "tl", "tr", "uk", "ur", "vi", "zh",
)  # fmt: skip
_KEY = re.compile(r"[A-Za-z0-9_-]{16,40}")


class SpeakerRow(wtforms.Form):  # type: ignore[misc]  # WTForms has no types
    """Who speaks."""

    name = CleanField("", name_of(200, least=1))
    role = CleanField("", line_of(300))
    group = CleanField("", line_of(300))
    country = CleanField("", lambda typed: country_reader(locale_now())(typed))
    talk = CleanField("", line_of(300))
    about = CleanField("", text_of(2000))


class ResourceRow(wtforms.Form):  # type: ignore[misc]  # WTForms has no types
    """Something to read or watch."""

    title = CleanField("", line_of(200, least=1))
    url = CleanField("", read_needed_link)
    note = CleanField("", line_of(300))


class AskedRow(wtforms.Form):  # type: ignore[misc]  # WTForms has no types
    """A question that people ask, with its answer."""

    question = CleanField("", line_of(300, least=1))
    answer = CleanField("", text_of(5000, least=1))


class ManyField(wtforms.Field):  # type: ignore[misc]  # WTForms has no types
    """Several of a few choices (key, label), as boxes to tick."""

    def __init__(self, label: str, choices: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(label, **more)
        self.choices = choices

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take what was ticked."""
        self.data = valuelist

    def pre_validate(self, form: Any) -> None:
        """Refuse what is not on offer."""
        if not {str(one) for one in self.data or []} <= {key for key, _label in self.choices}:
            raise wtforms.validators.StopValidation(_("Please choose one of these."))


class EventForm(WhenForm):
    """All that organisers set of an event. `edits` and `opened` tell the state that it was opened with."""

    title = CleanField("", read_title)
    summary = CleanField("", line_of(500))
    about = CleanField("", text_of(20_000))
    place_name = CleanField("", line_of(300))
    place_address = CleanField("", line_of(500))
    place_map = CleanField("", read_link)
    capacity_room = CleanField("", read_number)
    join_url = CleanField("", read_link)
    capacity_online = CleanField("", read_number)
    recording_url = CleanField("", read_link)
    speakers = RowsField("", SpeakerRow, most=300)
    resources = RowsField("", ResourceRow, most=300)
    takes_registrations = wtforms.BooleanField("")
    opens_date = CleanField("", read_day)
    opens_time = CleanField("", read_hour)
    closes_date = CleanField("", read_day)
    closes_time = CleanField("", read_hour)
    asked_often = RowsField("", AskedRow, most=100)
    access_notes = CleanField("", text_of(20_000))
    slug = CleanField("", read_slug)
    theme = CleanField("", line_of(300))
    edition_year = CleanField("", read_year)
    approximate = wtforms.BooleanField("")
    key = wtforms.StringField("")
    edits = wtforms.StringField("")
    opened = wtforms.StringField("")

    present_time: Mapping[str, Any] | None = None  # as it stands: a time that is not touched is not checked again

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Give (field's id, sentence) of every problem, in the order in which the form shows its fields."""
        found: list[tuple[str, str]] = []
        for name in (*_SHOWN, *(name for name in self._fields if name not in _SHOWN)):
            if name not in self._fields:
                continue
            field = self[name]
            if isinstance(field, RowsField):
                found += field.problems()
            else:
                found += [(field.id, str(error)) for error in field.errors]
        return found

    def take_problems(self, refusal: InvalidInput) -> None:
        """Put the problems that an action named at their fields."""
        for problem in refusal.problems:
            name = problem.field if problem.field in self._fields else f"{problem.field}_time"
            self.complain(name if name in self._fields else "title", problem.sentence)

    def check(self) -> dict[str, Any] | None:
        """Give the values that the form asks for; None where something is wrong, which then stands at its field."""
        self.validate()
        typed = self.typed_time()
        if typed is not None and typed.value != self.present_time:
            self.instants_of(typed)
        zone = self.zone.clean if not self.zone.errors else None
        opens, closes = instant_of(self, "opens", zone), instant_of(self, "closes", zone)
        if opens is not None and closes is not None and opens >= closes:
            self.complain("closes_date", say("Registration should close after it opens."))
        if self.problems or typed is None:
            return None
        return self._values(typed, opens, closes)

    def _values(self, typed: Typed, opens: str | None, closes: str | None) -> dict[str, Any]:
        kept = {name: self[name].clean for name in _CLEAN}
        mode = self.mode.data
        if mode not in SIDES["room"]:
            kept |= {"place_name": "", "place_address": "", "place_map": "", "capacity_room": None}
        if mode not in SIDES["online"]:
            kept |= {"join_url": "", "capacity_online": None}
        values = {
            **kept,
            **{name: self[name].clean for name in ROWS},
            "time": typed.value,
            "language": self.language.data,
            "mode": mode,
            "listing": self.listing.data,
            "takes_registrations": bool(self.takes_registrations.data),
            "registration_opens_at": opens,
            "registration_closes_at": closes,
        }
        if "also_listed_by" in self:
            values["also_listed_by"] = sorted({str(slug) for slug in self.also_listed_by.data or []})
        for name in ("umbrella", "series"):
            if name in self:
                values[name] = self[name].data
        if "series" in self:
            values |= {"theme": self.theme.clean, "edition_year": self.edition_year.clean}
            values["approximate"] = bool(self.approximate.data)
            if not values["series"]:
                values |= {"edition_year": None, "approximate": False}
        return values

    def fill(self, values: Mapping[str, Any], names: Collection[str] | None = None) -> None:
        """Show other values in place of what stands here: all of them, or the named ones."""
        shown = form_data(values)
        for name in values if names is None else names:
            for field in FIELDS.get(name, (name,)):
                if field in self and field in shown:
                    if isinstance(self[field], RowsField):
                        self[field].fill(shown[field])
                    else:
                        self[field].data = shown[field]


_CLEAN = (
    "title", "summary", "about", "place_name", "place_address", "place_map", "capacity_room", "join_url",
    "capacity_online", "recording_url", "access_notes", "slug",
)  # fmt: skip
_SHOWN = (
    "title", "summary", "about", "language", "starts_date", "starts_time", "ends_date", "ends_time", "all_day", "zone",
    "series", "edition_year", "theme", "approximate", "mode", "place_name", "place_address", "place_map",
    "capacity_room", "join_url", "capacity_online", "recording_url", "speakers", "resources", "takes_registrations",
    "opens_date", "opens_time", "closes_date", "closes_time", "access_notes", "asked_often", "listing", "slug",
    "umbrella", "also_listed_by",
)  # fmt: skip


def make_form(
    values: Mapping[str, Any],
    *,
    communities: Sequence[Community],
    umbrellas: Sequence[tuple[str, str]],
    series: Sequence[tuple[str, str]],
) -> EventForm:
    """Make the form, filled with `values`, or with what was sent.

    `communities` may list the event too; `umbrellas` and `series` (slug, words) are what it can belong to. A field
    without choices is left out.
    """
    fields: dict[str, Any] = {
        "language": ChoiceField("", _language_choices(values["language"])),
        "mode": ChoiceField(
            "", list(zip(MODES, (_("Online"), _("In person"), _("In person and online")), strict=True))
        ),
        "listing": ChoiceField(
            "",
            [
                ("public", _("Everybody: it stands in lists, feeds and searches")),
                ("link", _("Only who has the link")),
            ],
        ),
    }
    if communities:
        fields["also_listed_by"] = ManyField("", [(one.slug, one.name) for one in communities])
    if umbrellas:
        fields["umbrella"] = ChoiceField("", [("", _("Nothing: it stands for itself")), *umbrellas])
    if series:
        fields["series"] = ChoiceField("", [("", _("None")), *series])
    form: EventForm = type("EventForm", (EventForm,), fields)(data=form_data(values))
    return form


def _language_choices(present: str) -> list[tuple[str, str]]:
    names = Locale.parse(locale_now()).languages
    codes = _LANGUAGES if present in _LANGUAGES else (*_LANGUAGES, present)
    return sorted(((code, str(names.get(code.split("-")[0], code))) for code in codes), key=lambda one: one[1])


def sent_key(form: EventForm) -> str:
    """Give the key by which the same form sent twice is known, "" where there is none."""
    key = form.key.data or ""
    return key if _KEY.fullmatch(key) else ""


def sent_edits(form: EventForm) -> int:
    """Give the number of edits that the form was opened after; -1 for nonsense."""
    text = form.edits.data or ""
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else -1
