"""The form of a letter: what it says, what kind it is, and when it goes out."""

from datetime import date, datetime
from typing import Any

import wtforms

from gatherings.core.text import TextProblem, clean_line, clean_text
from gatherings.core.tokens import PUBLIC_ID, new_public_id
from gatherings.core.words import say
from gatherings.letters.models import Letter
from gatherings.letters.rules import FARTHEST, LONGEST_BODY, LONGEST_SUBJECT, Draft
from gatherings.organise.conflicts import pack
from gatherings.web.forms import ChoiceField, CleanField, PlainForm
from gatherings.web.i18n import gettext as _

_COUNTER = 9  # digits


def _subject(typed: str) -> str:
    return clean_line(typed, least=1, most=LONGEST_SUBJECT)


def _body(typed: str) -> str:
    return clean_text(typed, least=1, most=LONGEST_BODY)


def _day(typed: str) -> date | None:
    line = clean_line(typed, most=40)
    if not line:
        return None
    try:
        return date.fromisoformat(line)
    except ValueError as problem:
        raise TextProblem(say("Please write the day as year, month, day, such as 2026-12-24.")) from problem


class LetterForm(PlainForm):
    """A letter. `letter` is the public id that it is saved under, made with the form; `edits`: what it opened with."""

    subject = CleanField("", _subject, id="subject")
    body = CleanField("", _body, id="body")
    kind = ChoiceField("", [("about", ""), ("news", "")], id="kind", default="about")
    when = ChoiceField("", [("now", ""), ("hour", "")], id="when", default="now")
    hour = ChoiceField("", [(str(hour), f"{hour:02}:00") for hour in range(24)], id="hour", default="9")
    from_day = CleanField("", _day, id="from-day")
    letter = wtforms.StringField("")
    edits = wtforms.StringField("", default="0")
    base = wtforms.StringField("")

    @classmethod
    def of(cls, letter: Letter | None, *, like: Letter | None = None) -> "LetterForm":
        """Open the form: for a letter, for a new one, or for a new one with the words of another."""
        source = letter or like
        values: dict[str, Any] = {"letter": new_public_id(), "body": _("Hello {name},") + "\n\n"}
        if source is not None:
            values |= shown(source)
        if letter is not None:
            values |= {"letter": letter.public_id, "edits": str(letter.edits)}
        form = cls(data=values)
        if not form.base.data:
            form.base.data = pack(shown(letter)) if letter is not None else ""
        return form

    @property
    def letter_id(self) -> str:
        """Give the public id that the form came with; a new one where that is none."""
        typed = self.letter.data or ""
        return typed if PUBLIC_ID.fullmatch(typed) and typed[0].isalnum() else new_public_id()

    @property
    def opened_with(self) -> int:
        """Give the number of edits that the form was opened with."""
        typed = self.edits.data or ""
        return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= _COUNTER else 0

    def check_day(self, now: datetime) -> bool:
        """Check the day from which it goes out; a problem stands at its field."""
        day = self.from_day.clean
        if self.when.data != "hour" or day is None:
            return True
        if day > (now + FARTHEST).date():
            self.from_day.errors = [_("This day is more than two months away. Please choose an earlier one.")]
        elif (now.date() - day).days > 1:  # somewhere it may be the day before still
            self.from_day.errors = [_("This day is over. Please choose a later one, or leave it empty.")]
        return not self.from_day.errors

    def draft(self, audience: dict[str, Any]) -> Draft:
        """Give what was written, cleaned."""
        by_hour = self.when.data == "hour"
        day = self.from_day.clean
        return Draft(
            subject=self.subject.clean,
            body=self.body.clean,
            kind=self.kind.data,
            audience=audience,
            local_hour=int(self.hour.data) if by_hour else None,
            from_local=day.isoformat() if by_hour and day is not None else None,
        )


def shown(letter: Letter) -> dict[str, str]:
    """Give a letter's values as the form shows them."""
    return {
        "subject": letter.subject,
        "body": letter.body,
        "kind": letter.kind,
        "when": "now" if letter.local_hour is None else "hour",
        "hour": str(9 if letter.local_hour is None else letter.local_hour),
        "from_day": letter.from_local or "",
    }


def labels() -> dict[str, str]:
    """Name the fields as the form does: for showing what differs."""
    return {
        "subject": _("Subject"),
        "body": _("Letter"),
        "kind": _("What it is"),
        "when": _("When it goes out"),
        "hour": _("Hour"),
        "from_day": _("From which day"),
    }
