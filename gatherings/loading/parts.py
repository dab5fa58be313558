"""Reading the parts that items share: dates, places, speakers, resources, questions and consents."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from gatherings.core.recurrence import DAYS
from gatherings.core.words import say
from gatherings.loading.fields import Part, local_time
from gatherings.loading.programme import Parts
from gatherings.loading.rules import MONTHS, AfterStart, Fixed, InDays, NthWeekday, When
from gatherings.questions.types import TYPES
from gatherings.questions.types.country import Country

MODES = ("online", "in person", "hybrid")
MOST_PLACES = 1_000_000
_SIDES = {"online": ("online",), "in person": ("room",), "hybrid": ("room", "online")}
_COUNTRY = Country()


# --- dates ---------------------------------------------------------------------------------------------------------


def read_when(part: Part, name: str, *, hours: bool = True, after_start: bool = False) -> When | None:
    """Read a date, fixed or relative; `hours` says whether one with an hour is needed, or one without."""
    node = part.nodes.get(name)
    if node is None:
        return None
    if isinstance(node, yaml.MappingNode):
        return _relative(part, name, hours=hours, after_start=after_start)
    text = part.scalar(name)
    found = local_time(text) if text is not None else None
    if text is not None and found is None:
        part.wrong(name, say("A date is written like 2026-03-05 18:00, or counted from today (“Relative dates”)."))
    if found is None:
        return None
    if found[1] is not hours:
        part.wrong(name, say("The hour is missing, as in 2026-03-05 18:00.") if hours else _no_hour())
        return None
    return Fixed(found[0])


def _no_hour() -> Any:
    return say("An all-day event has dates without an hour.")


def _relative(part: Part, name: str, *, hours: bool, after_start: bool) -> When | None:
    own = part.within(name, ("weekday", "of", "days", "then", "after_start", "at"))
    assert own is not None  # the node is a mapping
    before = len(own.reader.problems)
    at = own.hour()
    if hours and not own.has("at"):
        own.wrong("at", say('The hour is missing: at: "18:00".'))
    if not hours and own.has("at"):
        own.wrong("at", _no_hour())
    forms = [form for form in ("weekday", "days", "after_start") if own.has(form)]
    if len(forms) != 1:
        part.wrong(name, say("A relative date has one of: weekday with of, days, after_start."))
        return None
    when: When | None = None
    if own.has("of") != (forms == ["weekday"]) or (own.has("then") and forms != ["days"]):
        part.wrong(name, say("“of” belongs to weekday, and “then” to days."))
    elif forms == ["weekday"]:
        when = _nth_weekday(own, at)
    elif forms == ["days"]:
        days = own.whole("days", -36500, 36500)
        then = own.one_of("then", DAYS, "MO") if own.has("then") else None
        when = InDays(days or 0, None if then is None else DAYS.index(then), at)
    elif not after_start:
        own.wrong("after_start", say("“after_start” can be used only in ends and in registration."))
    else:
        when = _after_start(own, at)
    return when if len(own.reader.problems) == before else None


def _nth_weekday(own: Part, at: Any) -> NthWeekday:
    day = re.fullmatch(r"([1-4])(MO|TU|WE|TH|FR|SA|SU)", own.scalar("weekday") or "")
    if day is None:
        own.wrong("weekday", say("A weekday has a figure from 1 to 4 before it, such as 3TH."))
    of = own.scalar("of") or ""
    months = re.fullmatch(r"\+?(\d{1,3}) months?", of)
    if months is None and of.lower() not in MONTHS:
        own.wrong("of", say("Here stands a month by its English name, or +1 months."))
    number, weekday = (int(day[1]), DAYS.index(day[2])) if day else (1, 0)
    if months is not None:
        return NthWeekday(number, weekday, months=int(months[1]), at=at)
    return NthWeekday(number, weekday, month=MONTHS.index(of.lower()) + 1 if of.lower() in MONTHS else 1, at=at)


def _after_start(own: Part, at: Any) -> AfterStart:
    found = re.fullmatch(r"([+-]?\d{1,4}) days?", own.scalar("after_start") or "")
    if found is None:
        own.wrong("after_start", say('This is written like "2 days" or "-7 days".'))
    return AfterStart(int(found[1]) if found else 0, at)


# --- places --------------------------------------------------------------------------------------------------------


def read_where(part: Part) -> dict[str, Any]:
    """Read mode, places, place and join as columns; `capacity_room` and `capacity_online` are None without limit."""
    mode = part.one_of("mode", MODES, "online")
    place = part.within("place", ("name", "address", "map"))
    if place is not None:
        place.need("name")
    if place is not None and mode == "online" and part.has("mode"):
        part.wrong("place", say("An online event has no place. Is the mode hybrid?"))
    if part.has("join") and mode == "in person":
        part.wrong("join", say("An event in person has no meeting link. Is the mode hybrid?"))
    return {
        "mode": mode,
        **_capacities(part, mode),
        "place_name": (place.title("name") or None) if place else None,
        "place_address": (place.line_text("address") or None) if place else None,
        "place_map": place.url("map") if place else None,
        "join_url": part.url("join"),
    }


def _capacities(part: Part, mode: str) -> dict[str, int | None]:
    places = part.within("places", ("room", "online"))
    found: dict[str, int | None] = {"capacity_room": None, "capacity_online": None}
    for side in ("room", "online") if places is not None else ():
        assert places is not None
        if places.wrote(side) and side not in _SIDES[mode]:
            places.wrong(side, say("An event with mode “%(mode)s” has no such places.", mode=mode))
        found[f"capacity_{side}"] = places.whole(side, 0, MOST_PLACES)
    return found


# --- lists ---------------------------------------------------------------------------------------------------------


def read_speakers(part: Part) -> Parts:
    """Read who speaks, in order."""

    def speaker(own: Part) -> dict[str, Any]:
        own.need("name")
        country = own.text_of("country") or ""
        if country and country not in _countries():
            own.wrong("country", say("A country has its two capital letters of ISO 3166, such as SE."))
        return {
            "name": own.name("name"),
            "role": own.line_text("role"),
            "group": own.line_text("group"),
            "about": own.text("about", 2000),
            "country": country,
            "talk": own.line_text("talk"),
        }

    return _each(part, "speakers", ("name", "role", "group", "about", "country", "talk"), speaker)


def _countries() -> frozenset[str]:
    class Asked:
        public_id, label, help, required = "", "", None, False
        options: Mapping[str, Any] = {}

    return frozenset(choice.key for choice in _COUNTRY.choices(Asked()))


def read_resources(part: Part) -> Parts:
    """Read what belongs to an event for reading on."""

    def resource(own: Part) -> dict[str, Any]:
        own.need("title", "url")
        return {"title": own.title("title"), "url": own.url("url") or "", "note": own.line_text("note")}

    return _each(part, "resources", ("title", "url", "note"), resource)


def read_asked_often(part: Part) -> list[dict[str, str]]:
    """Read the questions that people ask, with their answers (Markdown), in order."""

    def asked(own: Part) -> dict[str, Any]:
        own.need("question", "answer")
        return {"question": own.title("question", 300), "answer": own.text("answer", 5000)}

    return [dict(one) for one in _each(part, "asked_often", ("question", "answer"), asked)]


def read_consents(part: Part) -> Parts:
    """Read consents: separate boxes."""

    def consent(own: Part) -> dict[str, Any]:
        own.need("key", "text")
        return {"key": own.key("key"), "text": own.text("text", 1000)}

    return _unlike(part, "consents", _each(part, "consents", ("key", "text"), consent))


def read_questions(part: Part) -> Parts:
    """Read what is asked at registration; `options` are the type's own."""
    known = ("key", "ask", "type", "required", "help", "choices", "least", "most")
    return _unlike(part, "questions", _each(part, "questions", known, _question))


