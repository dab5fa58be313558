"""One contract for all types of question, and what each of them refuses."""

import json
import re
import time
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jinja2
import pytest
import wtforms
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from gatherings.core.words import Sentence, say
from gatherings.questions.types import TYPES, base
from gatherings.questions.types.base import Choice, field_name

TEMPLATES = Path(__file__).parents[2] / "templates"
MEALS = [
    {"key": "veg", "label": "Vegetarian"},
    {"key": "fish", "label": "Fish & chips"},
    {"key": "any", "label": "<Any>"},
]
VEG, FISH = Choice("veg", "Vegetarian"), Choice("fish", "Fish & chips")


@dataclass
class Asked:
    """A question as the form sees it."""

    kind: str
    required: bool = False
    label: str = 'What <b>"suits"</b> you?'
    help: str | None = "As you <i>like</i>."
    public_id: str = "AbC-_123"
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind in ("one_of", "many_of"):
            self.options = {"choices": MEALS} | self.options


# What is typed, the value, what is stored, what people and spreadsheets see.
GOOD: dict[str, tuple[list[str], Any, Any, str, Any]] = {
    "text": (["  Zoë  Lu "], "Zoë Lu", "Zoë Lu", "Zoë Lu", "Zoë Lu"),
    "long_text": (["a\r\n\r\n b"], "a\n\n b", "a\n\n b", "a\n\n b", "a\n\n b"),
    "yes_no": (["no"], False, False, "No", "no"),
    "one_of": (["fish"], FISH, {"key": "fish", "label": "Fish & chips"}, "Fish & chips", "Fish & chips"),
    "many_of": (
        ["fish", "veg"],
        (VEG, FISH),
        [{"key": "veg", "label": "Vegetarian"}, {"key": "fish", "label": "Fish & chips"}],
        "Vegetarian, Fish & chips",
        "Vegetarian; Fish & chips",
    ),
    "number": ([" 1200 "], Decimal(1200), 1200, "1,200", 1200),
    "country": (["NZ"], "NZ", "NZ", "New Zealand", "NZ"),
    "date": (["2026-12-17"], date(2026, 12, 17), "2026-12-17", "December 17, 2026", "2026-12-17"),
}
HOSTILE = [
    ["\x00"], ["a\u202eb"], ["\ud800"], ["\ufffd"], ["e" + "\u0301" * 180], ["x" * 10_000_000],
    ["\u0301" * 1_000_000],
    ["1e999"], ["NaN"], ["Infinity"], ["-1e-999"], ["9" * 5000], ["١٢"], ["1_000"], ["0x10"],
    ["2026-02-31"], ["10000-01-01"],
    ["0000-01-01"], ["２０２６-01-01"], ["2026-W01-1"], ["20260101"], ["Nothing"], ["zz"], ["ZZ"], ["nz"],
    ["True"], ["on"], ["[]"],
    ["veg", "gone"], ["veg", "veg"], ["a", "b"], ["__class__"], ["{{7*7}}"], ["%s%n"], ["\r\nBcc: x"],
    ["<script>"], [""], [], ["", ""],
]  # fmt: skip


def fill(asked: Asked, typed: list[str] | None, value: Any = None) -> tuple[bool, Any]:
    """Make a form with this one question, give it what was typed, and say whether it is valid."""
    form_class = type("OneForm", (wtforms.Form,), {field_name(asked): TYPES[asked.kind].field(asked)})
    name = field_name(asked)
    formdata = None if typed is None else MultiDict([(name, text) for text in typed] + [("other", "x")])
    form = form_class(formdata, data={name: value})
    return form.validate(), form[name]


