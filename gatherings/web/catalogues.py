"""The texts of a language: translators' own from gatherings/translations/, or made by code for looking at pages.

A translation is one file, `<language>.po`, read when the app starts: nothing is compiled, so nothing is forgotten.
What a file leaves out, or marks as doubtful (fuzzy), is shown in English.
"""

import gettext
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from gatherings.config import BadSetting
from gatherings.core import pseudo

FOLDER = Path(__file__).parents[1] / "translations"
KEYWORDS: dict[str, Any] = {
    "_": None, "gettext": None, "say": None, "ngettext": (1, 2), "say_many": (1, 2),
}  # fmt: skip
_RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa he ks ps sd ug ur yi".split())  # scripts of these by CLDR
_VALUE = re.compile(r"%\(\w+\)[sd]")
_MARKS = re.compile(rf"{_VALUE.pattern}|<[^>]*>")
Message = tuple[str, str | None]
log = logging.getLogger(__name__)


def _as_it_is(text: str) -> str:
    return text


def _two_forms(number: int) -> int:
    return int(number != 1)


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language; `locale` writes its dates and numbers (babel), `dress` what babel has written."""

    tag: str
    locale: str
    texts: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    form_of: Callable[[int], int] = _two_forms
    dress: Callable[[str], str] = _as_it_is

    @property
    def direction(self) -> str:
        """Give "rtl" for languages that are written from right to left, else "ltr"."""
        return "rtl" if self.tag.split("-")[0] in _RIGHT_TO_LEFT else "ltr"

    def gettext(self, text: str) -> str:
        """Translate a text; what has no translation stays English."""
        return self.texts.get(text) or text

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Translate a text that counts, in the form that this language has for the number."""
        forms = self.forms.get(one)
        if not forms:
            return one if number == 1 else many
        return forms[min(self.form_of(number), len(forms) - 1)]


def catalogue_of(tag: str, templates: Path) -> Catalogue | None:
    """Read or make the texts of a language; None for English, which is what the sources say.

    `templates` is where pseudo languages find the texts of pages. Raises BadSetting if there is no such language.
    """
    if tag == "en":
        return None
    if tag in pseudo.TAGS:
        return _pseudo(tag, templates)
    file = FOLDER / f"{tag}.po"
    if not file.is_file():
        raise BadSetting(f"GATHERINGS_LANGUAGES should name languages that have a translation; “{tag}” has none.")
    return read_catalogue(file)


def read_catalogue(file: Path) -> Catalogue:
    """Read a translator's file; its name is the language's tag. What does not fit its English stays English."""
    from babel import Locale  # at first use
    from babel.messages.pofile import read_po

    with file.open("rb") as source:
        read = read_po(source, locale=str(Locale.parse(file.stem, sep="-")))
    texts: dict[str, str] = {}
    forms: dict[str, tuple[str, ...]] = {}
    for message in read:
        wanted, given = _several(message.id), _several(message.string)
        if not message.id or message.fuzzy or not all(given):
            continue
        if not all(_fits(text, wanted) for text in given):
            log.warning("%s: the translation of “%s” has other values or tags, and is left out", file.name, wanted[0])
        elif len(wanted) > 1:
            forms[wanted[0]] = given
        else:
            texts[wanted[0]] = given[0]
    # The rule stands in the file's own head; babel writes it there by CLDR's.
    return Catalogue(file.stem, file.stem.replace("-", "_"), texts, forms, gettext.c2py(read.plural_expr))


def _several(strings: Any) -> tuple[str, ...]:
    return (strings,) if isinstance(strings, str) else tuple(strings)


def _fits(text: str, wanted: tuple[str, ...]) -> bool:
    """Tell whether a translation has the values and HTML tags of its English: another value would end in an error."""
    there = [sorted(_MARKS.findall(one)) for one in wanted]
    # "One place" needs no number in English, and may need it elsewhere.
    return sorted(_MARKS.findall(text)) in there and (not _loose(text) or _loose(wanted[0]))


def _loose(text: str) -> bool:
    return "%" in _MARKS.sub("", text).replace("%%", "")


@cache
def _pseudo(tag: str, templates: Path) -> Catalogue:
    """Make a language from the texts that are in the sources: a text that `make messages` misses stays English."""
    made = _made_from(_found_once(templates))
    if tag == "en-XA":
        return Catalogue(tag, "en", *made(pseudo.accented, ("one", "other")), dress=pseudo.with_accents)
    from babel import Locale  # at first use

    # Arabic has six plural forms, and writes its own dates: those that English has are used again and again.
    kinds = ("zero", "one", "two", "few", "many", "other")
    rule = Locale("ar").plural_form
    return Catalogue(tag, "ar", *made(pseudo.mirrored, kinds), form_of=lambda number: kinds.index(rule(number)))


@cache
def _found_once(templates: Path) -> tuple[Message, ...]:
    """Reading all sources takes seconds: once for all pseudo languages of a process."""
    return tuple(source_messages(templates))


def _made_from(found: Sequence[Message]) -> Callable[..., tuple[dict[str, str], dict[str, tuple[str, ...]]]]:
    def made(change: Callable[[str], str], kinds: Sequence[str]) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
        texts = {text: change(text) for text, _many in found}
        forms = {
            text: tuple(change(text if kind == "one" else many) for kind in kinds)
            for text, many in found
            if many is not None
        }
        return texts, forms

    return made


def source_messages(templates: Path) -> Iterator[Message]:
    """Find the texts of the sources and templates as `make messages` does: (text, its plural or None)."""
    from babel.messages.extract import extract_from_dir  # at first use

    methods = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
    options = {pattern: {"silent": "false"} for pattern, method in methods if method == "jinja2"}
    for folder in (Path(__file__).parents[1], templates):
        for _file, _line, text, _comments, _context in extract_from_dir(folder, methods, options, KEYWORDS):
            yield (text, None) if isinstance(text, str) else (text[0], text[1])
