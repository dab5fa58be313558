"""The fields in which an organiser sets when a gathering is: wall clock and zone, checked in words."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import wtforms

from gatherings.core import zones
from gatherings.core.errors import InvalidInput
from gatherings.core.words import Sentence, say
from gatherings.events.rules import derive
from gatherings.organise.forms.reading import read_day, read_hour
from gatherings.planning.queries.events import instant
from gatherings.web.forms import CleanField, PlainForm, ZoneField
from gatherings.web.i18n import words

_DAY = timedelta(days=1)
_NO_DAY = say("Please choose the day.")
_NO_HOUR = say("Please choose the time, or say that it takes whole days.")
_NO_OTHER_HALF = say("Please give both the day and the time, or neither.")


@dataclass(frozen=True)
class Typed:
    """A time as it was typed: wall clock (all-day: midnight after the last day), zone."""

    starts: datetime
    ends: datetime
    zone: str
    all_day: bool

    @property
    def value(self) -> dict[str, Any]:
        """Give it as an event's value."""
        return {
            "starts": self.starts.isoformat(),
            "ends": self.ends.isoformat(),
            "zone": self.zone,
            "all_day": self.all_day,
        }


class WhenForm(PlainForm):
    """When a gathering is, and its host's clock."""

    starts_date = CleanField("", read_day)
    starts_time = CleanField("", read_hour)
    ends_date = CleanField("", read_day)
    ends_time = CleanField("", read_hour)
    zone = ZoneField("")
    all_day = wtforms.BooleanField("")

    def typed_time(self) -> Typed | None:
        """Give the time that was typed, or put a sentence at the field that is missing; fields are checked before."""
        names = ("starts_date", "starts_time", "ends_date", "ends_time", "zone")
        if any(self[name].errors for name in names):
            return None
        whole = bool(self.all_day.data)
        starts, ends = self.starts_date.clean, self.ends_date.clean or self.starts_date.clean
        if starts is None:
            self.complain("starts_date", _NO_DAY)
            return None
        if whole:
            midnight = time(0)
            return Typed(
                datetime.combine(starts, midnight), datetime.combine(ends, midnight) + _DAY, self.zone.clean, True
            )
        hours = [(name, self[name].clean) for name in ("starts_time", "ends_time")]
        for name, hour in hours:
            if hour is None:
                self.complain(name, _NO_HOUR)
        if any(hour is None for _name, hour in hours):
            return None
        begins, over = datetime.combine(starts, hours[0][1]), datetime.combine(ends, hours[1][1])
        if self.ends_date.clean is None and over < begins:  # past midnight
            over += _DAY
        return Typed(begins, over, self.zone.clean, False)

    def instants_of(self, typed: Typed) -> tuple[datetime, datetime] | None:
        """Give the instants of a typed time, or say at its fields why there are none (gaps, folds, ends)."""
        try:
            times = derive(typed.starts, typed.ends, typed.zone)
        except InvalidInput as refusal:
            for problem in refusal.problems:
                backwards = problem.field == "ends" and typed.ends.date() < typed.starts.date()
                kind = "date" if typed.all_day or backwards else "time"
                self.complain(f"{problem.field}_{kind}", problem.sentence)
            return None
        return times.starts_at, times.ends_at

    def complain(self, name: str, sentence: Sentence) -> None:
        """Put a sentence at a field."""
        field = self[name]
        field.errors = [*field.errors, words(sentence)]


def instant_of(form: Any, name: str, zone: str | None) -> str | None:
    """Give the instant of two fields `<name>_date` and `<name>_time` on the clock of `zone`, None where empty."""
    day, hour = form[f"{name}_date"], form[f"{name}_time"]
    if day.errors or hour.errors or zone is None or (day.clean is None and hour.clean is None):
        return None
    if day.clean is None or hour.clean is None:
        form.complain(f"{name}_{'date' if day.clean is None else 'time'}", _NO_OTHER_HALF)
        return None
    try:
        return instant(zones.to_utc(datetime.combine(day.clean, hour.clean), zone))
    except zones.LocalTimeProblem as problem:
        form.complain(f"{name}_time", problem.sentence)
        return None


def time_data(value: dict[str, Any]) -> dict[str, Any]:
    """Give an event's time as its fields show it."""
    starts, ends = (datetime.fromisoformat(value[name]) for name in ("starts", "ends"))
    last: date = (ends - _DAY).date() if value["all_day"] else ends.date()
    hours = ("", "") if value["all_day"] else (f"{starts:%H:%M}", f"{ends:%H:%M}")
    return {
        "starts_date": starts.date().isoformat(),
        "starts_time": hours[0],
        "ends_date": "" if last == starts.date() else last.isoformat(),  # so that it moves with the start
        "ends_time": hours[1],
        "zone": value["zone"],
        "all_day": value["all_day"],
    }


def instant_data(name: str, text: str | None, zone: str) -> dict[str, str]:
    """Give an instant as its two fields show it on the clock of `zone`."""
    if text is None:
        return {f"{name}_date": "", f"{name}_time": ""}
    local = zones.to_local(datetime.fromisoformat(text), zone)
    return {f"{name}_date": local.date().isoformat(), f"{name}_time": f"{local:%H:%M}"}
