"""Texts: every sentence passes through gettext here, at the edge."""

from flask import Flask
from flask_babel import Babel, gettext

from gatherings.core.words import Sentence

babel = Babel()
LANGUAGES = ("en",)


def words(sentence: Sentence | str) -> str:
    """Translate a Sentence for whoever reads the current page or mail; plain texts pass through."""
    if isinstance(sentence, Sentence):
        values = {
            name: words(value) if isinstance(value, Sentence) else value for name, value in sentence.values.items()
        }
        return str(gettext(sentence.text, **values)) if values else str(gettext(sentence.text))
    return sentence


def choose_language() -> str:
    """Choose the language of the page: English is the only catalogue for now."""
    return "en"


def init_i18n(app: Flask) -> None:
    """Set Babel up without a time zone of its own: times are converted by core/zones.py alone."""
    babel.init_app(app, default_locale="en", default_timezone="UTC", locale_selector=choose_language)
    app.jinja_env.filters["words"] = words
