"""Days on paper: with their year, for papers are read years later."""

from collections.abc import Sequence
from datetime import date

from gatherings.web.i18n import date_words, list_words, locale_now
from gatherings.web.i18n import gettext as _


def long_date(day: date) -> str:
    """Write a day with its year: "20 November 2026"."""
    return date_words(day, "d MMMM y" if locale_now().startswith("en") else "long")


def days_words(first: date, last: date) -> str:
    """Write one day, or the first and the last: "2–4 March 2027"."""
    if first == last:
        return long_date(first)
    if locale_now().startswith("en") and (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{long_date(last)}"
    return _("%(first)s – %(last)s", first=long_date(first), last=long_date(last))


def weekdays_words(days: Sequence[str], *, year: bool = True) -> str:
    """Write single days (ISO dates) in a row: "Tuesday 2 March and Thursday 4 March 2027"."""
    english = locale_now().startswith("en")
    said = [date_words(date.fromisoformat(day), "EEEE d MMMM" if english else "full") for day in days]
    words = list_words(said)
    return f"{words} {days[-1][:4]}" if english and year else words
