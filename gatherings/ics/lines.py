"""Content lines (RFC 5545 3.1) through icalendar, which is loaded at first use because it is heavy."""

from functools import cache
from typing import Any

from gatherings.ics.text import escape

_LONGEST = 75  # octets of a line (RFC 5545 3.1), without its CRLF
_ESCAPES = (b"\\", b"^")  # of texts and of parameters (RFC 6868)


@cache
def _icalendar() -> tuple[Any, Any, Any]:
    """Load what writes content lines; the last is an empty set of parameters."""
    from icalendar.parser import Contentline, Parameters

    return Contentline, Parameters, Parameters()


class _Written(str):
    """A value that is in its final form already."""

    __slots__ = ()

    def to_ical(self) -> bytes:
        return self.encode()


def line(name: str, value: str, **params: str) -> bytes:
    """Write one content line whose value is final (a TEXT: escaped); empty parameters are left out."""
    content_line, parameters, none = _icalendar()
    given = parameters({key: text for key, text in params.items() if text}) if params else none
    content: str = content_line.from_parts(name, given, _Written(value), sorted=False)
    return _folded(content.encode()) + b"\r\n"


def text_line(name: str, text: str) -> bytes:
    """Write a cleaned text as a TEXT property."""
    return line(name, escape(text))


def address_line(name: str, address: str, **params: str) -> bytes:
    """Write a person as a CAL-ADDRESS: a mailto: URI (calendars.md 15)."""
    return line(name, f"mailto:{address}", **params)


def _folded(octets: bytes) -> bytes:
    """Fold a content line between characters, never between an escape sign and what it escapes.

    icalendar 7.3's own fold tears pairs of backslashes apart and walks through every character.
    """
    pieces, start, room = [], 0, _LONGEST
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:  # the middle of a UTF-8 character
            end -= 1
        piece = octets[start:end]
        end -= any((len(piece) - len(piece.rstrip(sign))) % 2 for sign in _ESCAPES)
        pieces.append(octets[start:end])
        start, room = end, _LONGEST - 1
    return b"\r\n ".join([*pieces, octets[start:]])
