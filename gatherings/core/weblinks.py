"""Addresses of pages as people type them."""

import re
from urllib.parse import urlsplit

from gatherings.core.text import TextProblem, clean_line
from gatherings.core.words import say

LONGEST_LINK = 1000
_BAD_LINK = say("A link begins with https:// and has no blanks, such as https://example.org/page.")
_HARMFUL = re.compile(r"[\s<>\"\\]")


def read_link(typed: str) -> str:
    """Read the address of a page: http or https; "" where the field is empty. Raises TextProblem."""
    text = clean_line(typed, most=LONGEST_LINK)
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not parts.username
    except ValueError:
        good = False
    if not good or _HARMFUL.search(text):
        raise TextProblem(_BAD_LINK)
    return text


def complete_link(typed: str) -> str:
    """Put https:// before the address of a page that somebody typed as they say it: "www.example.org"."""
    line = typed.strip()
    host = line.split("/", 1)[0]
    bare = re.fullmatch(r"[^\s/:@.]+(?:\.[^\s/:@.]+)+", host) is not None
    return f"https://{line}" if bare else line
