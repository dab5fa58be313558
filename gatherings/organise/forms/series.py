"""The form in which a series is made and edited; its rule has a form of its own (recurrence.py)."""

import re
from collections.abc import Mapping
from typing import Any

import wtforms

from gatherings.core.text import TextProblem, clean_line
from gatherings.core.weblinks import read_link
from gatherings.core.words import say
from gatherings.events.models import MODES
from gatherings.organise.forms.languages import language_choices
from gatherings.organise.forms.reading import (
    line_of,
    read_day,
    read_hour,
    read_number,
    read_slug,
    read_title,
    text_of,
)
from gatherings.planning.actions.dates import MOST_AHEAD
from gatherings.planning.rules.sides import SIDES
from gatherings.web.forms import ChoiceField, CleanField, PlainForm, ZoneField
from gatherings.web.i18n import gettext as _

MOST_MINUTES = 24 * 60
_NULLABLE = ("place_name", "place_address", "place_map", "join_url")
_CLEAN = ("title", "summary", "about", "slug", "ahead", "capacity_room", "capacity_online", *_NULLABLE)


def whole_from(least: int, most: int) -> Any:
    """Make a cleaner of a whole number within bounds."""

    def read(typed: str) -> int:
        text = clean_line(typed, most=40)
        if re.fullmatch("[0-9]{1,7}", text) is None or not least <= int(text) <= most:
            raise TextProblem(say("A whole number from %(least)s to %(most)s is needed here.", least=least, most=most))
        return int(text)

    return read


class SeriesForm(PlainForm):
    """What a series says, and what its new dates begin with."""

    title = CleanField("", read_title)
    summary = CleanField("", line_of(500))
    about = CleanField("", text_of(20_000))
    place_name = CleanField("", line_of(300))
    place_address = CleanField("", line_of(500))
    place_map = CleanField("", read_link)
    capacity_room = CleanField("", read_number)
    join_url = CleanField("", read_link)
    capacity_online = CleanField("", read_number)
    ahead = CleanField("", whole_from(1, MOST_AHEAD))
    slug = CleanField("", read_slug)
    key = wtforms.StringField("")
    base = wtforms.StringField("")
    confirmed = wtforms.StringField("")

    @property
    def values(self) -> dict[str, Any]:
        """Give the columns that the form asks for; fields were checked before."""
        kept = {name: self[name].clean for name in _CLEAN}
        kept |= {name: kept[name] or None for name in _NULLABLE}
        mode = self.mode.data
        if mode not in SIDES["room"]:
            kept |= {"place_name": None, "place_address": None, "place_map": None, "capacity_room": None}
        if mode not in SIDES["online"]:
            kept |= {"join_url": None, "capacity_online": None}
        return {**kept, "mode": mode, "language": self.language.data, "listing": self.listing.data}

    def fill(self, values: Mapping[str, Any]) -> None:
        """Show other values in place of what stands here."""
        for name, value in series_data(values).items():
            if name in self:
                self[name].data = value


def series_form(values: Mapping[str, Any]) -> SeriesForm:
    """Make the form, filled with `values` (columns), or with what was sent."""
    modes = list(zip(MODES, (_("Online"), _("In person"), _("In person and online")), strict=True))
    listings = [
        ("public", _("Everybody: it stands in lists, feeds and searches")),
        ("link", _("Only who has the link")),
    ]
    fields = {
        "language": ChoiceField("", language_choices(values["language"])),
        "mode": ChoiceField("", modes),
        "listing": ChoiceField("", listings),
    }
    form: SeriesForm = type("SeriesForm", (SeriesForm,), fields)(data=series_data(values))
    return form


def series_data(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give columns as the fields of the form show them."""
    return {name: "" if value is None else str(value) for name, value in values.items()}


EMPTY: Mapping[str, Any] = {
    "title": "", "summary": "", "about": "", "language": "en", "mode": "online", "place_name": None,
    "place_address": None, "place_map": None, "join_url": None, "capacity_room": None, "capacity_online": None,
    "ahead": 12, "listing": "public", "slug": "",
}  # fmt: skip


class ExtraDateForm(PlainForm):
    """One date besides the rule."""

    day = CleanField("", read_day)
    hour = CleanField("", read_hour)
    minutes = CleanField("", whole_from(1, MOST_MINUTES))
    zone = ZoneField("")
