"""Forms of those who follow a calendar by mail: explicit fields, and nothing else is read."""

from datetime import time
from typing import Any

import wtforms

from gatherings.accounts.rules import normalise_address
from gatherings.doors.actions.following import Wish
from gatherings.doors.rules import HOURS
from gatherings.web.forms import ChoiceField, CleanField, PlainForm, ZoneField
from gatherings.web.i18n import language_now
from gatherings.web.times import time_words

USUAL_HOUR = 7


class HourForm(PlainForm):
    """At which hour, on whose clock."""

    hour = ChoiceField("", choices=[], id="hour")
    zone = ZoneField("", id="zone")

    def __init__(self, *positional: Any, **named: Any) -> None:
        super().__init__(*positional, **named)
        self.hour.choices = [(str(hour), time_words(time(hour))) for hour in HOURS]


class FollowForm(HourForm):
    """Address, hour, zone. `fax` is seen by programs alone: whoever fills it in is thanked and ignored."""

    email = CleanField("", normalise_address, id="email")
    fax = wtforms.StringField("", id="fax")

    @property
    def caught(self) -> bool:
        """Tell whether a program filled in the field that nobody sees."""
        return bool(self.fax.data)

    def wish(self) -> Wish:
        """Give what a valid form asks for."""
        return Wish(self.email.clean, int(self.hour.data), self.zone.clean, language_now())


def follow_form(zone: str, *, read: bool) -> FollowForm:
    """Make the form on a calendar's page; with what was sent if `read`."""
    values = {"hour": str(USUAL_HOUR), "zone": zone}
    return FollowForm(data=values) if read else FollowForm(formdata=None, data=values)
