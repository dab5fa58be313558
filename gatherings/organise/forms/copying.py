"""The forms that copy an event: to another date, or as next year's edition."""

import wtforms

from gatherings.organise.forms.reading import read_day, read_hour
from gatherings.web.forms import ChoiceField, CleanField, PlainForm


class CopyForm(PlainForm):
    """To which day and time."""

    day = CleanField("", read_day)
    hour = CleanField("", read_hour)
    key = wtforms.StringField("")


class EditionForm(PlainForm):
    """Moved by which rule, and with what."""

    day = ChoiceField("", [])
    below = wtforms.BooleanField("")
    speakers = wtforms.BooleanField("")
    key = wtforms.StringField("")
