"""A country."""

import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache

from gatherings.core.words import say
from gatherings.questions.types import base
from gatherings.questions.types.base import Choice, Json, Question, QuestionType, find_choice, stored_text


class Country(QuestionType[str]):
    """A country of ISO 3166-1 (and Kosovo), kept as its two letters and named in the reader's language."""

    name = "country"
    label = say("A country")
    control = "select"
    missing = say("Please choose a country.")

    def read(self, question: Question, typed: str) -> str | None:
        return find_choice(self.choices(question), typed).key if typed else None

    def choices(self, question: Question) -> Sequence[Choice]:
        return _countries(base.locale_now())

    def to_json(self, value: str | None) -> Json:
        return value

    def from_json(self, stored: Json) -> str | None:
        code = stored_text(stored)
        if code is not None and code not in _codes():
            raise ValueError("a country's two letters were expected")
        return code

    def show(self, value: str | None, locale: str) -> str:
        return "" if value is None else _names(locale).get(value, value)


@cache
def _codes() -> dict[str, str]:
    """Give the English name by code: the fallback for those that a language does not name."""
    import pycountry  # reads its files: at first use

    codes = {country.alpha_2: country.name for country in pycountry.countries}
    return codes | {"XK": "Kosovo"}  # a code for users (ISO 3166-1 8.1.3), as Unicode's CLDR has it


@lru_cache(maxsize=32)
def _names(locale: str) -> dict[str, str]:
    from babel import Locale  # at first use

    territories = Locale.parse(base.babel_locale(locale)).territories
    return {code: str(territories.get(code, name)) for code, name in _codes().items()}


@lru_cache(maxsize=32)
def _countries(locale: str) -> tuple[Choice, ...]:
    choices = [Choice(code, name) for code, name in _names(locale).items()]
    return tuple(sorted(choices, key=lambda choice: _without_accents(choice.label)))


def _without_accents(name: str) -> str:
    """Sort Åland with the A's: not right in every language, but found in all."""
    return "".join(char for char in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(char))
