"""The setting of papers by typst: our own two templates, nothing from the network, and a limit on everything.

A template gets its words as one JSON text and never as markup, so nothing that people typed is read as typst. It has
no folder to read from and no packages. Two papers are set at a time; one that takes too long is given up.
"""

import json
import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Literal

from gatherings.core.errors import Busy

log = logging.getLogger(__name__)

SECONDS = 20.0  # for one paper, the waiting for others included
MOST = 200_000  # characters of one paper's words: twenty pages
_HERE = Path(__file__).parent
_FACES = (_HERE / "fonts", _HERE.parents[1] / "pages" / "fonts")
# What our text face has (docs/fonts): Latin, Greek, Cyrillic and punctuation. Other scripts come from the machine.
_OURS = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x1A0, 0x1A1), (0x1AF, 0x1B0), (0x218, 0x21B), (0x384, 0x38A), (0x38E, 0x3A1),
    (0x3A3, 0x3CE), (0x400, 0x45F), (0x490, 0x491), (0x1EA0, 0x1EF9), (0x2010, 0x201E), (0x2020, 0x2022),
    (0x2026, 0x2026), (0x202F, 0x202F), (0x2039, 0x203A), (0x20AC, 0x20AC), (0x2212, 0x2212),
)  # fmt: skip

# Parts of what a template gets that are no words, by name or by value.
_NO_WORDS = frozenset({"", "lang", "dir", "accent", "band", "cover", "picture", "title", "total", "strong"})

Format = Literal["pdf", "png"]


class Unprintable(Exception):
    """A paper is longer than anything that we print."""


def is_ours(text: str) -> bool:
    """Tell whether our own faces have all letters of a text."""
    return all(any(first <= ord(char) <= last for first, last in _OURS) for char in text if char not in "\n\t")


def typeset(template: str, words: Mapping[str, Any], *, made_on: date, format: Format = "pdf") -> bytes:
    """Set a template with its words and give the PDF (or, for looking at it, its one page as PNG).

    The same words give the same bytes: `made_on` is the date that the file names. Raises Busy when it takes too long.
    """
    data = json.dumps(_isolated(words) if words["dir"] == "rtl" else words, ensure_ascii=False)
    if len(data) > MOST:
        raise Unprintable(template)
    work: Future[bytes] = _workers().submit(_compile, template, data, made_on, format)
    try:
        return work.result(SECONDS)
    except TooSlow:
        work.cancel()
        raise Busy(30) from None


def _isolated(value: Any, name: str = "") -> Any:
    """Let each text of a paper that runs from right to left keep the direction it begins with (UAX 9, FSI)."""
    if isinstance(value, Mapping):
        return {name: _isolated(one, name) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_isolated(one, name) for one in value]
    if not isinstance(value, str) or name in _NO_WORDS or value in _NO_WORDS:
        return value
    return f"\u2068{value}\u2069"


def _compile(template: str, data: str, made_on: date, format: Format) -> bytes:
    import typst  # thirty megabytes that most processes never need

    def compile(standard: Literal["1.7", "ua-1"] = "1.7") -> bytes:
        made, _warnings = typst.compile_with_warnings(
            _source(template),
            root=_HERE / "fonts",
            font_paths=_fonts(is_ours(data)),
            format=format,
            ppi=110.0,
            sys_inputs={"data": data},
            package_path=_HERE / "fonts",
            package_cache_path=_HERE / "fonts",
            timestamp=int(datetime.combine(made_on, time(12), UTC).timestamp()),
            pdf_standards=standard,
        )
        assert isinstance(made, bytes)  # one page, where it is a picture
        return made

    if format != "pdf":
        return compile()
    try:
        return compile("ua-1")  # for screen readers: refused where a letter cannot be shown
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        log.warning("no face on this server has all letters of a paper (docs/fonts): %s", _letters(data))
        return compile()


def _letters(data: str) -> str:
    """Name some letters that are not ours, never a name."""
    return " ".join(sorted({f"U+{ord(char):04X}" for char in data if not is_ours(char)})[:12])


@cache
def _source(template: str) -> bytes:
    return b"\n".join((_HERE / f"{name}.typ").read_bytes() for name in ("shared", template))


@cache
def _fonts(ours_alone: bool) -> Any:
    """Give our faces, and those of the machine where letters need them: looking through its folders takes a while."""
    import typst

    return typst.Fonts(include_system_fonts=not ours_alone, include_embedded_fonts=False, font_paths=list(_FACES))


@cache
def _workers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="papers")
