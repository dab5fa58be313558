"""Lengths of minutes and seconds as people type them: "3:00", "2.30", "3", "180"."""

import re
import unicodedata

from gatherings.core.text import TextProblem
from gatherings.core.words import say

_LENGTH = re.compile(r"([0-9]{1,3})(?:[:.][0-9]{2}){0,2}")
_PARTS = re.compile("[:.]")
_BAD_LENGTH = say("We cannot read this length. Please write minutes and seconds, such as 3:00.")


def read_length(typed: str) -> int:
    """Read a length in seconds; raises TextProblem.

    A number alone means minutes, from 60 on seconds ("3" and "180" are the same); any script's digits will do.
    """
    if len(typed) > 40:
        raise TextProblem(_BAD_LENGTH)
    text = "".join(_digit(char) for char in typed.strip()).replace("：", ":")
    if _LENGTH.fullmatch(text) is None:
        raise TextProblem(_BAD_LENGTH)
    parts = [int(part) for part in _PARTS.split(text)]
    if len(parts) == 1:
        return parts[0] * 60 if parts[0] < 60 else parts[0]
    if any(part > 59 for part in parts[1:]):
        raise TextProblem(_BAD_LENGTH)
    seconds = 0
    for part in parts:
        seconds = seconds * 60 + part
    return seconds


def _digit(char: str) -> str:
    return str(unicodedata.digit(char)) if unicodedata.category(char) == "Nd" else char
