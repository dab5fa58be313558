"""A wrong file names file, line, field and says what; all that is wrong is told, and nothing is written."""

import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatherings.loading import command as loading
from gatherings.loading.problems import ProgrammeProblem
from gatherings.loading.reading import read, read_text
from tests.factories import NOW, SITE
from tests.loading.conftest import DEMO, SMALL

DOCS = Path(loading.__file__).parents[2] / "docs" / "programme-file.md"


def wrong(text):
    with pytest.raises(ProgrammeProblem) as caught:
        read_text(text)
    return caught.value.problems


def line_of(text, part):
    return text[: text.index(part)].count("\n") + 1


# What is written, what stands there instead, where, and words of the sentence.
CASES = [
    ("title: Summer tea", "titel: Summer tea", "events[summer-tea].titel", "Did you mean “title”?"),
    ("title: Summer tea", "frobnicate: 1", "events[summer-tea].frobnicate", "There are: slug"),
    ("title: Summer tea", "title: Summer tea\n    title: Again", "events[summer-tea].title", "twice"),
    ("title: Summer tea", "title: 2024", "events[summer-tea].title", "quotes"),
    ("title: Summer tea", "title: [a, b]", "events[summer-tea].title", "a list"),
    ("title: Summer tea", 'title: ""', "events[summer-tea].title", "empty"),
    ("title: Summer tea", 'title: "a\\u202eb"', "events[summer-tea].title", "direction"),
    ("slug: summer-tea", "slug: Summer_Tea", "events[Summer_Tea].slug", "small letters"),
    ("slug: winter-tea", "slug: summer-tea", "events[summer-tea].slug", "already"),
    ("name: Tea and Talk", "name: Tea at www.example.org", "communities[tea].name", "web address"),
    ("accent: moss", "accent: mos", "communities[tea].accent", "“moss”"),
    ("zone: Europe/London", "zone: Europe/Lodnon", "communities[tea].zone", "Europe/London"),
    ("zone: Europe/London", "zone: GMT+2", "communities[tea].zone", "not known"),
    ("join: https://meet.example.org/summer-tea", "join: javascript:alert(1)", "events[summer-tea].join", "https://"),
    ("join: https://meet.example.org/summer-tea", "join: ftp://example.org", "events[summer-tea].join", "https://"),
    ("starts: 2027-06-12 15:00", "starts: 2027-03-28 01:30", "events[summer-tea].starts", "go forward"),
    ("starts: 2027-06-12 15:00", "starts: 2027-10-31 01:30", "events[summer-tea].starts", "go back"),
    ("starts: 2027-06-12 15:00", "starts: 2027-06-31 15:00", "events[summer-tea].starts", "2026-03-05 18:00"),
    ("starts: 2027-06-12 15:00", "starts: 2027-06-12", "events[summer-tea].starts", "hour is missing"),
    ("starts: 2027-06-12 15:00", "starts: {days: +3}", "events[summer-tea].starts.at", "hour is missing"),
    ("starts: 2027-06-12 15:00", 'starts: {days: x, at: "1:00"}', "events[summer-tea].starts.days", "whole number"),
    ("starts: 2027-06-12 15:00", "starts: {days: 3, at: 18:00}", "events[summer-tea].starts.at", "quotes"),
    (
        "starts: 2027-06-12 15:00",
        'starts: {weekday: 5TH, of: june, at: "18:00"}',
        "events[summer-tea].starts.weekday",
        "1 to 4",
    ),
    (
        "starts: 2027-06-12 15:00",
        'starts: {weekday: 2TH, of: juny, at: "18:00"}',
        "events[summer-tea].starts.of",
        "English name",
    ),
    (
        "starts: 2027-06-12 15:00",
        'starts: {after_start: "2 days", at: "18:00"}',
        "events[summer-tea].starts.after_start",
        "only in ends",
    ),
    ("minutes: 120", "ends: 2027-06-12 14:00", "events[summer-tea].ends", "after the start"),
    ("minutes: 120", "minutes: 120\n    ends: 2027-06-12 18:00", "events[summer-tea].minutes", "exactly one"),
    ("minutes: 120", "minutes: 0", "events[summer-tea].minutes", "whole number"),
    ("minutes: 120", "all_day: true", "events[summer-tea].starts", "without an hour"),
    ("mode: hybrid", "mode: online", "events[summer-tea].places.room", "no such places"),
    ("mode: hybrid", "mode: on line", "events[summer-tea].mode", "“online”"),
    ("places: {room: 2, online: 100}", "places: {room: many}", "events[summer-tea].places.room", "whole number"),
    ("type: yes_no", "type: yesno", "events[summer-tea].questions[1].type", "“yes_no”"),
    (", choices: [Apple, Plum]", "", "events[summer-tea].questions[2].choices", "missing"),
    ("type: yes_no", "type: text, choices: [A]", "events[summer-tea].questions[1].choices", "Only one_of"),
    ("key: kind", "key: cake", "events[summer-tea].questions", "twice"),
    ("choices: [Apple, Plum]", "choices: [Yes, Plum]", "choices[1]", "quotes"),
    ("rule: FREQ=MONTHLY;BYDAY=1MO", "rule: FREQ=HOURLY", "series[mondays].rule", "FREQ=DAILY"),
    ("starts: 2026-01-05 19:00", "starts: 2026-01-06 19:00", "series[mondays].starts", "not a date of the rule"),
    ("on: {next: 1}", "on: {next: 0}", "series[mondays].dates[1].on.next", "whole number"),
    ("on: {next: 1}", "on: first", "series[mondays].dates[1].on", "2024-09-19"),
    ("    summary: In the garden.", "    speakers: [{name: Ada, country: NO}]", "speakers[1].country", "quotes"),
    ("    summary: In the garden.", "    speakers: [{name: Ada, country: ZZ}]", "speakers[1].country", "two capital"),
    ("    summary: In the garden.", "    speakers: [{role: Host}]", "speakers[1].name", "missing"),
    ("    summary: In the garden.", "    asked_often: [{question: A}]", "asked_often[1].answer", "missing"),
    ("    summary: In the garden.", "    asked_often: [{ask: A, answer: B}]", "asked_often[1].ask", "There are: q"),
    ("    summary: In the garden.", "    asked_often: Ask us.", "events[summer-tea].asked_often", "a list"),
    ("    summary: In the garden.", "    access_notes: [Stairs]", "events[summer-tea].access_notes", "a list"),
    ("        title: Tea from Darjeeling", "        access_notes: yes", "dates[1].access_notes", "quotes"),
    ("    accent: moss", "    accent: moss\n    asked_often: [{question: 1}]", "asked_often[1].question", "quotes"),
    ("    summary: In the garden.", "    umbrella: winter-tea", "events[summer-tea].umbrella", "earlier"),
    ("    summary: In the garden.", "    edition: {year: 2020}", "events[summer-tea].edition", "belongs to a series"),
    ("    summary: In the garden.", "    status: canceled", "events[summer-tea].status", "“cancelled”"),
    ("format: gatherings/1", "format: gatherings/2", "format", "gatherings/1"),
]


