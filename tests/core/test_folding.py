"""Words as one searches for them, and what a mistyped one was meant to be."""

import time

import pytest

from gatherings.core.folding import counted, distance, fold, nearest


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Zoë & Sons <3", "zoe sons 3"), ("STRASSE Straße", "strasse strasse"),
        ("Ærø, Łódź; Đà Nẵng", "aero lodz da nang"),
        ("Whānau o Ngāti Kahungunu", "whanau o ngati kahungunu"), ("O’Brien's ʻohana", "obriens ohana"),
        ("İstanbul ve Ağrı", "istanbul ve agri"), ("Ёлка и Йод", "елка и иод"), ("Ελλάδα", "ελλαδα"),
        ("李雷 の がくせい", "李雷 の がくせい"), ("ｆｕｌｌ　ｗｉｄｔｈ １２", "full width 12"), ("한국어", "한국어"),
        ("مُحَمَّد أحمد ٣", "محمد احمد 3"), ("हिन्दी", "हिन्दी"), ("100% _under_ \\back", "100 under back"),
        ("ﬁne① Ⅳ", "fine1 iv"), ("🌸 spring", "🌸 spring"), ("  \t\n", ""), ("'`", ""), ("\u0301", ""),
    ],
)  # fmt: skip
def test_words_are_folded(text, folded):
    assert fold(text) == folded
    assert fold(folded) == folded


KNOWN = {"kindness": 9, "kind": 4, "kindred": 1, "melbourne": 2, "festival": 3, "whanau": 1, "call": 5, "cell": 1}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kidness", "kindness"), ("kindnses", "kindness"), ("kinndnes", "kindness"), ("knidnes", "kindness"),
        ("melborne", "melbourne"), ("melburn", "melbourne"), ("fetsival", "festival"), ("wanau", "whanau"),
        ("cill", "call"), ("kynd", "kind"), ("kin", None), ("xyzzy", None), ("cxyl", None), ("k" * 33, None),
        ("melboooourne", None),
    ],
)  # fmt: skip
def test_a_slip_or_two_are_forgiven(typed, meant):
    assert nearest(typed, KNOWN) == meant


def test_distances_count_slips():
    assert [distance("abcdef", other, 2) for other in ("abcdef", "abdcef", "abcde", "xabcdef", "abxxef", "badcfe")] == [
        0, 1, 1, 1, 2, None,
    ]  # fmt: skip


def test_words_are_counted_by_the_texts_they_stand_in_and_bounded():
    assert counted([" kind kind call ", " kind of "], most=10) == {"kind": 2, "call": 1}
    assert len(counted([" ".join(f"word{number}" for number in range(50))], most=10)) == 10


def test_the_worst_word_takes_bounded_time():
    known = {f"{number:04}abcdefghijklmnopqrstuvwxyzab": 1 for number in range(10_000)}
    began = time.perf_counter()
    assert nearest("12xyabcdefghijklmnopqrstuvwxyzab", known) is not None
    assert time.perf_counter() - began < 4
    assert fold("e\u0301" * 50_000) == "e" * 50_000
