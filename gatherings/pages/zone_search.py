"""Zones as people look for them: by city, country, or any old name."""

import unicodedata
from functools import cache
from importlib import resources

from gatherings.core import zones

MOST = 24


def search(text: str) -> list[str]:
    """Find zones by city, country or name (aliases and old names too), best first; at most 24."""
    wanted = _folded(text)
    if not wanted:
        return []
    exact = zones.canonical(text[:64])
    starts, within = [], []
    for zone, spoken in _index():
        if any(words.startswith(wanted) for words in spoken):
            starts.append(zone)
        elif any(f" {wanted}" in words for words in spoken):
            within.append(zone)
    found = ([exact] if exact else []) + starts + within
    return list(dict.fromkeys(found))[:MOST]


@cache
def _index() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Give each zone with all that it may be called, sorted by city."""
    named: dict[str, set[str]] = {zone: set() for _, members in zones.groups() for zone in members}
    for name in zones.pinned_names():
        zone = zones.canonical(name)
        if zone in named:
            named[zone] |= {_folded(name), _folded(name.rsplit("/", 1)[-1])}
    for zone, country in _countries():
        if zone in named:
            named[zone].add(_folded(country))
    for zone, spoken in named.items():
        spoken.add(_folded(zones.city(zone)))
    return tuple((zone, tuple(sorted(spoken))) for zone, spoken in named.items())


def _countries() -> list[tuple[str, str]]:
    folder = resources.files("tzdata").joinpath("zoneinfo")
    names = dict(
        line.split("\t", 1)
        for line in folder.joinpath("iso3166.tab").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    )
    rows = (
        line.split("\t")
        for line in folder.joinpath("zone.tab").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    )
    return [(row[2], names.get(row[0], "")) for row in rows]


def _folded(text: str) -> str:
    plain = "".join(char for char in unicodedata.normalize("NFKD", text[:100]) if not unicodedata.combining(char))
    return " ".join(plain.casefold().replace("_", " ").replace("/", " ").split())
