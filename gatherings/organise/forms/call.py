"""The form in which a call is written, and the one that opens it again."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

import wtforms

from gatherings.calls.actions.call import COLUMNS
from gatherings.calls.rules.call import (
    ASKS,
    LEAST_SECONDS,
    MOST_CHANGE,
    MOST_KEPT_MINUTES,
    MOST_PLACES,
    MOST_SECONDS,
    NEVER_MUST,
    SPEEDS,
)
from gatherings.core import zones
from gatherings.core.errors import InvalidInput
from gatherings.core.lengths import read_length
from gatherings.core.text import TextProblem
from gatherings.core.words import Sentence, say
from gatherings.events.models import Event
from gatherings.organise.forms.reading import line_of, read_day, read_hour, text_of
from gatherings.organise.forms.series import whole_from
from gatherings.web.forms import ChoiceField, CleanField, PlainForm
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import words
from gatherings.web.times import length_words

MOST_INTRO = 20_000
_NO_DAY, _NO_HOUR = say("Please choose the day."), say("Please choose the time.")
_LENGTHS = ("slot_seconds", "least_seconds", "most_seconds")
_WHOLE = ("places", "change_seconds", "words_a_minute")
# At which field a problem of the action stands.
_FIELDS = {"opens": "opens_time", "closes": "closes_time"}


def read_slot(typed: str) -> int:
    """Read the length of a slot in seconds, within what is sensible."""
    seconds = read_length(typed)
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        least, most = length_words(LEAST_SECONDS), length_words(MOST_SECONDS)
        raise TextProblem(say("A slot is from %(least)s to %(most)s long.", least=least, most=most))
    return seconds


class UntilForm(PlainForm):
    """A wall-clock time in days and hours: until when a call is open again."""

    closes_date = CleanField("", read_day, id="again_date")
    closes_time = CleanField("", read_hour, id="again_time")

    def moment(self, name: str) -> datetime | None:
        """Give the wall-clock time of two fields, or put a sentence at the one that is missing."""
        day, hour = self[f"{name}_date"], self[f"{name}_time"]
        if day.errors or hour.errors:
            return None
        missing = [(field, said) for field, said in ((day, _NO_DAY), (hour, _NO_HOUR)) if field.clean is None]
        for field, said in missing:
            _complain(field, said)
        return None if missing else datetime.combine(day.clean, hour.clean)

    def take_problems(self, refusal: InvalidInput) -> None:
        """Put the problems that an action named at their fields."""
        for problem in refusal.problems:
            name = _FIELDS.get(problem.field, problem.field)
            _complain(self[name if name in self else "closes_time"], problem.sentence)


class CallForm(UntilForm):
    """What a call says, when it is open, and how much room there is."""

    opens_date = CleanField("", read_day)
    opens_time = CleanField("", read_hour)
    closes_date = CleanField("", read_day)
    closes_time = CleanField("", read_hour)
    slot_seconds = CleanField("", read_slot)
    least_seconds = CleanField("", read_slot)
    most_seconds = CleanField("", read_slot)
    places = CleanField("", whole_from(1, MOST_PLACES))
    change_seconds = CleanField("", whole_from(0, MOST_CHANGE))
    kept_minutes = CleanField("", whole_from(0, MOST_KEPT_MINUTES))
    words_a_minute = CleanField("", whole_from(*SPEEDS))
    intro = CleanField("", text_of(MOST_INTRO))
    contact = CleanField("", line_of(300))
    edits = wtforms.StringField("")
    base = wtforms.StringField("")

    def check(self) -> dict[str, Any] | None:
        """Give the call's values, or None with a sentence at each field that cannot be read."""
        self.validate()
        opens, closes = self.moment("opens"), self.moment("closes")
        if self.problems or opens is None or closes is None:
            return None
        kept = {name: self[name].clean for name in (*_LENGTHS, *_WHOLE, "intro", "contact")}
        asks = {f"asks_{name}": self[f"asks_{name}"].data for name in ASKS}
        return {
            "opens_local": opens,
            "closes_local": closes,
            "kept_seconds": self.kept_minutes.clean * 60,
            **kept,
            **asks,
        }

    def fill(self, values: Mapping[str, Any]) -> None:
        """Show some values (as of the action) in place of what stands here."""
        for name, value in form_data(values).items():
            self[name].data = value

    @property
    def opened(self) -> int | None:
        """Give the state of the call that the form was opened with."""
        text = (self.edits.data or "").strip()
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None


