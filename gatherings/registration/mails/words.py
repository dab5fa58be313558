"""gettext with its type said: Flask-Babel has none of its own."""

import flask_babel


def gettext(text: str, **values: object) -> str:
    """Translate a text into the reader's language and fill its `%(name)s` values in."""
    return str(flask_babel.gettext(text, **values))
