"""The forms of a running order: its settings, and one thing in it."""

from collections.abc import Mapping, Sequence
from typing import Any

import wtforms

from gatherings.core.text import clean_line, clean_text
from gatherings.core.words import say
from gatherings.slots.models import Item, RunningOrder
from gatherings.slots.rules import ordering as rules
from gatherings.web.forms import ChoiceField, CleanField, PlainForm
from gatherings.web.i18n import words
from gatherings.web.times import length_words

LABELS = {
    "length": say("How long"),
    "title": say("Title"),
    "speakers": say("Who speaks"),
    "notes": say("Notes for the host"),
}
SETTINGS_LABELS = {
    "offset": say("Begins after the gathering’s start"),
    "change": say("Change-over between two slots"),
    "tolerance": say("Nobody is told of a move of so many seconds or less"),
    "host_name": say("The host’s name"),
}
LENGTHS = {kind: length_words(seconds) for kind, (_label, seconds) in rules.KIND_WORDS.items()}
_TITLE_NEEDED = say("Please give the slot a title.")


class ItemForm(PlainForm):
    """One thing of the order: a slot without a submission, an opening, a break, a buffer, a closing."""

    kind = ChoiceField("", choices=(), id="kind")
    length = CleanField("", rules.read_length, id="length")
    title = CleanField("", lambda typed: clean_line(typed, most=200), id="title")
    speakers = CleanField("", lambda typed: clean_line(typed, most=300), id="speakers")
    notes = CleanField("", lambda typed: clean_text(typed, most=4000), id="notes")
    after = wtforms.StringField("", id="after")

    def check(self) -> bool:
        """Check everything at once; a slot needs a title."""
        if self.validate() and self.kind.data == "slot" and not self.title.clean:
            self.title.errors = [words(_TITLE_NEEDED)]
        return not self.problems

    @property
    def clean(self) -> dict[str, Any]:
        """Give the values of a thing that is kept."""
        return {
            "seconds": self.length.clean, "title": self.title.clean, "speakers": self.speakers.clean,
            "notes": self.notes.clean,
        }  # fmt: skip


def new_form(places: Sequence[tuple[str, str]], *, sent: bool) -> ItemForm:
    """Make the form of something new, filled with what was sent; `places`: after what it can stand."""
    start = {"kind": "break", "length": "5:00", "after": ""}
    form = ItemForm(data=start) if sent else ItemForm(formdata=None, data=start)
    form.kind.choices = [(kind, words(label)) for kind, (label, _seconds) in rules.KIND_WORDS.items()]
    form.after.choices = places
    return form


def item_form(item: Item, *, sent: bool) -> ItemForm:
    """Make the form of a thing that is in the order."""
    values = {"kind": item.kind, **shown(item)}
    form = ItemForm(data=values) if sent else ItemForm(formdata=None, data=values)
    form.kind.choices, form.kind.data = [(item.kind, "")], item.kind
    if item.submission_id is not None:  # its title and people are the submission's
        form.title.data, form.speakers.data, form.kind.data = item.title, item.speakers, "submission"
        form.kind.choices = [("submission", "")]
    return form


def shown(item: Item) -> dict[str, str]:
    """Give a thing as its form shows it."""
    return {
        "length": length_words(item.seconds), "title": item.title, "speakers": item.speakers, "notes": item.notes,
    }  # fmt: skip


class SettingsForm(PlainForm):
    """What holds for the whole order."""

    offset = CleanField("", lambda typed: rules.read_length(typed, least=0), id="offset")
    change = CleanField("", lambda typed: rules.read_seconds(typed, rules.MOST_CHANGE), id="change")
    tolerance = CleanField("", lambda typed: rules.read_seconds(typed, rules.MOST_TOLERANCE), id="tolerance")
    host_name = CleanField("", lambda typed: clean_line(typed, most=120), id="host_name")

    @property
    def clean(self) -> dict[str, Any]:
        """Give the values that are kept."""
        return {
            "offset_seconds": self.offset.clean, "change_seconds": self.change.clean,
            "tolerance_seconds": self.tolerance.clean, "host_name": self.host_name.clean,
        }  # fmt: skip


def settings_form(order: RunningOrder, *, sent: bool) -> SettingsForm:
    """Make the form of an order's settings."""
    values = settings_shown(order)
    return SettingsForm(data=values) if sent else SettingsForm(formdata=None, data=values)


def settings_shown(order: RunningOrder) -> dict[str, str]:
    """Give an order's settings as their form shows them."""
    return {
        "offset": length_words(order.offset_seconds), "change": str(order.change_seconds),
        "tolerance": str(order.tolerance_seconds), "host_name": order.host_name,
    }  # fmt: skip


def typed(form: PlainForm, labels: Mapping[str, Any]) -> dict[str, Any]:
    """Give what was typed into the fields that can differ from what somebody else saved."""
    return {name: form[name].data for name in labels}
