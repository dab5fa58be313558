"""The form that decides on one application: until when the ticket may be taken, and the organisers' words."""

from datetime import date, datetime, timedelta

from flask import request

from gatherings.core import zones
from gatherings.core.text import clean_text
from gatherings.core.words import say
from gatherings.events.models import Event
from gatherings.organise.forms.reading import read_day
from gatherings.tickets.models import Application
from gatherings.tickets.rules.applications import DAYS, MOST_ANSWER
from gatherings.web.forms import CleanField, PlainForm
from gatherings.web.i18n import words

_PAST = say("Please choose a day from today until the gathering.")


class DecisionForm(PlainForm):
    """What organisers say to one application; `until` is a day on the event's calendar, its end included."""

    until = CleanField("", read_day)
    answer = CleanField("", lambda typed: clean_text(typed, most=MOST_ANSWER))

    until_at: datetime

    def check(self, event: Event, now: datetime, *, approving: bool) -> bool:
        """Validate; a day is needed to say yes, from today until the gathering is over."""
        self.validate()
        if not approving:
            self.until.errors = []
            return not self.problems
        if not self.problems:
            day: date | None = self.until.clean
            if day is None or not zones.to_local(now, event.zone).date() <= day <= event.ends_local.date():
                self.until.errors = [words(_PAST)]
            else:
                midnight = datetime.combine(day + timedelta(days=1), datetime.min.time())
                self.until_at = min(zones.to_utc_rfc(midnight, event.zone)[0], event.ends_at)
        return not self.problems


def decision_form(application: Application, event: Event, now: datetime, *, read: bool = False) -> DecisionForm:
    """Make the form of one application, filled with what stands, or with what was sent if `read`."""
    today = zones.to_local(now, event.zone).date()
    until = min(max(today, event.ends_local.date()), today + timedelta(days=DAYS))
    if application.until_at is not None:
        until = (zones.to_local(application.until_at, event.zone) - timedelta(minutes=1)).date()
    form = DecisionForm(
        request.form if read else None,
        data=None if read else {"until": until.isoformat(), "answer": application.answer},
    )
    for field in form:
        field.id = f"{field.name}-{application.public_id}"
    return form
