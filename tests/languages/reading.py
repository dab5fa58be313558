"""What a person can read or hear of a page or mail, and which of it was never translated.

In a pseudo language every letter of a translated text carries a mark. What is left with plain letters is either data
(names, titles, cities: `Data` knows them) or a text that escaped gettext.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from typing import Any

from babel import Locale
from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Session

from gatherings.core import zones
from gatherings.core.zone_search import search
from gatherings.db.base import Base

_SILENT = ("script", "style")
_READ_ALOUD = ("placeholder", "aria-label", "title", "alt", "data-done", "label", "aria-description")
_META = ("description", "og:title", "og:description", "og:site_name", "twitter:title", "twitter:description")
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
# Columns whose few values are our own words for states and kinds: none of them may stand on a page as it is.
_OURS = frozenset("status mode listing state type kind method attends waits_for wish accent role_in form".split())
_MIRRORED = re.compile("\u202e[^\u202c]*\u202c")
_ADDRESSES = re.compile(r"\S+@\S+\.\w+|(?:https?|webcal)://\S+|\b[\w-]+\.(?:test|org|ics)\S*|(?<!\w)/[\w/-]+")
# What is the same in every language: brands, names of techniques; and what the tests look for.
SAME_EVERYWHERE = (
    "Google", "Apple", "Outlook", "Thunderbird", "Gmail", "Mastodon", "WhatsApp", "LinkedIn", "Bluesky", "GeoNames",
    "CC BY", "JSON", "HTML", "UTC", "kindness", "nothing-of-the-kind",
)  # fmt: skip


class Reader(HTMLParser):
    """Collects texts as (where, text).

    Left out is what is data: Markdown of the organisers' (class "prose"), what stands in another language (`lang`) or
    in a machine's (`translate="no"`).
    """

    def __init__(self, prose: bool) -> None:
        super().__init__()
        self.read: list[tuple[str, str]] = []
        self._open: list[tuple[str, bool]] = []
        self._language = ""
        self._prose = prose

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if not self._hidden:
            self.read += [(f"<{tag} {name}>", given[name]) for name in _READ_ALOUD if given.get(name)]
            if tag == "input" and given.get("type") in ("submit", "button", "reset"):
                self.read.append(("<input value>", given.get("value", "")))
            if tag == "meta" and (given.get("name") or given.get("property")) in _META:
                self.read.append((f"<meta {given.get('name') or given.get('property')}>", given.get("content", "")))
        if tag not in _VOID:
            self._open.append((tag, self._is_left_out(tag, given)))

    def _is_left_out(self, tag: str, given: dict[str, str]) -> bool:
        if tag == "html":
            self._language = given.get("lang", "")
        return (
            tag in _SILENT
            or (not self._prose and "prose" in given.get("class", "").split())
            or given.get("translate") == "no"
            or given.get("lang", self._language) != self._language
        )

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._hidden:
            self.read.append((f"<{self._open[-1][0] if self._open else ''}>", data.strip()))

    @property
    def _hidden(self) -> bool:
        return any(hidden for _tag, hidden in self._open)


def texts_of(html: str, *, prose: bool = False) -> list[tuple[str, str]]:
    """Give all that can be read or heard of a page, with where it stands; Markdown only if it is ours (`prose`)."""
    reader = Reader(prose)
    reader.feed(html)
    return reader.read


@dataclass
class Data:
    """Texts that are people's own or the world's: what stands in the database, cities, countries, languages."""

    known: set[str]

    @classmethod
    def of(cls, session: Session) -> "Data":
        """Read every text of the database that is not one of our own words for a state or kind."""
        known: set[str] = set(SAME_EVERYWHERE)
        for table in Base.metadata.sorted_tables:
            columns = [
                column
                for column in table.columns
                if isinstance(column.type, String | JSON) and column.name not in _OURS and column.name != "facts"
            ]
            for row in session.execute(select(*columns)) if columns else ():
                for value in row:
                    _collect(value, known)
        for place in search("new"):
            known |= {place.label, place.name, place.region}
        for name in zones.pinned_names():
            known |= {name, zones.city(name)}
        for locale in (Locale("en"), Locale("ar")):
            known |= {*map(str, locale.territories.values()), *map(str, locale.languages.values())}
        return cls({text for text in known if re.search("[A-Za-z]", text)})

    @cached_property
    def _pattern(self) -> "re.Pattern[str]":
        longest_first = sorted(self.known, key=len, reverse=True)
        return re.compile(rf"(?<![A-Za-z])(?:{'|'.join(map(re.escape, longest_first))})(?![A-Za-z])")

    def escaped(self, text: str) -> str:
        """Give what of a text is neither translated nor data; "" where all is well."""
        left = _ADDRESSES.sub(" ", _MIRRORED.sub(" ", text))
        if not re.search("[A-Za-z]", left):
            return ""
        left = self._pattern.sub(" ", left)
        return " ".join(re.findall(r"[A-Za-z][A-Za-z’'-]*", left))


def _collect(value: Any, known: set[str]) -> None:
    if isinstance(value, str):
        lines = " ".join(value.split())
        known |= {value.strip(), lines, *(line.strip() for line in value.splitlines())}
    elif isinstance(value, dict):
        for one in value.values():
            _collect(one, known)
    elif isinstance(value, list | tuple):
        for one in value:
            _collect(one, known)
