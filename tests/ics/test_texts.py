"""Texts from people in content lines: nothing lost, nothing let in (reliability.md C6-C8)."""

import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gatherings.ics import Attendee, Organizer, calendar, clean, vevent
from tests.ics import reader
from tests.ics.outside import by_icalendar, ical_js
from tests.ics.samples import GUEST, HOST, an_entry

HONEST = [
    "Zoë & Sons <3",
    "李雷",
    "محمد بن سلمان",
    "Siobhán O’Brien-Ní Dhuibhir",
    "👩🏽‍🚀 and 👨‍👩‍👧‍👦",
    "می‌خواهم",  # with a ZWNJ inside
    'Robert "Bob" Jones; PhD, MBE: host',
    "100% ^ready^ %2C",
    "C:\\New folder\\names",
    "back\\slash at the end\\",
]
INJECTED = "x\r\nATTENDEE:mailto:evil@example.org\nBEGIN:VALARM\rEND:VEVENT\x0bA:1"
INJECTED += "\x85B:2\u2028C:3\u2029D:4\x1eE:5\x00F"
FIELDS = [
    "summary",
    "description",
    "location",
    "url",
    "uid",
    "related_to",
    "category",
    "name",
    "address",
    "calendar",
]
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)


def _with(where: str, text: str) -> bytes:
    """A calendar with a text in one of the places that people write in."""
    changes: dict[str, Any] = {"organizer": HOST, "attendee": GUEST, "related_to": "parent@example.org"}
    if where == "category":
        changes["categories"] = (text, "kindness")
    elif where == "name":
        changes |= {
            "attendee": Attendee(text, "a@example.org"),
            "organizer": Organizer(text, "o@example.org"),
        }
    elif where == "address":
        changes |= {"attendee": Attendee("A", text), "organizer": Organizer("O", text)}
    elif where != "calendar":
        changes[where] = text
    return calendar([vevent(an_entry(**changes))], name=text if where == "calendar" else "Ours")


def _kinds(data: bytes) -> list[str]:
    parts = [reader.read(data)]
    names = []
    for part in parts:
        names += [part.kind, *(line.name for line in part.lines)]
        parts += part.parts
    return names


@pytest.mark.parametrize("where", FIELDS)
def test_line_breaks_in_a_field_bring_no_new_line(where: str) -> None:
    plain, injected = _kinds(_with(where, "plain")), _kinds(_with(where, INJECTED))
    assert injected == plain
    by_icalendar(_with(where, INJECTED))


@pytest.mark.parametrize("text", HONEST)
def test_honest_texts_come_back_from_icalendar(text: str) -> None:
    entry = an_entry(summary=text, description=f"{text}\n\n{text}", location=text, categories=(text, "b"))
    event = by_icalendar(calendar([vevent(entry)])).events[0]
    assert (event["SUMMARY"], event["LOCATION"]) == (text, text)
    assert event["DESCRIPTION"] == f"{text}\n\n{text}"
    assert event["CATEGORIES"].cats == [text, "b"]


def test_honest_texts_come_back_from_ical_js() -> None:
    entries = [an_entry(uid=f"{n}@example.org", summary=text, description=f"{text}\n{text}")
               for n, text in enumerate(HONEST)]  # fmt: skip
    found = ical_js(calendar([vevent(entry) for entry in entries]))
    assert [one["summary"] for one in found] == HONEST
    assert [one["description"] for one in found] == [f"{text}\n{text}" for text in HONEST]


@pytest.mark.parametrize("name", HONEST)
def test_names_of_people_come_back_with_only_quotes_and_backslashes_replaced(name: str) -> None:
    entry = an_entry(attendee=Attendee(name, "a@example.org"), organizer=Organizer(name, "o@example.org"))
    event = by_icalendar(calendar([vevent(entry)])).events[0]
    expected = name.replace('"', "'").replace("\\", "/")
    assert event["ATTENDEE"].params["CN"] == event["ORGANIZER"].params["CN"] == expected
    assert event["ATTENDEE"] == "mailto:a@example.org"


@pytest.mark.parametrize(
    ("text", "one_line", "lines"),
    [
        ("a\r\nb\rc\nd", "a b c d", "a\nb\nc\nd"),
        ("a\u2028b\u2029c\x85d", "a b c d", "a\nb\nc\nd"),
        ("a\tb", "a b", "a b"),
        ("\x00\x01a\x1b[31m\x7f\x9fb", "a[31mb", "a[31mb"),
        ("lone \ud83d half \udc00", "lone  half", "lone  half"),
        ("e\u0301", "é", "é"),
        ("  \n wide \n ", "wide", "wide"),
        ("می\u200cخواهم 👨\u200d👩", "می\u200cخواهم 👨\u200d👩", "می\u200cخواهم 👨\u200d👩"),
    ],
)
def test_clean_takes_out_what_cannot_stand_in_a_line(text: str, one_line: str, lines: str) -> None:
    assert clean(text) == one_line
    assert clean(text, lines=True) == lines


@pytest.mark.parametrize("character", ["é", "李", "👩🏽‍🚀", "\\", ";", "e", "^"])
@pytest.mark.parametrize("before", range(9))
def test_folds_leave_characters_and_escapes_whole(character: str, before: int) -> None:
    text = "x" * before + character * 200
    event = reader.read(vevent(an_entry(summary=text)).data)  # reader: 75 octets, each line decodes
    assert event.one("SUMMARY").text == text
    for raw in reader.physical_lines(vevent(an_entry(summary=text)).data):
        assert (len(raw) - len(raw.rstrip(b"\\"))) % 2 == 0, raw


@settings(deadline=None, max_examples=150)
@given(summary=ANY_TEXT, description=ANY_TEXT, location=ANY_TEXT, name=ANY_TEXT)
@example("C:\\New", "a\\nb\\Nc\\\\n", "\u037e", "^^n^'^^^")
@example("\\" * 80, "," * 80, ";" * 80, "'" * 80)
def test_any_text_comes_back_as_it_was_cleaned(summary: str, description: str, location: str, name: str) -> None:
    entry = an_entry(summary=summary, description=description, location=location)
    entry = replace(entry, attendee=Attendee(name, "a@example.org"), organizer=HOST)
    data = calendar([vevent(entry)], name=name)
    reader.physical_lines(data)
    read = by_icalendar(data)
    event = read.events[0]
    assert event["SUMMARY"] == clean(summary)
    assert event.get("DESCRIPTION", "") == clean(description, lines=True)
    assert event.get("LOCATION", "") == clean(location)
    assert [line.text for line in reader.read(data).all("NAME")] == [clean(name)] * bool(clean(name))
    known = clean(name).replace('"', "'").replace("\\", "/")
    assert event["ATTENDEE"].params.get("CN", "") == known


@settings(deadline=None)
@given(ANY_TEXT, st.booleans())
def test_cleaning_twice_changes_nothing_more(text: str, lines: bool) -> None:
    once = clean(text, lines=lines)
    assert clean(once, lines=lines) == once == unicodedata.normalize("NFC", once)
    once.encode("utf-8")


@settings(deadline=None, max_examples=60)
@given(where=st.sampled_from(FIELDS), text=ANY_TEXT)
def test_any_text_anywhere_brings_no_new_line(where: str, text: str) -> None:
    optional = {"DESCRIPTION", "LOCATION", "URL", "RELATED-TO", "NAME", "X-WR-CALNAME"}
    kinds = [kind for kind in _kinds(_with(where, text)) if kind not in optional]
    assert kinds == [kind for kind in _kinds(_with(where, "plain")) if kind not in optional]