def draw(bound_field: Any) -> str:
    """Draw the field by its template."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    return environment.from_string(
        "{% from 'questions/_field.html' import question_field %}{{ question_field(field) }}"
    ).render(field=bound_field)


def test_the_table_names_each_type_by_its_own_name() -> None:
    assert {name: kind.name for name, kind in TYPES.items()} == {name: name for name in GOOD}
    assert all(isinstance(kind.label, Sentence) for kind in TYPES.values())


@pytest.mark.parametrize("kind", TYPES)
def test_answer_goes_from_form_to_store_and_back(kind: str) -> None:
    typed, value, stored, shown, exported = GOOD[kind]
    valid, answer = fill(Asked(kind, required=True), typed)
    assert (valid, answer.data, answer.errors) == (True, value, [])
    one = TYPES[kind]
    assert one.to_json(value) == stored
    assert one.from_json(json.loads(json.dumps(stored))) == value
    assert (one.show(value, "en"), one.export(value)) == (shown, exported)
    again, shown_again = fill(Asked(kind), None, value)
    assert again
    assert shown_again.data == value
    assert fill(Asked(kind), shown_again.typed)[1].data == value


@pytest.mark.parametrize("kind", TYPES)
def test_no_answer_is_kept_as_nothing(kind: str) -> None:
    one = TYPES[kind]
    for typed in ([], [""]):
        valid, answer = fill(Asked(kind), typed)
        assert (valid, answer.data) == (True, None)
    assert (one.to_json(None), one.from_json(None), one.show(None, "en"), one.export(None)) == (None, None, "", "")


@pytest.mark.parametrize("kind", TYPES)
def test_needed_answer_is_asked_for_in_words(kind: str) -> None:
    for typed in ([], [""], None):
        valid, answer = fill(Asked(kind, required=True), typed)
        assert (valid, answer.errors) == (False, [str(TYPES[kind].missing)])


@pytest.mark.parametrize("kind", TYPES)
def test_hostile_input_is_a_value_or_a_problem_at_its_field(kind: str) -> None:
    started = time.monotonic()
    for typed in HOSTILE:
        valid, answer = fill(Asked(kind, required=True), typed)
        assert valid == (answer.errors == []) == (answer.data is not None), typed
        if valid:
            assert TYPES[kind].from_json(json.loads(json.dumps(TYPES[kind].to_json(answer.data)))) == answer.data
        else:
            assert len(answer.errors) == 1
            assert 15 < len(answer.errors[0]) < 120
    assert time.monotonic() - started < 4


@pytest.mark.parametrize("kind", TYPES)
@settings(deadline=None)  # the first country reads its files
@given(typed=st.lists(st.text(max_size=30), max_size=3))
def test_anything_typed_is_a_value_or_a_problem(kind: str, typed: list[str]) -> None:
    valid, answer = fill(Asked(kind), typed)
    assert valid == (not answer.errors)
    assert TYPES[kind].from_json(TYPES[kind].to_json(answer.data)) == answer.data


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("stored", [1.5, [1], {"key": 1}, {"a": "b"}, [{"key": "x"}], "\x00", -(10**20)])
def test_foreign_json_is_refused_or_taken_whole(kind: str, stored: Any) -> None:
    one = TYPES[kind]
    try:
        value = one.from_json(stored)
    except ValueError:
        return
    assert one.to_json(value) == stored


@pytest.mark.parametrize(
    ("kind", "options", "typed", "problem"),
    [
        ("text", {"most": 3}, "abcd", "This is 4 characters long, and there is room for 3. Please make it shorter."),
        ("text", {"least": 3}, "ab", "Please write a little more here: 3 characters or more."),
        ("text", {}, "a\nb", "This needs to stand on one line. Please take the line breaks out."),
        (
            "long_text",
            {"most": 3},
            "a\r\nbc",
            "This is 4 characters long, and there is room for 3. Please make it shorter.",
        ),
        ("one_of", {}, "gone", "This choice is not on offer any more. Please choose one of those shown."),
        ("many_of", {"least": 2}, "veg", "Please choose 2 of these or more."),
        ("number", {"least": 1}, "0", "Please give a number of 1 or more."),
        ("number", {"most": 8}, "9", "Please give a number of 8 at most."),
        ("number", {}, "2.5", "Please write a whole number with the digits 0 to 9, such as 12."),
        ("number", {}, "1,000", "Please write a whole number with the digits 0 to 9, such as 12."),
        ("number", {"decimals": 2}, "2.555", "Please write a number with the digits 0 to 9, such as 2.5."),
        ("number", {"decimals": 2}, "1e2", "Please write a number with the digits 0 to 9, such as 2.5."),
        ("country", {}, "Narnia", "This choice is not on offer any more. Please choose one of those shown."),
        ("date", {}, "2027-02-29", "The calendar does not have this day. Please check the date."),
        ("date", {}, "17.12.2026", "Please write the date as year, month and day, such as 2026-12-17."),
        ("date", {"least": "2026-12-01"}, "2026-11-30", "Please choose 2026-12-01 or a later day."),
        ("date", {"most": date(2026, 12, 1)}, "2026-12-02", "Please choose 2026-12-01 or an earlier day."),
    ],
)
def test_each_type_says_what_to_do(kind: str, options: dict[str, Any], typed: str, problem: str) -> None:
    valid, answer = fill(Asked(kind, options=options), [typed])
    assert (valid, answer.errors, answer.typed) == (False, [problem], [typed])


def test_two_answers_where_one_is_asked_for_are_a_problem() -> None:
    for kind in set(TYPES) - {"many_of"}:
        assert fill(Asked(kind), ["veg", "fish"])[1].errors == ["Please give one answer here."]
    assert fill(Asked("many_of", options={"most": 1}), ["veg", "fish"])[1].errors == [
        "Please choose 1 of these at most."
    ]


@pytest.mark.parametrize(
    ("typed", "value", "stored"),
    [("2.50", Decimal("2.5"), "2.50"), ("2,5", Decimal("2.5"), "2.5"), ("-0", 0, 0), ("+7", 7, 7), ("−3.0", -3, -3)],
)
def test_number_with_decimals_is_kept_exactly(typed: str, value: Any, stored: Any) -> None:
    valid, answer = fill(Asked("number", options={"decimals": 2}), [typed])
    assert (valid, answer.data, TYPES["number"].to_json(answer.data)) == (True, value, stored)
    assert str(answer.kind.export(Decimal("-0") + 0)) == "0"


def test_people_read_answers_in_their_language() -> None:
    assert TYPES["date"].show(date(2026, 12, 17), "sv") == "17 december 2026"
    assert TYPES["date"].show(date(2026, 12, 17), "en-NZ") == "17 December 2026"
    assert TYPES["number"].show(Decimal("1234.5"), "de-DE") == "1.234,5"
    assert TYPES["country"].show("SE", "sv") == "Sverige"


def test_every_country_and_kosovo_are_on_offer_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    choices = TYPES["country"].choices(Asked("country"))
    assert len(choices) == len({choice.key for choice in choices}) == 250
    assert Choice("XK", "Kosovo") in choices
    names = [choice.label for choice in choices]
    assert names[:2] == ["Afghanistan", "Åland Islands"]
    monkeypatch.setattr(base, "locale_now", lambda: "sv")
    assert Choice("SE", "Sverige") in TYPES["country"].choices(Asked("country"))


def test_problems_are_said_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    swedish = {str(TYPES["yes_no"].missing): "Välj ja eller nej.", "Yes": "Ja"}
    monkeypatch.setattr(base, "translate", lambda sentence: swedish.get(sentence.text, sentence.text))
    assert fill(Asked("yes_no", required=True), [])[1].errors == ["Välj ja eller nej."]
    assert TYPES["yes_no"].show(True, "sv") == "Ja"
    assert say("Yes") == say("Yes")


@pytest.mark.parametrize("kind", TYPES)
def test_drawn_field_is_labelled_and_escaped(kind: str) -> None:
    typed = GOOD[kind][0]
    html = draw(fill(Asked(kind, required=True), typed)[1])
    assert "What &lt;b&gt;&#34;suits&#34;&lt;/b&gt; you?" in html
    assert "(needed)" in html
    assert 'aria-describedby="q_AbC-_123-help"' in html
    assert "As you &lt;i&gt;like&lt;/i&gt;." in html
    assert "aria-invalid" not in html
    assert "style=" not in html
    assert "<script" not in html
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert "q_AbC-_123" in ids
    assert set(re.findall(r' name="([^"]+)"', html)) == {"q_AbC-_123"}
    assert set(re.findall(r'for="([^"]+)"', html)) <= set(ids)
    marked = len(re.findall(r"<(?:input|option) [^>]* (?:checked|selected)\b", html))
    assert marked == (len(typed) if TYPES[kind].control in ("radios", "checkboxes", "select") else 0)


@pytest.mark.parametrize("kind", TYPES)
def test_drawn_field_shows_the_problem_and_what_was_typed(kind: str) -> None:
    html = draw(fill(Asked(kind, help=None), ['"><script>\x00'])[1])
    assert 'aria-describedby="q_AbC-_123-error"' in html
    # ARIA 1.2 knows aria-invalid for controls and radio groups, not for the group around tick boxes.
    assert html.count('aria-invalid="true"') == (len(MEALS) if kind == "many_of" else 1)
    assert ("<fieldset" in html and 'aria-invalid="true"' in html.split("<legend>")[0]) == (
        kind in ("yes_no", "one_of")
    )
    assert '<p class="field-error" id="q_AbC-_123-error">' in html
    assert "(if you like)" in html
    assert "<script" not in html
    assert ("&#34;&gt;&lt;script&gt;" in html) == (TYPES[kind].control in ("text", "area", "number", "date"))


def test_drawn_long_text_keeps_its_first_line_empty() -> None:
    html = draw(fill(Asked("long_text"), ["\nfirst\ud800"])[1])
    assert ">\n\nfirst?</textarea>" in html
    assert html.encode("utf-8")