def call_form(values: Mapping[str, Any]) -> CallForm:
    """Make the form, filled with a call's values, or with what was sent."""
    fields = {f"asks_{name}": ChoiceField("", _choices(name)) for name in ASKS}
    form: CallForm = type("CallForm", (CallForm,), fields)(data=form_data(values))
    return form


def form_data(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give values as the fields of the form show them."""
    made: dict[str, Any] = {}
    for name, value in values.items():
        if name in ("opens_local", "closes_local"):
            kind = name.removesuffix("_local")
            made |= {f"{kind}_date": value.date().isoformat(), f"{kind}_time": f"{value:%H:%M}"}
        elif name == "kept_seconds":
            made["kept_minutes"] = str(-(-value // 60))
        elif name in _LENGTHS:
            made[name] = length_words(value)
        else:
            made[name] = str(value)
    return made


def first_values(event: Event, now: datetime) -> dict[str, Any]:
    """Give what a new call begins with: open from tomorrow until a week before the event, or until the day before."""
    today = zones.to_local(now, event.zone).date()
    first = event.starts_local.date()
    closes = next((day for day in (first - timedelta(days=7), first - timedelta(days=1)) if day > today), first)
    ends = datetime.combine(closes, time(18)) if closes < first else event.starts_local
    tomorrow = datetime.combine(today + timedelta(days=1), time(9))
    long_enough = event.ends_at - event.starts_at >= timedelta(minutes=45)
    return {
        "opens_local": tomorrow if tomorrow < ends else datetime.combine(min(today, ends.date()), time(0)),
        "closes_local": ends.replace(second=0, microsecond=0),
        "slot_seconds": 180,
        "least_seconds": 120,
        "most_seconds": 180,
        "places": 8,
        "change_seconds": 30,
        "kept_seconds": 15 * 60 if long_enough else 0,
        "words_a_minute": 130,
        "intro": "",
        "contact": "",
        **{f"asks_{name}": usual for name, usual in ASKS.items()},
    }


def labels() -> dict[str, str]:
    """Name every value of a call."""
    texts = {
        "opens_local": _("Opens"),
        "closes_local": _("Closes"),
        "slot_seconds": _("Length of a slot"),
        "least_seconds": _("At least"),
        "most_seconds": _("At most"),
        "places": _("How many slots"),
        "change_seconds": _("Seconds of change between two"),
        "kept_seconds": _("Minutes kept for opening, closing and breaks"),
        "words_a_minute": _("Words a minute"),
        "intro": _("Whom it is for"),
        "contact": _("Whom to ask"),
    }
    assert set(texts) == set(COLUMNS)
    return texts | {f"asks_{name}": label for name, label in ask_labels().items()}


def ask_labels() -> dict[str, str]:
    """Name what can be asked."""
    return {
        "about": _("What they do"),
        "ask": _("The one thing they ask of the audience"),
        "links": _("Links"),
        "slide": _("One slide, as a picture"),
        "pronunciation": _("How their names are said"),
        "co_presenters": _("Who presents with them"),
        "needs": _("What they need to take part (accessibility)"),
        "recording": _("Consent to be recorded"),
        "script": _("Script or notes, for themselves"),
    }


def shown(name: str, value: Any) -> str:
    """Write one value in words, for showing two states of it beside each other."""
    if name.startswith("asks_"):
        return dict(_choices(name.removeprefix("asks_"))).get(value, "")
    return " ".join(form_data({name: value}).values())


def _choices(name: str) -> list[tuple[str, str]]:
    choices = [("no", _("not asked")), ("may", _("may")), ("must", _("must"))]
    return choices[:2] if name in NEVER_MUST else choices


def _complain(field: Any, sentence: Sentence) -> None:
    field.errors = [*field.errors, words(sentence)]
