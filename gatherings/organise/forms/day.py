"""Forms of the day itself, and of a second sitting."""

from gatherings.core.weblinks import read_link
from gatherings.organise.forms.reading import read_day, read_hour, read_number
from gatherings.web.forms import CleanField, PlainForm


class LinkForm(PlainForm):
    """Where the meeting is."""

    join_url = CleanField("", read_link, id="join-url")


class SittingForm(PlainForm):
    """What a second sitting has of its own."""

    starts_date = CleanField("", read_day)
    starts_time = CleanField("", read_hour)
    join_url = CleanField("", read_link)
    capacity_room = CleanField("", read_number)
    capacity_online = CleanField("", read_number)
