"""The recurrence builder's form: its fields, and the rule that they mean."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import wtforms

from gatherings.core.errors import InvalidInput, Problem
from gatherings.core.recurrence import MAX_COUNT
from gatherings.core.text import TextProblem
from gatherings.core.words import say
from gatherings.organise.forms.event import ManyField
from gatherings.organise.forms.reading import read_day, read_hour
from gatherings.organise.forms.series import whole_from
from gatherings.planning.rules.building import KINDS, MOST_EVERY, MOST_MINUTES, NUMBERS, Built
from gatherings.web.forms import ChoiceField, CleanField, PlainForm, ZoneField
from gatherings.web.i18n import date_words
from gatherings.web.i18n import gettext as _
from gatherings.web.times import weekday_words

_ENDS = ("never", "until", "count")
_MOST_SKIPPED = 40


class RuleForm(PlainForm):
    """When a series comes again. Fields of the kinds that were not chosen are not looked at."""

    begins = CleanField("", read_day)
    at = CleanField("", read_hour)
    minutes = CleanField("", whole_from(1, MOST_MINUTES))
    zone = ZoneField("")
    every = CleanField("", whole_from(1, MOST_EVERY))
    until = CleanField("", read_day)
    count = wtforms.StringField("")
    edits = wtforms.StringField("")
    shown = wtforms.StringField("")

    def built(self) -> Built:
        """Give what the form says; raises InvalidInput for what is missing. Fields were checked before."""
        problems = [
            Problem(name, say("This is still empty. Please fill it in."))
            for name in ("begins", "at")
            if self[name].clean is None
        ]
        until, count = None, None
        if self.ends.data == "until":
            until = self.until.clean
            if until is None:
                problems.append(Problem("until", say("Please choose the last day.")))
        if self.ends.data == "count":
            try:
                count = whole_from(1, MAX_COUNT)(self.count.data or "")
            except TextProblem as problem:
                problems.append(Problem("count", problem.sentence))
        if problems:
            raise InvalidInput(problems)
        return Built(
            kind=self.kind.data,
            begins=self.begins.clean,
            at=self.at.clean,
            zone=self.zone.clean,
            minutes=self.minutes.clean,
            every=self.every.clean,
            numbers=_ints(self.numbers.data),
            weekday=int(self.weekday.data),
            weekdays=_ints(self.weekdays.data),
            day=int(self.day.data),
            months=_ints(self.months.data),
            until=until,
            count=count,
        )


def skipped_of(values: list[str]) -> set[datetime]:
    """Read the dates to leave out; what is none is nobody's date."""
    found = set()
    for value in values[:_MOST_SKIPPED]:
        try:
            local = datetime.fromisoformat(value)
        except ValueError:
            continue
        if local.tzinfo is None:
            found.add(local)
    return found


def rule_form(built: Built, dates: Sequence[tuple[str, str]] = ()) -> RuleForm:
    """Make the form, filled with what it says now, or with what was sent; `dates` (slug, words) to hold from."""
    ordinals = (_("First"), _("Second"), _("Third"), _("Fourth"), _("Fifth"), _("Last"))
    kinds = (_("A weekday of the month, such as the third Thursday"), _("Days of the week"), _("A day of the month"))
    ends = (_("Without an end"), _("Until a day"), _("After a number of times"))
    weekdays = [(str(number), weekday_words(number)) for number in range(7)]
    days = [(str(number), str(number)) for number in range(1, 32)]
    fields = {
        "kind": ChoiceField("", list(zip(KINDS, kinds, strict=True))),
        "numbers": ManyField("", [(str(number), words) for number, words in zip(NUMBERS, ordinals, strict=True)]),
        "weekday": ChoiceField("", weekdays),
        "weekdays": ManyField("", weekdays),
        "day": ChoiceField("", [*days, ("-1", _("The last day"))]),
        "months": ManyField("", [(str(month), date_words(date(2026, month, 1), "LLLL")) for month in range(1, 13)]),
        "ends": ChoiceField("", list(zip(_ENDS, ends, strict=True))),
        "since": ChoiceField("", [("", _("The next date: all to come follow")), *dates]),
    }
    form: RuleForm = type("RuleForm", (RuleForm,), fields)(data=rule_data(built))
    return form


def rule_data(built: Built) -> dict[str, Any]:
    """Give a built rule as the fields show it."""
    ends = "until" if built.until else "count" if built.count else "never"
    return {
        "kind": built.kind,
        "begins": built.begins.isoformat(),
        "at": f"{built.at:%H:%M}",
        "minutes": str(built.minutes),
        "zone": built.zone,
        "every": str(built.every),
        "numbers": [str(number) for number in built.numbers],
        "weekday": str(built.weekday),
        "weekdays": [str(number) for number in built.weekdays],
        "day": str(built.day),
        "months": [str(month) for month in built.months],
        "ends": ends,
        "until": built.until.isoformat() if built.until else "",
        "count": str(built.count) if built.count else "",
        "since": "",
    }


def first_rule(day: date, zone: str) -> Built:
    """Give what the form of a first rule begins with: the third Thursday of every month at 18:00, for an hour."""
    return Built("nth", day, time(18), zone, 60, numbers=(3,), weekday=3)


def _ints(values: Any) -> tuple[int, ...]:
    return tuple(sorted({int(value) for value in values or ()}))
