"""Forms of a calendar of doors: its days, and what stands behind each door."""

import re
from datetime import date
from typing import Any

import wtforms

from gatherings.core.text import TextProblem, clean_line
from gatherings.core.weblinks import read_link
from gatherings.core.words import say
from gatherings.doors.actions.calendars import Settings
from gatherings.doors.actions.contents import Content
from gatherings.doors.models import Door, DoorCalendar
from gatherings.doors.rules import MOST_DOORS
from gatherings.organise.forms.reading import name_of, read_day, text_of
from gatherings.web.forms import ChoiceField, CleanField, PlainForm, ZoneField
from gatherings.web.i18n import gettext as _

LONGEST_INTRO, LONGEST_BODY = 5000, 5000


def _read_first_day(typed: str) -> date:
    day = read_day(typed)
    if day is None:
        raise TextProblem(say("Please say on which day the first door opens."))
    return day


def _read_count(typed: str) -> int:
    text = clean_line(typed, most=40)
    if re.fullmatch("[0-9]{1,3}", text) is None or not 1 <= int(text) <= MOST_DOORS:
        raise TextProblem(say("Please write a number from 1 to %(most)s.", most=MOST_DOORS))
    return int(text)


class CalendarForm(PlainForm):
    """Title, words above, first day, how many doors, whose midnight."""

    title = CleanField("", name_of(200), id="title")
    intro = CleanField("", text_of(LONGEST_INTRO), id="intro")
    first_day = CleanField("", _read_first_day, id="first_day")
    count = CleanField("", _read_count, id="count")
    zone = ZoneField("", id="zone")
    opening = ChoiceField("", choices=[], id="opening")

    def __init__(self, *positional: Any, **named: Any) -> None:
        super().__init__(*positional, **named)
        self.opening.choices = [
            ("calendar", _("At midnight of the calendar’s zone, for everybody at once")),
            ("viewer", _("At each reader’s own midnight")),
        ]

    def settings(self) -> Settings:
        """Give what a valid form says."""
        return Settings(
            self.title.clean,
            self.intro.clean,
            self.first_day.clean,
            self.zone.clean,
            self.opening.data,
            self.count.clean,
        )


class StartForm(CalendarForm):
    """How a calendar begins: with a door for each slot, or with empty ones."""

    start = ChoiceField("", choices=[], id="start")

    def __init__(self, *positional: Any, slots: int = 0, **named: Any) -> None:
        super().__init__(*positional, **named)
        self.start.choices = [("empty", _("Empty doors"))]
        if slots:
            self.start.choices.insert(0, ("order", _("A door for each slot of the running order")))


def calendar_form(calendar: DoorCalendar, *, read: bool) -> CalendarForm:
    """Make the form that changes a calendar; with what was sent if `read`."""
    values = {
        "title": calendar.title,
        "intro": calendar.intro,
        "first_day": calendar.first_day.isoformat(),
        "count": str(len(calendar.doors)),
        "zone": calendar.zone,
        "opening": calendar.opening,
    }
    return CalendarForm(data=values) if read else CalendarForm(formdata=None, data=values)


class DoorForm(PlainForm):
    """What stands behind one door."""

    kind = ChoiceField("", choices=[], id="kind")
    title = CleanField("", name_of(200), id="title")
    slot = ChoiceField("", choices=[], id="slot")
    url = CleanField("", read_link, id="url")
    body = CleanField("", text_of(LONGEST_BODY), id="body")
    seen = wtforms.HiddenField("")

    def content(self) -> Content:
        """Give what a valid form says."""
        return Content(self.kind.data, self.title.clean, self.body.clean, self.url.clean, self.slot.data)


def door_form(door: Door, slots: list[tuple[str, str]], *, seen: str, read: bool) -> DoorForm:
    """Make the form of a door; `slots` are (public id, words) of the running order; with what was sent if `read`."""
    values = {
        "kind": door.kind,
        "title": door.title,
        "slot": door.item.public_id if door.item is not None else "",
        "url": door.url or "",
        "body": door.body,
        "seen": seen,
    }
    form = DoorForm(data=values) if read else DoorForm(formdata=None, data=values)
    form.kind.choices = [
        ("text", _("A text")),
        ("slot", _("A slot of the running order")),
        ("recording", _("A recording")),
        ("picture", _("A picture")),
    ]
    form.slot.choices = [("", _("None")), *slots]
    return form
