"""The form in which a community is made and edited."""

from collections.abc import Mapping
from typing import Any

import wtforms

from gatherings.communities.models import ACCENTS
from gatherings.core.text import TextProblem
from gatherings.core.weblinks import read_link
from gatherings.core.words import say
from gatherings.organise.forms.event import AskedRow
from gatherings.organise.forms.reading import line_of, name_of, read_slug, text_of
from gatherings.web.forms import ChoiceField, CleanField, PlainForm, ZoneField
from gatherings.web.i18n import gettext as _
from gatherings.web.rows import RowsField

_TEXTS = ("name", "slug", "tagline", "about", "website", "sender", "code_of_kindness", "access_notes", "joining")


def _read_slug(typed: str) -> str:
    slug = read_slug(typed)
    if not slug:
        raise TextProblem(say("This is still empty. Please fill it in."))
    if slug == "new":  # the address at which one makes a community
        raise TextProblem(say("This word has another use here. Please choose another one."))
    return slug


class CommunityForm(PlainForm):
    """What a community says of itself."""

    name = CleanField("", name_of(200, least=1))
    slug = CleanField("", _read_slug)
    tagline = CleanField("", line_of(300))
    about = CleanField("", text_of(20_000))
    website = CleanField("", read_link)
    zone = ZoneField("")
    sender = CleanField("", name_of(120, least=1))
    code_of_kindness = CleanField("", text_of(20_000))
    access_notes = CleanField("", text_of(20_000))
    asked_often = RowsField("", AskedRow, most=50)
    joining = CleanField("", text_of(20_000))
    key = wtforms.StringField("")
    base = wtforms.StringField("")

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Give (field's id, sentence) of every problem, in the order of the form."""
        found: list[tuple[str, str]] = []
        for field in self:
            found += field.problems() if isinstance(field, RowsField) else [(field.id, str(e)) for e in field.errors]
        return found

    @property
    def values(self) -> dict[str, Any]:
        """Give the columns that the form asks for; fields were checked before."""
        kept = {name: self[name].clean for name in (*_TEXTS, "zone", "asked_often")}
        kept |= {name: kept[name] or None for name in ("website", "code_of_kindness")}
        return {**kept, "accent": self.accent.data}

    def fill(self, values: Mapping[str, Any]) -> None:
        """Show other values in place of what stands here."""
        for name, value in community_data(values).items():
            if name == "asked_often":
                self.asked_often.fill(value)
            elif name in self:
                self[name].data = value


def community_form(values: Mapping[str, Any]) -> CommunityForm:
    """Make the form, filled with `values` (columns), or with what was sent."""
    fields = {"accent": ChoiceField("", list(zip(ACCENTS, _names(), strict=True)))}
    form: CommunityForm = type("CommunityForm", (CommunityForm,), fields)(data=community_data(values))
    return form


def community_data(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give columns as the fields of the form show them."""
    return {name: "" if value is None else value for name, value in values.items()}


def _names() -> tuple[str, ...]:
    return (
        _("Plum"), _("Moss"), _("Sea"), _("Clay"), _("Sun"), _("Rose"), _("Slate"), _("Berry"), _("Fern"), _("Sky"),
        _("Ochre"), _("Ink"),
    )  # fmt: skip


EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(_TEXTS, ""), "accent": "plum", "zone": "", "asked_often": [],
}  # fmt: skip
