"""Forms about members: what is looked for, one of them corrected, a list brought over."""

from typing import Any

import wtforms
from flask import request
from werkzeug.datastructures import FileStorage

from gatherings.communities.actions.member_care import Correction
from gatherings.communities.member_forms import country_choices
from gatherings.communities.models import Member
from gatherings.communities.queries.members import SORTS, STATES, Filters
from gatherings.core import zones
from gatherings.core.csv_text import decode
from gatherings.core.text import TextProblem, clean_line, clean_name
from gatherings.core.words import say
from gatherings.core.zone_search import resolve
from gatherings.core.zone_table import tables
from gatherings.web.forms import LONGEST_NAME, ChoiceField, CleanField, PlainForm
from gatherings.web.i18n import gettext as _

MOST_TEXT = 1024 * 1024  # characters of a list


def filters_asked() -> Filters:
    """Read what is looked for from the address; what cannot be meant is left out."""
    asked = {name: request.args.get(name, "") for name in ("state", "news", "zone", "country", "sort")}
    try:
        words = clean_line(request.args.get("q", ""), most=200)
    except TextProblem:
        words = ""
    return Filters(
        state=asked["state"] if asked["state"] in STATES else "here",
        news=asked["news"] if asked["news"] in ("yes", "no") else "",
        zone="-" if asked["zone"] == "-" else zones.canonical(asked["zone"]) or "",
        country=asked["country"] if asked["country"] == "-" or asked["country"] in tables().countries else "",
        words=words,
        sort=asked["sort"] if asked["sort"] in SORTS else "name",
    )


def _name(typed: str) -> str:
    return clean_name(typed, least=0, most=LONGEST_NAME)


def _zone(typed: str) -> str | None:
    if not typed.strip():
        return None
    found = resolve(typed.strip()[:100]).zone
    if found is None:
        raise TextProblem(say("We do not know a place of this name. A large city or a zone will do."))
    return found


class CorrectionForm(PlainForm):
    """What an organiser may change of a member; `end_news` only ends what they agreed to."""

    name = CleanField("", _name, id="name")
    zone = CleanField("", _zone, id="zone")
    country = ChoiceField("", choices=[], id="country")
    end_news = wtforms.BooleanField("", id="end_news")

    @property
    def correction(self) -> Correction:
        """Give what a valid form asks for."""
        return Correction(self.name.clean, self.zone.clean, self.country.data, bool(self.end_news.data))


def correction_form(member: Member, *, read: bool) -> CorrectionForm:
    """Make the form that corrects a member, filled with what is held; with what was sent if `read`."""
    values: dict[str, Any] = {"name": member.name, "zone": member.zone or "", "country": member.country}
    form = CorrectionForm(data=values) if read else CorrectionForm(formdata=None, data=values)
    form.country.choices = [("", _("Not said")), *country_choices()]
    return form


class ListForm(PlainForm):
    """A list of people: a file, or lines typed in; how they come, and whether they agreed to news."""

    text = wtforms.StringField("", id="text")
    way = ChoiceField("", choices=[("silently", ""), ("inviting", "")], id="way", default="inviting")
    agreed = wtforms.BooleanField("", id="agreed")

    @property
    def inviting(self) -> bool:
        """Tell whether each of them is asked by a mail."""
        return bool(self.way.data == "inviting")


def list_text(form: ListForm) -> str:
    """Give the list as text: of the file if one was sent, else what was typed. Raises TextProblem."""
    sent = request.files.get("file")
    if isinstance(sent, FileStorage) and sent.filename:
        text = decode(sent.stream.read(4 * MOST_TEXT))
    else:
        text = form.text.data or ""
    if len(text) > MOST_TEXT:
        raise TextProblem(say("This list is very long. Please bring it over in parts of 5,000 people at most."))
    if any("\ud800" <= char <= "\udfff" for char in text[:MOST_TEXT]):
        raise TextProblem(say("A part of this did not arrive whole. Please send it again."))
    return text