def _question(own: Part) -> dict[str, Any]:
    own.need("key", "ask", "type")
    kind = own.one_of("type", TYPES, "text")
    options: dict[str, Any] = {}
    chosen, counted = kind in ("one_of", "many_of"), kind in ("many_of", "number")
    if chosen:
        own.need("choices")
        options["choices"] = _choices(own)
    elif own.has("choices"):
        own.wrong("choices", say("Only one_of and many_of have choices."))
    for name in ("least", "most"):
        if own.has(name) and not counted:
            own.wrong(name, say("Only many_of and number have “%(name)s”.", name=name))
        top = len(options["choices"]) if chosen else 9_999_999
        number = own.whole(name, 0 if chosen else -9_999_999, max(top, 1)) if counted else None
        if number is not None:
            options[name] = number
    if options.get("least", 0) > options.get("most", options.get("least", 0)):
        own.wrong("least", say("“least” is more than “most”."))
    return {
        "key": own.key("key"),
        "ask": own.title("ask", 300),
        "type": kind,
        "required": own.flag("required"),
        "help": own.text("help", 1000),
        "options": options,
    }


def _choices(own: Part) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for number, (node, path) in enumerate(own.list_of("choices"), start=1):
        holder = Part(own.reader, yaml.MappingNode("", [], node.start_mark, node.end_mark), path, ())
        holder.nodes["choice"] = node
        label = holder.title("choice")
        if label and any(one["label"] == label for one in found):
            holder.wrong("choice", say("This choice stands here twice."))
        key = _key_of(label) or f"c{number}"
        taken = {one["key"] for one in found}
        found.append({"key": key if key not in taken else f"{key}-{number}", "label": label})
    return found


def _key_of(label: str) -> str:
    """Make a choice's key of its words: it stays when choices change places."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40]


def _each(part: Part, name: str, known: tuple[str, ...], read: Callable[[Part], dict[str, Any]]) -> Parts:
    found = [part.reader.part(node, path, known) for node, path in part.list_of(name)]
    if len(found) > 300:
        part.wrong(name, say("There are too many of them: 300 at most."))
    return tuple(read(own) for own in found if own is not None)


def _unlike(part: Part, name: str, items: Parts) -> Parts:
    keys = [item["key"] for item in items if item["key"]]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        part.wrong(name, say("The key “%(key)s” stands here twice.", key=key))
    return items
