"""The form that asks for a bursary: which, who, and what one wants to say."""

from collections.abc import Sequence

import wtforms
from flask import request

from gatherings.accounts.rules import normalise_address
from gatherings.core.text import clean_text
from gatherings.events.models import Event
from gatherings.events.rules import DOOR_WORDS, Door
from gatherings.tickets.queries.kinds import Offered
from gatherings.tickets.rules.applications import MOST_ABOUT, Asking
from gatherings.web.forms import ChoiceField, CleanField, PlainForm, ZoneField, read_name
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import words


class ApplyForm(PlainForm):
    """What an application asks; `fax` is seen by programs alone."""

    name = CleanField("", read_name, id="name")
    email = CleanField("", normalise_address, id="email")
    zone = ZoneField("", id="zone")
    about = CleanField("", lambda typed: clean_text(typed, least=1, most=MOST_ABOUT), id="about")
    fax = wtforms.StringField("", id="fax")

    event: Event
    door: Door
    kinds: Sequence[Offered] = ()

    @property
    def closed_words(self) -> str:
        """Say why nobody can apply now; "" where one can."""
        if self.door is not Door.OPEN:
            return words(DOOR_WORDS[self.door])
        return "" if self.kinds else _("One cannot ask for this ticket at the moment.")

    def asking(self, language: str) -> Asking:
        """Give what a valid form asks for."""
        return Asking(
            kind=self.kind.data,
            address=self.email.clean,
            name=self.name.clean,
            zone=self.zone.clean,
            about=self.about.clean,
            language=language,
        )


def apply_form(event: Event, kinds: Sequence[Offered], state: Door, zone: str | None) -> ApplyForm:
    """Make the form for these kinds; the only one is chosen already."""
    choices = [(one.kind.public_id, one.kind.name) for one in kinds]
    first = choices[0][0] if len(choices) == 1 else None
    made = type("ApplyForm", (ApplyForm,), {"kind": ChoiceField("", choices=choices, default=first, id="kind")})
    form: ApplyForm = made(data={"zone": zone or event.zone})
    form.event, form.kinds, form.door = event, kinds, state
    if request.method == "POST" and not (form.zone.data or "").strip():
        form.zone.data = event.zone
    if first is not None:
        form.kind.data = first
    return form
