"""Time zones as people look for them: by city, country, part of a country, zone name, old name or abbreviation.

The table of cities (core/data/README.md) is read at the first search. It is searched as it stands, as bytes: it needs
no more memory than its size, and its lines are sorted by people, so that what is found first is the largest.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from gatherings.core.zone_abbreviations import abbreviations
from gatherings.core.zone_names import canonical
from gatherings.core.zone_table import Place, fold, place_in, place_of, places_in, tables

MOST = 24
LONGEST = 100  # code points of a search
_FEW = 3  # with fewer than these found, one typing mistake is allowed for
_MISTAKES_FROM = 5  # letters: a mistake in fewer makes too many other names
_CLEARLY = 10  # how many times larger a city must be for its name to mean it and not a namesake
_LONGEST_TAIL = 5  # words of a country's or region's name
_JOINERS = str.maketrans("", "", "\u200c\u200d")  # parts of words in Persian and Indic scripts, of no width


@dataclass(frozen=True)
class Resolved:
    """What a text means: a zone, or else the places that it may mean (none, if nothing is like it)."""

    zone: str | None
    places: tuple[Place, ...] = ()


def search(text: str, most: int = MOST) -> list[Place]:
    """Find places by city, country, part of a country, zone name, old name or abbreviation, best first.

    Exact names come first, then beginnings, beginnings of a later word, parts of words, and one typing mistake; among
    these the largest city. A country gives each of its zones once.
    """
    return [place for _kind, place in _ranked(text, most)]


def resolve(text: str) -> Resolved:
    """Say which zone a text means, if only one can be meant; an abbreviation never is enough (domain.md, Time 3)."""
    if len(text) > LONGEST or not text.translate(_JOINERS).isprintable():
        return Resolved(None)
    meant = abbreviations().get(fold(text))
    if meant is not None:
        return Resolved(None, tuple(map(place_of, meant)))
    zone = canonical(text.strip())
    if zone is not None:
        return Resolved(zone)
    ranked = _ranked(text, MOST)
    if not ranked:
        return Resolved(None)
    best, first = ranked[0]
    alike = next((kinds for kinds in (_EXACT, _BEGUN) if best in kinds), ())
    # A name of its own means more than what a place is called elsewhere: Monaco is also Munich, in Italian.
    rivalling = (best,) if alike == _EXACT else alike
    rival = max((one.people for kind, one in ranked if kind in rivalling and one.zone != first.zone), default=None)
    if alike == _EXACT and (rival is None or first.people > _CLEARLY * rival):
        return Resolved(first.zone)
    if alike == _BEGUN and rival is None and len(fold(text)) > _FEW:
        return Resolved(first.zone)
    return Resolved(None, tuple(place for kind, place in ranked if kind in alike or not alike))


# --- ranking -----------------------------------------------------------------------------------------------------

# How a name is like what was typed: a line's own name, or another of its names.
_NAMED, _OWN, _OTHER, _BEGINS, _OTHER_BEGINS, _WORD, _WITHIN, _MISTYPED = range(8)
_EXACT = (_NAMED, _OWN, _OTHER)
_BEGUN = (_BEGINS, _OTHER_BEGINS)
_LINE, _BAR, _TAB, _SPACE = b"\n|\t "
Where = tuple[str, str]  # country, region ("" for all of it)
Add = Callable[[int, Iterable[Place]], None]


def _ranked(text: str, most: int) -> list[tuple[int, Place]]:
    """Give (kind of likeness, place), best first, each place once."""
    text = text[:LONGEST]
    wanted = fold(text)
    if not wanted:
        return []
    found: dict[str, tuple[int, Place]] = {}

    def add(kind: int, places: Iterable[Place]) -> None:
        for place in places:
            # What is only a zone's name says nothing new beside a city there.
            if place.people or all(place.zone != other.zone for _, other in found.values()):
                found.setdefault(fold(place.label), (kind, place))

    zone = canonical(text.strip())
    by_name = [zone] if zone and ("/" in text or zone == "UTC" or zone.startswith("Etc/")) else []
    add(_NAMED, map(place_of, abbreviations().get(wanted, by_name)))
    head, _, tail = text.partition(",")
    if fold(tail):
        _search(fold(head), _territories(fold(tail), begun=True), most, add)
    _search(wanted, None, most, add)
    if not found:
        add(_OWN, [place_of(zone)] if zone else [])
    if not found:
        _search_two(wanted, most, add)
    unlike = all(kind in (_WORD, _WITHIN) for kind, _ in found.values())
    if unlike and len(found) < _FEW and len(wanted) >= _MISTAKES_FROM:
        add(_MISTYPED, _mistyped(wanted))
    return sorted(found.values(), key=lambda one: one[0])[:most]


def _search(wanted: str, where: list[Where] | None, most: int, add: Add) -> None:
    """Add what is like `wanted`; with `where`, only what lies in these countries or regions."""
    if not wanted or where == []:
        return
    kinds: dict[int, list[Place]] = {}
    for table in (tables().cities, tables().zones):
        for kind, line in _likes(table, wanted, most, where):
            kinds.setdefault(kind, []).append(place_in(line))
    for kind, line in _likes(tables().territories, wanted, most, None) if where is None else ():
        # The word before a country's name is no reason to list all of it.
        zones = None if kind in _EXACT else _FEW
        if kind != _WITHIN:
            kinds.setdefault(_OWN if kind == _OTHER else kind, []).extend(places_in(line, zones))
    for kind, places in sorted(kinds.items()):
        add(kind, sorted(places, key=lambda place: -place.people))


def _likes(table: bytes, wanted: str, most: int, where: list[Where] | None) -> Iterator[tuple[int, bytes]]:
    """Give (kind, line) of the lines with such a name, in the table's order and at most `most` of each kind."""
    looked_for = wanted.encode()
    counted = [0] * 8
    kinds: dict[int, int] = {}  # by where a line starts
    for at in _hits(table, looked_for):
        kind = _kind(table[at - 1], table[at + len(looked_for)])
        if where is not None and kind == _WITHIN:
            continue
        if counted[kind] >= most:
            if len(looked_for) < _FEW:
                break  # they come by size, and only their beginnings are looked for
            continue
        start = table.rfind(b"\n", 0, at) + 1
        if kinds.get(start, 8) <= kind or at > table.index(b"\t", start):
            continue
        if where is None or _is_in(table[start : table.index(b"\n", start)], where):
            kinds[start] = kind
            counted[kind] += 1
    for start, kind in kinds.items():
        yield kind, table[start : table.index(b"\n", start)]


