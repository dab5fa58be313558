"""Names of time zones: every spelling in, one spelling out, and a city for people.

All names come from the pinned `tzdata` package, also while `gatherings retime` reads the rules from
elsewhere: a list of names that changes with a folder would refuse what is stored. Names are only ever
looked up in a table, so no input can reach the file system.
"""

import re
import unicodedata
from functools import cache
from importlib import resources

MAX_LENGTH = 64
REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")

# Where tzdata's own link would name a place far from the one that was meant, or where it has no link at all.
_BETTER_TARGETS = {
    "Africa/Asmera": "Africa/Asmara",
    "Africa/Timbuktu": "Africa/Bamako",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Virgin": "America/St_Thomas",
    "Antarctica/South_Pole": "Antarctica/McMurdo",
    "Atlantic/Jan_Mayen": "Arctic/Longyearbyen",
    "CST6CDT": "America/Chicago",
    "EST5EDT": "America/New_York",
    "Factory": "UTC",
    "Iceland": "Atlantic/Reykjavik",
    "MST7MDT": "America/Denver",
    "PST8PDT": "America/Los_Angeles",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
    "Pacific/Yap": "Pacific/Chuuk",
}
_UTC_NAMES = frozenset({"Etc/UTC", "Etc/GMT", "UTC", "GMT"})
_UTC_SPELLINGS = ("utc+0", "utc-0", "utc0", "utc+00:00", "etc/utc+0", "coordinated universal time")
# Last parts of names that are no cities, or that most people would mean another place by.
_NO_CITIES = frozenset(
    {
        "act",
        "center",
        "la rioja",
        "lhi",
        "north",
        "nsw",
        "petersburg",
        "samoa",
        "san juan",
        "south",
        "victoria",
        "west",
    }
)

_CITY_WORDS = {
    "Africa/El_Aaiun": "El Aaiún",
    "Africa/Lome": "Lomé",
    "Africa/Ndjamena": "N’Djamena",
    "Africa/Sao_Tome": "São Tomé",
    "America/Araguaina": "Araguaína",
    "America/Argentina/La_Rioja": "La Rioja, Argentina",
    "America/Argentina/San_Juan": "San Juan, Argentina",
    "America/Argentina/San_Luis": "San Luis, Argentina",
    "America/Argentina/Rio_Gallegos": "Río Gallegos",
    "America/Argentina/Cordoba": "Córdoba",
    "America/Argentina/Tucuman": "Tucumán",
    "America/Asuncion": "Asunción",
    "America/Bahia_Banderas": "Bahía de Banderas",
    "America/Belem": "Belém",
    "America/Bogota": "Bogotá",
    "America/Cancun": "Cancún",
    "America/Ciudad_Juarez": "Ciudad Juárez",
    "America/Cuiaba": "Cuiabá",
    "America/Curacao": "Curaçao",
    "America/Eirunepe": "Eirunepé",
    "America/Lower_Princes": "Lower Prince’s Quarter",
    "America/Maceio": "Maceió",
    "America/Mazatlan": "Mazatlán",
    "America/Merida": "Mérida",
    "America/Noronha": "Fernando de Noronha",
    "America/Santarem": "Santarém",
    "America/Sao_Paulo": "São Paulo",
    "America/St_Barthelemy": "St Barthélemy",
    "America/St_Johns": "St John’s",
    "Antarctica/DumontDUrville": "Dumont d’Urville",
    "Antarctica/McMurdo": "McMurdo",
    "Asia/Qostanay": "Kostanay",
    "Asia/Urumqi": "Ürümqi",
    "Atlantic/Faroe": "Faroe Islands",
    "Europe/Busingen": "Büsingen",
    "Europe/Chisinau": "Chișinău",
    "Europe/Zurich": "Zürich",
    "Indian/Comoro": "Comoros",
    "Indian/Mahe": "Mahé",
    "Indian/Reunion": "Réunion",
}


