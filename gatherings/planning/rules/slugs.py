"""Addresses made of titles."""

import re
import unicodedata
from datetime import date

LONGEST = 60
_FORM = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i"})


def is_slug(text: str) -> bool:
    """Tell whether a text can be an address: small letters a–z, digits and hyphens, none at its ends."""
    return len(text) >= 2 and _FORM.fullmatch(text) is not None


def slug_of(title: str, day: date) -> str:
    """Make an address of a title; one in a script without our letters gets its day instead."""
    spread = unicodedata.normalize("NFKD", title.lower().translate(_LETTERS))
    plain = "".join(char for char in spread if not unicodedata.combining(char) and char not in "'’")
    words = re.findall(r"[a-z0-9]+", plain)
    most, slug = LONGEST - 4, ""  # room for a number
    for word in words:
        longer = f"{slug}-{word}" if slug else word[:most]
        if len(longer) > most:
            break
        slug = longer
    return slug if len(slug) >= 3 else f"gathering-{day:%Y-%m-%d}"


def with_year(slug: str, old: int, new: int) -> str:
    """Give a slug for another year: its year replaced, else added."""
    if re.search(rf"(?<!\d){old}(?!\d)", slug):
        return re.sub(rf"(?<!\d){old}(?!\d)", str(new), slug)
    return f"{slug[: LONGEST - 5].rstrip('-')}-{new}"


def title_for_year(title: str, old: int, new: int) -> str:
    """Give a title for another year where it names its own."""
    return re.sub(rf"(?<!\d){old}(?!\d)", str(new), title)
