"""What a kinder hour is asked with, from the address: whose clocks, which day, how long, which hours are decent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request

from gatherings.core.kinder import DAY, STEP, Hours
from gatherings.core.text import TextProblem
from gatherings.core.words import Sentence, say
from gatherings.web.forms import ChoiceField, CleanField, PlainForm
from gatherings.web.i18n import words

SHORTEST, LONGEST = 5, 12 * 60  # minutes

WHO: dict[str, Sentence] = {
    "registered": say("Those who are registered"),
    "every": say("Those who come every time"),
    "members": say("Members"),
    "both": say("Both together"),
    "lately": say("Those who registered within a year"),
}


@dataclass(frozen=True)
class Asked:
    """What a picture is made for, before anybody changes it."""

    who: Sequence[str]
    day: date
    minutes: int


def read_day(typed: str) -> date:
    """Read a day as browsers send it; raises TextProblem."""
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        raise TextProblem(say("Please write the date like this: 2026-12-31.")) from None
    if not 2000 <= day.year <= 2100:
        raise TextProblem(say("Please choose a date between the years 2000 and 2100."))
    return day


def read_minutes(typed: str) -> int:
    """Read a length in minutes; raises TextProblem."""
    plain = typed.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) < 6 and SHORTEST <= int(plain) <= LONGEST):
        raise TextProblem(
            say("Please give the length in minutes, from %(least)s to %(most)s.", least=SHORTEST, most=LONGEST)
        )
    return int(plain)


def _half_hours(first: int) -> list[tuple[str, str]]:
    return [(f"{at // 60:02}:{at % 60:02}",) * 2 for at in range(first, first + DAY, STEP)]


class KinderForm(PlainForm):
    """Whose clocks, which day, how long, decent from when to when; `clean_who` is whose clocks are shown."""

    clean_who = ""

    who = ChoiceField("", choices=[], id="who")
    date = CleanField("", read_day, id="date")
    minutes = CleanField("", read_minutes, id="minutes")
    begin = ChoiceField("", choices=_half_hours(0), id="begin")
    end = ChoiceField("", choices=_half_hours(STEP), id="end")

    @property
    def hours(self) -> Hours:
        """Give the decent hours that were asked for; raises ValueError where they end before they begin."""
        return Hours(_minute(self.begin.data), _minute(self.end.data))


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def kinder_form(asked: Asked) -> tuple[KinderForm, Hours]:
    """Make the form as the address asks, and the hours that hold; what cannot be read has its problem at its field.

    What is left out is what the picture was made for.
    """
    given = {
        "who": asked.who[0] if asked.who else "", "date": asked.day.isoformat(), "minutes": str(asked.minutes),
        "begin": "08:00", "end": "21:00",
    }  # fmt: skip
    sent = {name: request.args[name] for name in given if request.args.get(name)}
    form = KinderForm(formdata=None, data={**given, **sent})
    form.who.choices = [(key, words(WHO[key])) for key in asked.who] or [("", "")]
    form.validate()
    hours = Hours()
    if not (form.begin.errors or form.end.errors):
        try:
            hours = form.hours
        except ValueError:
            form.end.errors = [words(say("Decent hours end after they begin, on the same day."))]
    _fall_back(form, given)
    return form, hours


def _fall_back(form: KinderForm, given: dict[str, str]) -> None:
    readers: dict[str, Callable[[str], Any]] = {"date": read_day, "minutes": read_minutes}
    for name, read in readers.items():
        if form[name].errors:
            form[name].clean = read(given[name])
    form.clean_who = given["who"] if form.who.errors else form.who.data
