"""Texts from people, made safe for a content line (reliability.md rule 14, C6-C8)."""

import re
import unicodedata

_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BLANKS = re.compile("[\t\n]+")
_DROPPED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


def clean(text: str, *, lines: bool = False) -> str:
    """Take control characters and halves of surrogate pairs out of a text and put it into NFC.

    Line breaks of every kind become "\\n" when `lines` are wanted, else (with tabs) one space, so that words
    stay apart. Joiners (ZWJ, ZWNJ) and marks stay. Cleaning twice changes nothing more.
    """
    text = _BREAKS.sub("\n", text)
    text = text.replace("\t", " ") if lines else _BLANKS.sub(" ", text)
    return unicodedata.normalize("NFC", _DROPPED.sub("", text)).strip()


def escape(text: str) -> str:
    """Escape a cleaned text for a TEXT value (RFC 5545 3.3.11).

    icalendar 7.3's own escaping turns a backslash before a capital N into a line break ("C:\\New").
    """
    return text.translate(_ESCAPED)


def quotable(name: str) -> str:
    """Clean a person's name for a parameter: the characters that readers disagree about are replaced.

    A double quote cannot stand in a parameter (RFC 5545 3.2; few readers know RFC 6868), and some take a
    backslash before the closing quote for an escape.
    """
    return clean(name).replace('"', "'").replace("\\", "/")


def uri(text: str) -> str:
    """Clean an address (URL, mail address): nothing that ends a line, no white space."""
    return "".join(clean(text).split())
