"""Texts: every sentence passes through gettext here, at the edge.

English is the only catalogue for now, and English needs none: until another language is added to LANGUAGES, the
lookup that Flask-Babel makes for each sentence (a third of a page's time) is left out.
"""

from functools import lru_cache
from typing import Any

import flask_babel
from flask import Flask, has_request_context, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from gatherings.core.words import Sentence

babel = flask_babel.Babel()
LANGUAGES = ("en",)
_CATALOGUES = LANGUAGES != ("en",)


def gettext(text: str, **values: Any) -> str:
    """Translate a text for whoever reads the current page or mail, then fill in its values (`%(name)s`)."""
    found = str(flask_babel.gettext(text)) if _CATALOGUES else text
    return found % values if values else found


def ngettext(one: str, many: str, number: int, **values: Any) -> str:
    """Translate a text that has a plural form; `%(num)s` is the number."""
    if _CATALOGUES:
        return str(flask_babel.ngettext(one, many, number, **values))
    return (one if number == 1 else many) % {"num": number, **values}


def locale_now() -> str:
    """Give the language of the current page or mail as a tag ("en")."""
    return str(flask_babel.get_locale() or "en") if _CATALOGUES else "en"


def words(sentence: Sentence | str) -> str:
    """Translate a Sentence for whoever reads the current page or mail; plain texts pass through."""
    if isinstance(sentence, Sentence):
        values = {
            name: words(value) if isinstance(value, Sentence) else value for name, value in sentence.values.items()
        }
        return gettext(sentence.text, **values)
    return sentence


@lru_cache(256)
def language_of(accepted: str) -> str:
    """Choose the language for a browser by its `Accept-Language`; English where nothing fits."""
    if not _CATALOGUES or len(accepted) > 200:
        return "en"
    return parse_accept_header(accepted, LanguageAccept).best_match(LANGUAGES) or "en"


def choose_language() -> str:
    """Choose the language of the page."""
    return language_of(request.headers.get("Accept-Language", "")) if has_request_context() else "en"


def init_i18n(app: Flask) -> None:
    """Set Babel up without a time zone of its own: times are converted by core/zones.py alone."""
    babel.init_app(app, default_locale="en", default_timezone="UTC", locale_selector=choose_language)
    if not _CATALOGUES:
        app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # added by jinja2.ext.i18n
            gettext=lambda text: text,
            ngettext=lambda one, many, number: one if number == 1 else many,
            newstyle=True,
            pgettext=lambda context, text: text,
            npgettext=lambda context, one, many, number: one if number == 1 else many,
        )
    app.jinja_env.filters["words"] = words