def canonical(name: str | None) -> str | None:
    """Map a zone's name, an old name of it or a city to the one spelling that is stored and shown.

    Capitals, accents, and spaces for underscores do not matter. A place that stands in tzdata's zone.tab
    keeps its own name ("Europe/Stockholm", although tzdata links it to Berlin). All spellings of GMT and
    UTC are "UTC". Gives None for anything else (and for None), offsets such as "GMT+2" among them
    (calendars.md 27: never a zone from an offset); never raises.
    """
    if name is None or len(name) > MAX_LENGTH or not name.isprintable():
        return None
    return _by_name().get(_fold(name)) or _by_city().get(_fold_city(name))


def city(zone: str) -> str:
    """Say in a word or two which place's clock a zone is: "London", "New York", "UTC−5" for Etc/GMT+5."""
    known = canonical(zone) or zone
    if known in _CITY_WORDS:
        return _CITY_WORDS[known]
    offset = re.fullmatch(r"Etc/GMT([+-])(\d+)", known)
    if offset:  # POSIX counts westwards, people count eastwards
        return f"UTC{'−' if offset[1] == '+' else '+'}{offset[2]}"
    *parents, last = known.replace("_", " ").split("/")
    if parents[1:] and parents[1] in ("Indiana", "Kentucky", "North Dakota"):
        return f"{last}, {parents[1]}"
    return re.sub(r"\bUs\b", "US", last)


@cache
def groups() -> list[tuple[str, list[str]]]:
    """List the canonical zones by region for a grouped select, sorted by city; "UTC" comes last."""
    places: dict[str, list[str]] = {region: [] for region in REGIONS}
    for zone in _places():
        # Svalbard is the only place in "Arctic"; a group of one helps nobody.
        region = zone.split("/")[0].replace("Arctic", "Europe")
        places.setdefault(region, []).append(zone)
    grouped = [(region, sorted(zones, key=lambda zone: _fold(city(zone)))) for region, zones in places.items()]
    return [*grouped, ("UTC", ["UTC"])]


def pinned_names() -> list[str]:
    """List every name of the pinned tzdata, old ones included, sorted."""
    return sorted(_read("zones").split())


def _fold(text: str) -> str:
    """Take capitals, accents and kinds of spaces out of a text, so that spellings can be compared."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(plain.casefold().replace("_", " ").split())


def _fold_city(text: str) -> str:
    """Fold a city's name, where hyphens, points and apostrophes do not matter either."""
    return " ".join(re.sub(r"[.'’]", "", _fold(text).replace("-", " ")).split())


def _read(file: str) -> str:
    return resources.files("tzdata").joinpath(file).read_text("utf-8")


@cache
def _places() -> frozenset[str]:
    """Give the zones of zone.tab: one for each place, whether or not its clock is a neighbour's."""
    lines = _read("zoneinfo/zone.tab").splitlines()
    return frozenset(line.split("\t")[2] for line in lines if line and not line.startswith("#"))


@cache
def _links() -> dict[str, str]:
    lines = (line.split() for line in _read("zoneinfo/tzdata.zi").splitlines() if line.startswith("L "))
    return {parts[2]: parts[1] for parts in lines}


def _target(name: str) -> str:
    if name in _BETTER_TARGETS:
        return _BETTER_TARGETS[name]
    while name not in _places() and name in _links():
        name = _links()[name]
    return "UTC" if name in _UTC_NAMES else name


@cache
def _by_name() -> dict[str, str]:
    names = {_fold(name): _target(name) for name in pinned_names()}
    return names | dict.fromkeys(_UTC_SPELLINGS, "UTC")


@cache
def _by_city() -> dict[str, str]:
    """Map cities (last parts of names, and the words shown for them) to zones, leaving out ambiguous ones."""
    found: dict[str, set[str]] = {}
    for name in pinned_names():
        region, _, rest = name.partition("/")
        last = _fold_city(rest.split("/")[-1])
        if region not in (*REGIONS, "Arctic") or last in _NO_CITIES:
            continue
        zone = _target(name)
        for words in (last, _fold_city(city(zone))):
            found.setdefault(words, set()).add(zone)
    return {words: zones.pop() for words, zones in found.items() if len(zones) == 1}
