"""What somebody else saved meanwhile, as it is shown: each field in words, theirs and mine."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gatherings.core import zones
from gatherings.organise.forms.event import EventForm
from gatherings.planning.rules.event_values import LABELS, Difference
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import words
from gatherings.web.times import day_words, instant_words, time_words

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")


@dataclass(frozen=True)
class Row:
    """A field in two states; `theirs`: only they changed it."""

    name: str
    label: str
    now: str
    mine: str
    theirs: bool


def shown_differences(rows: Iterable[Difference], form: EventForm) -> list[Row]:
    """Put differences into words; `form` knows those of its choices, and the host's zone."""
    zone = form.zone.clean or "UTC"
    found = []
    for one in rows:
        choices: dict[str, str] = dict(getattr(form[one.name], "choices", ())) if one.name in form else {}
        now, mine = (_words(value, choices, zone) for value in (one.now, one.mine))
        found.append(Row(one.name, words(LABELS[one.name]), now, mine, one.theirs))
    return found


def _words(value: Any, choices: Mapping[str, str], zone: str) -> str:
    if value is None or value == "" or value == []:
        return _("nothing")
    if isinstance(value, str) and value in choices:
        return choices[value]
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return instant_words(datetime.fromisoformat(value), zone)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return _time(value)
    if isinstance(value, list):
        return "\n".join(_line(one) for one in value)
    return str(value)


def _line(one: Any) -> str:
    return " · ".join(str(part) for part in one.values() if part) if isinstance(one, dict) else str(one)


def _time(value: dict[str, Any]) -> str:
    starts, ends = (datetime.fromisoformat(value[name]) for name in ("starts", "ends"))
    if value["all_day"]:
        return f"{day_words(starts.date(), year=None)}, {zones.city(value['zone'])}"
    said = {"day": day_words(starts.date(), year=None), "starts": time_words(starts), "city": zones.city(value["zone"])}
    return _("%(day)s, %(starts)s–%(ends)s in %(city)s", ends=time_words(ends), **said)
