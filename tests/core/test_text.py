"""The cleaners: honest writing passes unchanged, harm is refused in words, nothing is cut."""

import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatherings.core.text import TextProblem, clean_line, clean_name, clean_text

HONEST_NAMES = [
    "Dr. A.B. Smith", "O'Brien", "Zoë & Sons <3", "李雷", "محمد", "J.R.R. Tolkien", "x" * 60, "Ng", "O",
    "Nguyễn Thị Minh Khai", "می‌خواهم", "ශ්‍රී", "അനില്‍", "葛\U000e0100城", "李　雷", "👩‍💻 🏳️‍🌈 👩🏽‍🚀", "🙂‍↔️",
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "St.John", "Dr.Li", "Ph.D.", "M.Sc.",
    "Node.js for all", "and/or", "AC/DC", "Kindness 2.0", "3.5/5", "U.S.A.", "Open data: what we learnt",
    "Robert'); DROP TABLE students;--", "{{7*7}}", "%(name)s 100%", "=1+1", "null", "&amp;", "²ﬁ①",
    "<script>alert(1)</script>", "Jean d’Arc, Jr.", "Sławomir Żółć", "ᚠᛇᚻ", "שָׁלוֹם", "བཀྲ་ཤིས",
]  # fmt: skip
LINKS = [
    "http://x", "HTTPS://x.org", "ftp://x", "www.foo", "WWW2.foo", "evil.example.com/x", "evil.com", "EVIL.COM",
    "name@host", "a@b.org", "Prize! evil.com/x", "t.co/x", "x.com", "(evil.ru)", "evil。com", "a.xn--p1ai",
    "пример.рф", "//evil.com", "[free](//evil.io)", "evil.com:80", "a.evil.co.uk", "javascript:alert(1)",
    "e\u200bvil.com", "evil.com, now", "bit.ly", "http:evil", "mailto:x",
]  # fmt: skip
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\u2060\ufeff\ufffd\ud800-\udfff]"
)
nasty = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            "ab \t\n\r\u200b\u200c\u200d\u200e\u202e\u2066\u0301\u0344\u094d\u0915\u212a\ufeff\u3164\u00a0"
        ),
        st.sampled_from("👩🏽💻🏴\U000e0067\U000e007f\ufe0f\u1100\u1161\u034f\u3000\ufffd\x00\ud800"),
        st.characters(),
    ),
    max_size=40,
)


@pytest.mark.parametrize("name", HONEST_NAMES)
def test_honest_name_is_unchanged(name: str) -> None:
    assert clean_name(name) == name
    assert clean_text(name, most=200) == name


@pytest.mark.parametrize("name", LINKS)
def test_name_that_becomes_a_link_is_refused(name: str) -> None:
    with pytest.raises(TextProblem) as refused:
        clean_name(name)
    assert "Please" in str(refused.value.sentence)


@pytest.mark.parametrize("char", ["\r", "\n", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("pattern", ["a%sb", "a%s", "%sa"])
def test_line_refuses_line_breaks(char: str, pattern: str) -> None:
    with pytest.raises(TextProblem, match="one line"):
        clean_line(pattern % char)
    assert clean_text(pattern % char, most=10) == (pattern % "\n").strip()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\x00b", "control"),
        ("a\x1bb", "control"),
        ("a\x7f", "control"),
        ("a\u202eb", "direction"),
        ("a\u2067b", "direction"),
        ("a\ud800", "whole"),
        ("a\ufffdb", "whole"),
        ("a\uffff", "whole"),
        ("e" + "\u0301" * 9, "accents"),
        ("Z" + "\u0344" * 5, "accents"),
        ("\u0301a", "accent"),
    ],
)
def test_harmful_characters_are_refused_everywhere(text: str, words: str) -> None:
    for clean in (clean_line, clean_name, lambda text: clean_text(text, most=100)):
        with pytest.raises(TextProblem, match=words):
            clean(text)


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  Ana \t  Lu  ", "Ana Lu"),
        ("a\u200bb\ufeffc\u2060d\u200fe", "abcde"),
        ("a\u200db", "ab"),
        ("a\u200d", "a"),
        ("\u200c", ""),
        ("\u3164", ""),
        ("Zoe\u0308", "Zoë"),
        ("a\U000e0067b", "ab"),
        ("e" + "\u0323" * 8, "ẹ" + "\u0323" * 7),
    ],
)
def test_line_loses_only_what_nobody_sees(typed: str, cleaned: str) -> None:
    assert clean_line(typed) == cleaned


def test_text_keeps_inner_spaces_and_blank_lines() -> None:
    assert clean_text("\n a  b\r\n\r\n\tc \n", most=20) == "a  b\n\n\tc"


def test_length_is_counted_after_cleaning_and_never_cut() -> None:
    assert clean_line("é" * 5, most=5) == clean_line("e\u0301" * 5, most=5) == "é" * 5
    with pytest.raises(TextProblem) as refused:
        clean_line("é" * 6, most=5)
    assert (refused.value.sentence.number, refused.value.sentence.values) == (6, {"most": 5})
    with pytest.raises(TextProblem, match="3 characters or more"):
        clean_line("ab", least=3)
    with pytest.raises(TextProblem, match="still empty"):
        clean_name(" \u200b ")


def test_ten_million_characters_are_refused_at_once() -> None:
    started = time.monotonic()
    for text in ("a" * 10_000_000, "\u0323\u0301" * 5_000_000, "a.b/" * 2_500_000):
        with pytest.raises(TextProblem):
            clean_name(text)
        with pytest.raises(TextProblem):
            clean_text(text, most=50_000)
    assert time.monotonic() - started < 4


@settings(deadline=None)
@given(nasty)
def test_cleaned_line_holds_nothing_forbidden_and_stays_as_it_is(typed: str) -> None:
    try:
        cleaned = clean_line(typed)
    except TextProblem:
        return
    assert FORBIDDEN.search(cleaned) is None
    assert "\n" not in cleaned
    assert "\t" not in cleaned
    assert cleaned == cleaned.strip()
    assert unicodedata.is_normalized("NFC", cleaned)
    assert clean_line(cleaned) == cleaned


@settings(deadline=None)
@given(nasty)
def test_cleaned_text_holds_nothing_forbidden_and_stays_as_it_is(typed: str) -> None:
    try:
        cleaned = clean_text(typed, most=50)
    except TextProblem:
        return
    assert FORBIDDEN.search(cleaned) is None
    assert unicodedata.is_normalized("NFC", cleaned)
    assert clean_text(cleaned, most=50) == cleaned


@settings(deadline=None)
@given(nasty)
def test_cleaned_name_stays_as_it_is(typed: str) -> None:
    try:
        cleaned = clean_name(typed)
    except TextProblem:
        return
    assert clean_name(cleaned) == cleaned != ""