def _hits(table: bytes, wanted: bytes) -> Iterator[int]:
    """Give the positions where the bytes stand; of one letter or two only whole names, and names that begin so."""
    before = 0
    if len(wanted) < _FEW:
        yield from _short_names(table).get(wanted, ())
        wanted, before = b"\n" + wanted, 1
    at = table.find(wanted)
    while at >= 0:
        yield at + before
        at = table.find(wanted, at + 1)


@cache
def _short_names(table: bytes) -> dict[bytes, list[int]]:
    """Give where names of one letter or two stand: to look through the table for these takes long."""
    found: dict[bytes, list[int]] = {}
    for match in re.finditer(rb"(?<=[\n|])[^\n|\t]{1,2}(?=[|\t])", table):
        found.setdefault(match[0], []).append(match.start())
    return found


def _kind(before: int, after: int) -> int:
    if before in (_LINE, _BAR):
        own = before == _LINE
        if after in (_BAR, _TAB):
            return _OWN if own else _OTHER
        return _BEGINS if own else _OTHER_BEGINS
    return _WORD if before == _SPACE else _WITHIN


def _search_two(wanted: str, most: int, add: Add) -> None:
    """Look for "paris texas": a place, and without a comma the country or region that it is in."""
    words = wanted.split(" ")
    for at in range(len(words) - 1, max(0, len(words) - 1 - _LONGEST_TAIL), -1):
        where = _territories(" ".join(words[at:]), begun=False)
        if where:
            _search(" ".join(words[:at]), where, most, add)


def _mistyped(wanted: str) -> list[Place]:
    """Find names of larger cities that are one letter off (more, fewer, another, or two that changed places).

    One mistake leaves the first or the second half of a name as it is, unless two letters changed places there.
    """
    middle = len(wanted) // 2
    first, second = wanted[:middle], wanted[middle:]
    swapped = f"{wanted[: middle - 1]}{second[0]}{first[-1]}{second[1:]}"
    table = tables()
    lines: dict[int, None] = {}
    for part in (f"\n{first}", f"|{first}", f"{second}|", f"{second}\t", f"\n{swapped}", f"|{swapped}"):
        looked_for = part.encode()
        at = table.cities.find(looked_for, 0, table.large)
        while at >= 0:
            start, end = _name_around(table.cities, at + (part[0] in "\n|"))
            if _one_off(wanted, table.cities[start:end].decode()):
                lines[table.cities.rfind(b"\n", 0, start) + 1] = None
            at = table.cities.find(looked_for, at + 1, table.large)
    found = (place_in(table.cities[start : table.cities.index(b"\n", start)]) for start in lines)
    return sorted(found, key=lambda place: -place.people)


def _name_around(table: bytes, at: int) -> tuple[int, int]:
    """Give where the name begins and ends that a position lies in."""
    line = table.rfind(b"\n", 0, at) + 1
    end = table.index(b"\t", line)
    bar = table.find(b"|", at, end)
    return max(line, table.rfind(b"|", line, at) + 1), end if bar < 0 else bar


def _one_off(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1:
        return False
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[at:], other[at:]
    return a[1:] == b[1:] or a == b[1:] or a[1:] == b or (a[1::-1] == b[:2] and a[2:] == b[2:])


def _is_in(line: bytes, where: list[Where]) -> bool:
    _, _, country, region, _ = line.decode().split("\t", 4)
    return any(country == whole and part in ("", region) for whole, part in where)


def _territories(name: str, *, begun: bool) -> list[Where]:
    """Give the countries and regions of this name; of "oregon united states" the smaller one."""
    found = _territories_named(name, begun=begun)
    words = name.split(" ")
    for at in range(1, min(len(words), _LONGEST_TAIL) if not found else 0):
        inner = _territories_named(" ".join(words[:at]), begun=False)
        outer = _territories_named(" ".join(words[at:]), begun=begun) if inner else []
        found = found or [(country, region) for country, region in inner if (country, "") in outer]
    return found


def _territories_named(name: str, *, begun: bool) -> list[Where]:
    table = tables().territories
    for kinds in (_EXACT, _BEGUN) if begun else (_EXACT,):
        lines = [line.decode().split("\t") for kind, line in _likes(table, name, len(table), None) if kind in kinds]
        if lines:
            return [(line[2], line[3]) for line in lines]
    return []
