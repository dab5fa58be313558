"""Languages that nobody speaks, for looking at pages: what is not translated shows at once.

`accented` is for languages with longer words (Unicode's en-XA), `mirrored` for those written from right to left
(ar-XB). Both keep what a translator keeps: `%(name)s`, HTML tags and entities, addresses.
"""

import re
from collections.abc import Callable
from itertools import cycle, takewhile

TAGS = ("en-XA", "ar-XB")
LONGER = 0.4  # of a text's length: what other languages need more than English

_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ACCENTED = "ÀƁČÐÉƑĜĤÍĴĶĹṀŃÓÞǪŔŠŢÚṼŴẊÝŽáƀčďéƒĝĥíĵķļḿñóþǫŕšţúṽŵẋýž"
_LETTERS = str.maketrans(_PLAIN, _ACCENTED)
_KEPT = re.compile(r"(%\(\w+\)[sd]|%%|<[^>]*>|&#?\w+;|https?://\S+|\S+@\S+\.\S+)")
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_RIGHT_TO_LEFT, _END = "\u202e", "\u202c"


def accented(text: str) -> str:
    """Write a text with accents, two fifths longer and in brackets: "[Ŕéĝíšţéŕ óñé]"; without letters, as it is."""
    parts = _KEPT.split(text)
    plain = "".join(parts[::2])
    if not _has_letters(plain):
        return text
    return f"[{_each(parts, with_accents)}{with_accents(_filler(round(len(plain) * LONGER) or 1))}]"


def mirrored(text: str) -> str:
    """Write a text so that it runs from right to left, word by word; without letters, as it is."""
    return _each(_KEPT.split(text), _turned)


def with_accents(text: str) -> str:
    """Put an accent on every letter from A to Z."""
    return text.translate(_LETTERS)


def _each(parts: list[str], change: Callable[[str], str]) -> str:
    return "".join(part if number % 2 else change(part) for number, part in enumerate(parts))


def _turned(text: str) -> str:
    words = re.split(r"(\s+)", text)
    return "".join(f"{_RIGHT_TO_LEFT}{word}{_END}" if _has_letters(word) else word for word in words)


def _filler(length: int) -> str:
    """Give number words of `length` characters or a little more, each after a blank."""
    said = 0

    def missing(word: str) -> bool:
        nonlocal said
        before, said = said, said + len(word) + 1
        return before < length

    return "".join(f" {word}" for word in takewhile(missing, cycle(_WORDS)))


def _has_letters(text: str) -> bool:
    return any(char.isalpha() for char in text)