@pytest.mark.parametrize(("old", "new", "field", "words"), CASES, ids=[f"{case[2]}: {case[3]}" for case in CASES])
def test_wrong_field_is_named_with_its_line(old, new, field, words):
    text = SMALL.replace(old, new, 1)
    found = [one for one in wrong(text) if field in one.field and words in str(one.sentence)]
    assert found, list(map(str, wrong(text)))
    line = text.splitlines()[found[0].line - 1]
    names = [name for name in re.split(r"[.\[\]]+", found[0].field) if name and not name.isdigit()]
    # What is missing is named with the line of its item.
    assert names[-1] in line or ("missing" in words and (names[-2] in line or "key: kind" in line)), line
    assert str(found[0]).startswith(f"programme.yaml, line {found[0].line}, ")


WHOLE = [
    ("", "empty"),
    ("- a\n- b\n", "group of fields"),
    ("just words", "group of fields"),
    ("format: gatherings/1\n", "no communities"),
    ("format: gatherings/1\nevents: [a\n", "not YAML"),
    ("format: &a gatherings/1\nevents: *a\n", "Anchors"),
    ("format: !!python/object:os.system x\n", "Tags"),
    ("format: gatherings/1\n---\nformat: gatherings/1\n", "one document"),
    ("a: " + "[" * 3000, "nested"),
    ("a: " + "{a: " * 3000, "nested"),
    ("a: \x07", "does not allow"),
    ("\n".join(f"a{number}: 1" for number in range(150_000)), "too many"),
]


@pytest.mark.parametrize(("text", "words"), WHOLE, ids=[words for _text, words in WHOLE])
def test_file_that_is_no_programme_is_refused(text, words):
    assert any(words in str(one.sentence) for one in wrong(text))


def test_alias_bomb_is_refused_at_once():
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    begun = time.monotonic()
    assert "Anchors" in str(wrong(bomb)[0].sentence)
    assert time.monotonic() - begun < 0.5


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"x" * 2_000_001, "larger than 2 MB"), (b"format: a\ntitle: \xff\n", "UTF-8"), (None, "cannot be read")],
)
def test_file_that_cannot_be_read_is_refused(tmp_path, data, words):
    file = tmp_path / "mine.yaml"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(ProgrammeProblem) as caught:
        read(file)
    (problem,) = caught.value.problems
    assert (problem.file, words in str(problem.sentence)) == ("mine.yaml", True)


def test_all_problems_are_told_in_the_order_of_lines():
    text = SMALL.replace("accent: moss", "accent: red").replace("minutes: 120", "minutes: x")
    text = text.replace("zone: Europe/London", "zone: Nowhere")
    found = wrong(text)
    assert [one.line for one in found] == sorted(one.line for one in found)
    assert {one.field for one in found} == {
        "communities[tea].accent", "communities[tea].zone", "series[mondays].zone", "events[summer-tea].minutes",
        "events[summer-tea].zone", "events[winter-tea].zone",
    }  # fmt: skip


