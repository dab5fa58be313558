"""Cleaners of single fields of organisers' forms: each gives what is kept, or raises TextProblem."""

import re
import string
from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache

from babel import Locale

from gatherings.core.folding import fold
from gatherings.core.text import TextProblem, clean_line, clean_name, clean_text
from gatherings.core.weblinks import read_link
from gatherings.core.words import say
from gatherings.planning.rules.slugs import is_slug

MOST_PLACES = 1_000_000
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_STARTS = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2})")
_YEARS = range(1900, 3000)
_HOUR = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::00)?")
_BAD_DAY = say("This is not a date that we know. Please write it like 2027-03-18.")
_BAD_HOUR = say("This is not a time that we know. Please write it like 18:00.")
_BAD_COUNTRY = say("We do not know a country of this name. Please write it in English, such as Sweden.")


def read_title(typed: str) -> str:
    """Read a title: needed, and no mail programme finds a link in it."""
    return clean_name(typed, most=200)


def line_of(most: int, least: int = 0) -> Callable[[str], str]:
    """Make a cleaner of one line."""
    return lambda typed: clean_line(typed, least=least, most=most)


def text_of(most: int, least: int = 0) -> Callable[[str], str]:
    """Make a cleaner of several lines."""
    return lambda typed: clean_text(typed, least=least, most=most)


def name_of(most: int, least: int = 0) -> Callable[[str], str]:
    """Make a cleaner of a name."""
    return lambda typed: clean_name(typed, least=least, most=most)


def read_day(typed: str) -> date | None:
    """Read a day; None where the field is empty."""
    text = clean_line(typed, most=40)
    if not text:
        return None
    found = _DAY.fullmatch(text)
    try:
        day = date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        raise TextProblem(_BAD_DAY)
    return day


def read_hour(typed: str) -> time | None:
    """Read a wall-clock time; None where the field is empty."""
    text = clean_line(typed, most=40)
    if not text:
        return None
    found = _HOUR.fullmatch(text)
    if found is None:
        raise TextProblem(_BAD_HOUR)
    return time(int(found[1]), int(found[2]))


def read_number(typed: str) -> int | None:
    """Read how many places there are; None where the field is empty: no limit."""
    text = clean_line(typed, most=40)
    if not text:
        return None
    if re.fullmatch("[0-9]{1,7}", text) is None or int(text) > MOST_PLACES:
        raise TextProblem(say("Please write a whole number, such as 40, or leave this empty for no limit."))
    return int(text)


def read_year(typed: str) -> int | None:
    """Read a year; None where the field is empty."""
    text = clean_line(typed, most=40)
    if not text:
        return None
    if re.fullmatch("(19|2[0-9])[0-9]{2}", text) is None:
        raise TextProblem(say("Please write a year, such as 2027."))
    return int(text)


def read_needed_link(typed: str) -> str:
    """Read the address of a page that must not be missing."""
    clean_line(typed, least=1, most=1000)
    return read_link(typed)


def read_slug(typed: str) -> str:
    """Read the last part of a page's address; "" where the field is empty: it is made of the title."""
    text = clean_line(typed, most=80)
    if text and not is_slug(text):
        raise TextProblem(
            say("An address has 2 to 60 small letters a–z, digits and hyphens, and no hyphen at its ends.")
        )
    return text


@lru_cache(maxsize=16)
def countries(locale: str) -> dict[str, str]:
    """Give the names of countries in a language, by their two letters."""
    names = {str(code): str(name) for code, name in Locale.parse(locale).territories.items()}
    codes = (code for code in names if len(code) == 2 and all(one in string.ascii_uppercase for one in code))
    return {code: names[code] for code in codes if code not in ("EU", "EZ", "UN", "QO", "XA", "XB", "ZZ")}


@lru_cache(maxsize=16)
def _codes(locale: str) -> dict[str, str]:
    return {fold(name): code for code, name in countries(locale).items()}


def country_reader(locale: str) -> Callable[[str], str]:
    """Make a cleaner of a country: by its name in English or in the reader's language, or its two letters."""

    def read(typed: str) -> str:
        text = clean_line(typed, most=100)
        if not text:
            return ""
        code = text.upper() if text.upper() in countries("en") else None
        code = code or _codes(locale).get(fold(text)) or _codes("en").get(fold(text))
        if code is None:
            raise TextProblem(_BAD_COUNTRY)
        return code

    return read


def starts_asked(text: str) -> datetime | None:
    """Read the wall-clock time of an address (`?starts=2026-12-17T19:00`); None for anything else."""
    if _STARTS.fullmatch(text) is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in _YEARS else None
