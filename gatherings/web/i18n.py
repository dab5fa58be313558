"""Texts: every sentence passes through gettext here, at the edge.

Which language is spoken stands in a context variable: nothing for English, which needs no catalogue and pays for
none. Requests set it by what the browser asks for, the mail worker by whom it writes to; the installation's setting
GATHERINGS_LANGUAGES says which there are (docs/translating.md).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from unicodedata import bidirectional

from flask import Flask, Response, current_app, request
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from gatherings.core.words import Sentence
from gatherings.web.catalogues import Catalogue, catalogue_of

LANGUAGES = ("en",)  # what there is unless the installation says otherwise
_STRONG = ("L", "R", "AL")  # UAX #9: letters that have a direction of their own
_THERE = "gatherings.languages"
_spoken: ContextVar[Catalogue | None] = ContextVar("spoken", default=None)


def gettext(text: str, **values: Any) -> str:
    """Translate a text for whoever reads the current page or mail, then fill in its values (`%(name)s`)."""
    catalogue = _spoken.get()
    found = text if catalogue is None else catalogue.gettext(text)
    return found % values if values else found


def ngettext(one: str, many: str, number: int, **values: Any) -> str:
    """Translate a text that has a plural form; `%(num)s` is the number, written as the language writes it."""
    return _plural(one, many, number) % {"num": number_words(number), **values}


def _gettext(text: str) -> str:
    catalogue = _spoken.get()
    return text if catalogue is None else catalogue.gettext(text)


def _plural(one: str, many: str, number: int) -> str:
    catalogue = _spoken.get()
    if catalogue is None:
        return one if number == 1 else many
    return catalogue.ngettext(one, many, number)


def words(sentence: Sentence | str) -> str:
    """Translate a Sentence, with what is in it, for whoever reads the page or mail; plain texts pass through."""
    if not isinstance(sentence, Sentence):
        return sentence
    values = {name: _value(value) for name, value in sentence.values.items()} if sentence.values else {}
    if sentence.many is not None:
        return ngettext(sentence.text, sentence.many, sentence.number, **values)
    return gettext(sentence.text, **values)


def _value(value: Any) -> Any:
    if isinstance(value, Sentence):
        return words(value)
    if type(value) is int and abs(value) >= 1000:
        return number_words(value)
    return date_words(value, "long") if isinstance(value, date) else value


# --- what differs by language besides texts ------------------------------------------------------------------------


def locale_now() -> str:
    """Give the locale by which dates and numbers of the current page or mail are written, as babel names it ("en")."""
    catalogue = _spoken.get()
    return "en" if catalogue is None else catalogue.locale


def language_now() -> str:
    """Give the language of the current page or mail as a tag ("en")."""
    catalogue = _spoken.get()
    return "en" if catalogue is None else catalogue.tag


def direction_now() -> str:
    """Give the direction in which the current page or mail is written: "ltr" or "rtl"."""
    catalogue = _spoken.get()
    return "ltr" if catalogue is None else catalogue.direction


def own_words(text: object, language: str | None = None) -> Markup:
    """Give the attributes of an element that holds people's own words: ` lang="sv"`, ` dir="auto"`.

    Only what is needed: the language if it is known and another than the page's, and the direction if the text
    begins with a letter of the other direction.
    """
    page, said = language_now(), str(text)
    lang = f' lang="{language}"' if language and language != page.split("-")[0] and language != page else ""
    ltr = said.isascii() or next((kind for char in said if (kind := bidirectional(char)) in _STRONG), "L") == "L"
    return Markup(lang if ltr == (direction_now() == "ltr") else f'{lang} dir="auto"')  # noqa: S704  # both are ours


def dressed(text: str) -> str:
    """Give what babel has written as the current language shows it; only pseudo languages change it."""
    catalogue = _spoken.get()
    return text if catalogue is None else catalogue.dress(text)


def number_words(number: int) -> str:
    """Write a whole number: "7", "1,000"."""
    return str(number) if -1000 < number < 1000 else _number_words(number, locale_now())


@lru_cache(1024)
def _number_words(number: int, locale: str) -> str:
    from babel.numbers import format_decimal  # at first use

    return str(format_decimal(number, locale=locale))


def date_words(day: date, pattern: str) -> str:
    """Write a part of a date by a pattern of CLDR ("LLLL y") or one of its lengths ("long")."""
    return dressed(_date_words(date(day.year, day.month, day.day), pattern, locale_now()))


@lru_cache(4096)
def _date_words(day: date, pattern: str, locale: str) -> str:
    from babel.dates import format_date  # at first use

    return str(format_date(day, pattern, locale=locale))


def list_words(pieces: Sequence[str]) -> str:
    """Join pieces as the language lists things: "one, two, and three"."""
    from babel.lists import format_list  # at first use

    return str(format_list(list(pieces), locale=locale_now()))


# --- who speaks what -----------------------------------------------------------------------------------------------


@lru_cache(256)
def language_of(accepted: str, languages: tuple[str, ...] = LANGUAGES) -> str:
    """Choose among `languages` by a browser's `Accept-Language`; the first of them where nothing fits."""
    if len(languages) == 1 or len(accepted) > 200:
        return languages[0]
    return parse_accept_header(accepted, LanguageAccept).best_match(languages) or languages[0]


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language inside the block, the installation's first where it is none of those that it has.

    Needs the app's context.
    """
    there: dict[str, Catalogue | None] = current_app.extensions[_THERE]
    before = _spoken.set(there[language] if language in there else next(iter(there.values())))
    try:
        yield
    finally:
        _spoken.reset(before)


def init_i18n(app: Flask, languages: tuple[str, ...] = LANGUAGES, *, by_address: bool = False) -> None:
    """Read the catalogues of the installation's languages, and let each request speak its own.

    `by_address` lets `?lang=…` choose, for development. Raises BadSetting for a language without a translation.
    """
    templates = Path(app.root_path, app.template_folder or "templates")
    there = {tag: catalogue_of(tag, templates) for tag in languages}
    app.extensions[_THERE] = there
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(_gettext, _plural, newstyle=True)  # type: ignore[attr-defined]  # its own
    app.jinja_env.globals.update(
        ngettext=_ngettext, language_now=language_now, direction_now=direction_now, own_words=own_words
    )
    app.jinja_env.filters.update(words=words, number=number_words)
    if languages != LANGUAGES:
        _speak_in_requests(app, languages, by_address)


@pass_eval_context
def _ngettext(context: EvalContext, one: str, many: str, number: int, **values: Any) -> str:
    """As jinja's own of the new style, with the number written as the language writes it."""
    found = _plural(one, many, number)
    # Texts are ours and translators'; what is filled in is escaped.
    return (Markup(found) if context.autoescape else found) % {"num": number_words(number), **values}  # noqa: S704


def _speak_in_requests(app: Flask, languages: tuple[str, ...], by_address: bool) -> None:
    there: dict[str, Catalogue | None] = app.extensions[_THERE]

    @app.before_request
    def begin() -> None:
        asked = request.args.get("lang") if by_address else None
        language = asked if asked in there else language_of(request.headers.get("Accept-Language", ""), languages)
        _spoken.set(there[language])

    @app.after_request
    def vary(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.vary.add("Accept-Language")
        return response

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        _spoken.set(None)  # the thread's next request is somebody else's
