"""The table that zones are found by: cities, countries and zones by all their names (core/data/README.md).

It is read when it is first needed and kept as it stands, as bytes: it takes no more memory than its size. Its lines
are sorted by people, so that what stands first is the largest.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from gatherings.core import folding
from gatherings.core.zone_names import canonical, city, groups, pinned_names

LARGE = 100_000  # people; mistakes are forgiven in the names of such cities
TOLD_BY_REGION = ("US", "CA")  # where towns are told apart by state or province
_SAINT = re.compile(r"\bsaint\b")
_RINGS = str.maketrans("", "", "ʾʿ")


def fold(text: str) -> str:
    """Fold a name as core/folding.py does; besides, "Saint" is "St"."""
    return _SAINT.sub("st", folding.fold(text.translate(_RINGS)))


@dataclass(frozen=True)
class Place:
    """A city, or what a zone is called by, and the zone of its clock; `country` is an ISO code or ""."""

    name: str
    region: str  # in English; "" where a place is told apart without it
    country: str
    zone: str
    people: int = 0

    @property
    def label(self) -> str:
        """Give the words for it in English, "Portland, Oregon, United States": `resolve` knows them."""
        return ", ".join(filter(None, (self.name, self.region, country_name(self.country))))


def country_name(code: str) -> str:
    """Give a country's name in English by its ISO code."""
    return tables().countries.get(code, code)


@dataclass(frozen=True)
class Tables:
    """What the file holds, and a line for each zone of tzdata."""

    numbered: tuple[str, ...]  # zones by number
    cities: bytes  # lines "name|other name<tab>Name<tab>country<tab>region<tab>zone's number<tab>people"
    territories: bytes  # lines "name|other name<tab>Name<tab>country<tab>region<tab>zones with their largest cities"
    zones: bytes  # like cities, one for each zone by all its names
    countries: dict[str, str]
    regions: dict[tuple[str, str], str]
    large: int  # where the cities of fewer people than LARGE begin


@cache
def tables() -> Tables:
    """Give the table; the first time, read it."""
    data = resources.files("gatherings.core").joinpath("data/cities.txt").read_bytes()
    first, second = data.index(b"\n\n"), data.rindex(b"\n\n")
    numbered = tuple(data[:first].decode().split(" "))
    cities, territories = data[first + 1 : second + 1], data[second + 1 :]
    del data
    named = [line.decode().split("\t") for line in territories.split(b"\n") if line]
    countries = {country: name for _, name, country, region, _ in named if not region}
    regions = {(country, region): name for _, name, country, region, _ in named if region}
    zones = _zone_lines({zone: number for number, zone in enumerate(numbered)})
    return Tables(numbered, cities, territories, zones, countries, regions, _where_larger_ends(cities))


def _where_larger_ends(cities: bytes) -> int:
    """Find the first line of fewer people than LARGE: the lines are sorted."""
    low, high = 0, len(cities) - 1
    while low < high:
        middle = cities.index(b"\n", (low + high) // 2)
        start = cities.rfind(b"\n", 0, middle) + 1
        if int(cities[cities.rfind(b"\t", start, middle) + 1 : middle]) < LARGE:
            high = start - 1 if start else 0
        else:
            low = middle + 1
    return low


def _zone_lines(numbers: dict[str, int]) -> bytes:
    """Write a line for each zone by all its names: what no city of the table stands for is found by these."""
    names: dict[str, dict[str, None]] = {zone: {fold(city(zone)): None} for _, held in groups() for zone in held}
    for name in pinned_names():
        zone = canonical(name)
        if zone in names and zone != "UTC":
            names[zone] |= {fold(name.rsplit("/", 1)[-1]): None, fold(name): None}
    countries = _countries_of_zones()
    lines = [
        f"{'|'.join(spoken)}\t{city(zone)}\t{countries.get(zone, '')}\t\t{numbers.get(zone, zone)}\t0"
        for zone, spoken in names.items()
        if zone != "UTC"
    ]
    return "\n".join(["", *lines, ""]).encode()


@cache
def _countries_of_zones() -> dict[str, str]:
    text = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {row[2]: row[0] for row in rows}


def place_in(line: bytes) -> Place:
    """Give the place of a city's or a zone's line."""
    _, name, country, region, number, people = line.decode().split("\t")
    zone = tables().numbered[int(number)] if number.isdigit() else number
    return _made(name, region, country, zone, int(people))


def _made(name: str, region: str, country: str, zone: str, people: int) -> Place:
    told = tables().regions.get((country, region), "") if country in TOLD_BY_REGION else ""
    return Place(name, told, country, zone, people)


def places_in(line: bytes, most: int | None) -> list[Place]:
    """Give the zones of a country or region, each by its largest city there."""
    _, _, country, _, held = line.decode().split("\t")
    split = [one.split(",", 3) for one in held.split(";")[:most]]
    return [_made(name, where, country, tables().numbered[int(number)], int(people))
            for number, people, where, name in split]  # fmt: skip


def place_of(zone: str) -> Place:
    """Give the place that a zone is called by."""
    return Place(city(zone), "", _countries_of_zones().get(zone, ""), zone)