def test_example_of_the_documentation_is_right():
    example = re.search(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    programme = read_text(example[1])
    assert [item.slug for item in programme.events] == ["summer-tea"]


UNKNOWN = [
    ("community: tea\n    title: Summer", "community: tee\n    title: Summer", "events[summer-tea].community"),
    ("    summary: In the garden.", "    also_listed_by: [others]", "events[summer-tea].also_listed_by"),
    ("    summary: In the garden.", "    umbrella: nowhere", "events[summer-tea].umbrella"),
    ("    summary: In the garden.", "    series: nothing", "events[summer-tea].series"),
    ("    summary: In the garden.", "    series: mondays", "events[summer-tea].series"),
]


@pytest.mark.parametrize(("old", "new", "field"), UNKNOWN, ids=[case[2] for case in UNKNOWN])
def test_unknown_reference_writes_nothing(old, new, field, load_text, dump):
    before = dump()
    text = SMALL.replace(old, new, 1)
    with pytest.raises(ProgrammeProblem) as caught:
        load_text(text)
    (problem,) = caught.value.problems
    assert problem.field == field
    assert problem.line == line_of(text, new) + new.count("\n", 0, new.index("community") if "title" in new else 0)
    assert dump() == before


LATE = [
    # On 20 November 2026 in London: 128 days on are 28 March 2027, when there is no 01:30.
    ("starts: 2027-06-12 15:00", 'starts: {days: +128, at: "01:30"}', "events[summer-tea].starts", "go forward"),
    ("on: {next: 1}", "on: 2026-12-08", "series[mondays].dates[1].on", "not a date of the rule"),
    ("minutes: 120", 'ends: {after_start: "-1 days", at: "18:00"}', "events[summer-tea].ends", "after the start"),
    ('closes: {after_start: "-1 days"', 'closes: {after_start: "-90 days"', "registration.closes", "before it opens"),
]


@pytest.mark.parametrize(("old", "new", "field", "words"), LATE, ids=[case[2] for case in LATE])
def test_date_that_cannot_be_writes_nothing(old, new, field, words, load_text, dump):
    before = dump()
    with pytest.raises(ProgrammeProblem) as caught:
        load_text(SMALL.replace(old, new, 1))
    (problem,) = caught.value.problems
    assert problem.field.endswith(field)
    assert words in str(problem.sentence)
    assert dump() == before


def test_command_tells_everything_and_gives_status_1(app, tmp_path, dump):
    file = tmp_path / "mine.yaml"
    file.write_text(
        SMALL.replace("accent: moss", "accent: red").replace(
            "community: tea\n    title: W", "community: t2\n    title: W"
        )
    )
    before = dump()
    with app.app_context():
        status, lines = loading.command(file, SITE, NOW)
    assert status == 1
    assert [line.split(":")[0] for line in lines] == [
        "mine.yaml, line 5, communities[tea].accent",
        f"mine.yaml, line {line_of(SMALL, 'community: tea' + chr(10) + '    title: W')}, events[winter-tea].community",
        "Nothing was loaded.",
    ]
    assert dump() == before
    file.write_text(SMALL)
    with app.app_context():
        assert loading.command(file, SITE, NOW)[0] == 0
        assert loading.command(file, SITE, NOW) == (0, ["Nothing changed."])


TEXT = DEMO.read_text(encoding="utf-8")
LINES = TEXT.splitlines(keepends=True)
SNIPPETS = [
    "null",
    "[]",
    "{}",
    "- ",
    "{",
    '"',
    ": ",
    "&a",
    "*a",
    "!!x",
    "yes",
    "1e9",
    "\t",
    "|",
    "2027-13-45",
    "🙂",
    "\x00",
    "\u2028",
]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutated_demo_is_refused_in_words_or_read(data):
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        what = data.draw(st.sampled_from(["drop", "twice", "swap", "snippet", "value", "indent"]))
        if what == "drop":
            del lines[at]
        elif what == "twice":
            lines.insert(at, lines[at])
        elif what == "swap":
            other = data.draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        elif what == "indent":
            lines[at] = " " * data.draw(st.integers(0, 9)) + lines[at].lstrip()
        else:
            snippet = data.draw(st.sampled_from(SNIPPETS) | st.text(max_size=12))
            head, colon, _value = lines[at].partition(": ")
            column = data.draw(st.integers(0, len(lines[at])))
            lines[at] = (
                f"{head}{colon}{snippet}\n" if what == "value" else lines[at][:column] + snippet + lines[at][column:]
            )
    begun = time.monotonic()
    problems = None
    try:
        read_text("".join(lines))
    except ProgrammeProblem as problem:
        problems = problem.problems
    assert problems is None or (problems and all(one.line >= 1 for one in problems))
    assert time.monotonic() - begun < 4


KEYS = sorted({key for part in yaml.safe_load(TEXT)["events"] for key in map(str, part)})
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30) | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner),
    max_leaves=12,
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["communities", "series", "events"]),
    st.dictionaries(st.sampled_from([*KEYS, "rule", "dates"]), JUNK),
)
def test_item_of_anything_is_refused_in_words(kind, item):
    text = yaml.safe_dump({"format": "gatherings/1", kind: [{"slug": "it", **item}]})
    assert wrong(text)
