"""Languages to choose from: those that gatherings are held in, by their names in the reader's language."""

from babel import Locale

from gatherings.web.i18n import locale_now

_LANGUAGES = (
    "en", "ar", "bg", "bn", "ca", "cs", "cy", "da", "de", "el", "es", "et", "fa", "fi", "fr", "ga", "he", "hi", "hr",
    "hu", "id", "is", "it", "ja", "ko", "lt", "lv", "mi", "ms", "mt", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl",
    "so", "sq", "sr", "sv", "sw", "ta", "th", "tl", "tr", "uk", "ur", "vi", "zh",
)  # fmt: skip


def language_choices(present: str) -> list[tuple[str, str]]:
    """Give languages with their names, by name; `present` is among them whatever it is."""
    names = Locale.parse(locale_now()).languages
    codes = _LANGUAGES if present in _LANGUAGES else (*_LANGUAGES, present)
    return sorted(((code, str(names.get(code.split("-")[0], code))) for code in codes), key=lambda one: one[1])
