"""How long a text takes to speak, in any script, and what is said of it."""

import time

import pytest
from flask.testing import FlaskClient

from gatherings.calls.rules.speaking import PACE, Speaking, speaking_time, spoken_part

CHINESE = "我今天想和大家分享一件小事情"  # 14 characters
JAPANESE = "今日はみなさんと一つのことを分かち合います"  # 21
pytestmark = pytest.mark.one_database("a text is counted by no database")


def words(text: str) -> int:
    return speaking_time(text, 180).words


def test_390_words_are_three_minutes_and_520_a_minute_too_long() -> None:
    fits = speaking_time("word " * 390, 180)
    assert (fits.words, fits.seconds, fits.over, fits.left, fits.tone) == (390, 180, 0, 0, "fits")
    long = speaking_time("word " * 520, 180)
    assert (long.words, long.seconds, long.over, long.cut, long.tone) == (520, 240, 60, 130, "over")
    assert speaking_time("word " * 390, 180, 195).seconds == 120
    assert speaking_time("word " * 395, 180).tone == "close"  # two seconds
    assert speaking_time("word " * 100, 180).tone == "notes"
    assert speaking_time(" \n", 180).tone == "empty"


def test_a_pace_and_a_length_beyond_measure_are_brought_into_bounds() -> None:
    assert [speaking_time("a", 180, pace).pace for pace in (-5, 0, 60, 220, 10**9)] == [60, 60, 60, 220, 220]
    assert [speaking_time("a", slot).slot for slot in (-1, 0, 10, 10**9)] == [10, 10, 10, 7200]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("One, two; three. Four", 4),
        ("well-being it’s don't l'amour", 4),
        ("yes—no  -  – … !", 2),
        ("and/or", 2),
        ("soft\u00adhyphen", 1),
        ("15 people, 2026, 10:30, 50%", 1 + 1 + 2 + 2 + 2),
        ("COVID-19", 2),
        ("see https://www.example.org/a/b?c=d#e now", 2 + 3),
        ("see (https://example.org).", 1 + 3),
        ("ada@example.org", 4),
        ("Zoë & Sons", 3),
        ("e\u0301te\u0301 dé́jà", 2),
        ("[pause] hello [smile [wide]] you", 2),
        ("[over\ntwo lines] hello", 1),
        ("［停］ hello 【笑】", 1),
        ("an [open bracket is spoken", 5),
        ("closed] only", 2),
        ("هذا نصّ قصيرٌ باللغة العربية", 5),
        ("می‌خواهم بگویم", 2),  # a joiner inside a word
        ("हिन्दी में लिखा है", 4),
        ("안녕하세요 여러분", 2),
        ("👩🏽‍⚕️ 😀 ❤️", 0),
        (CHINESE * 10, round(140 / (255 / 158))),
        (JAPANESE * 10, round(210 / (357 / 193))),
        ("สวัสดีครับ" * 10, round(100 / (863 / 184))),
        ("Kindness 善意 here", 3),
    ],
)  # fmt: skip
def test_what_is_a_word(text: str, count: int) -> None:
    assert words(text) == count


def test_a_script_without_spaces_is_told_in_its_characters() -> None:
    text = speaking_time(CHINESE * 30, 120)
    assert text.characters == 420
    assert 110 < text.seconds < 125
    assert speaking_time(CHINESE * 60, 120).cut == 420  # characters, not words
    assert speaking_time("Much English with one word of 善意", 120).characters is None


def test_stage_directions_go_in_pairs() -> None:
    assert spoken_part("a [b] c [d [e] f] g [h") == "a   c   g [h"
    assert spoken_part("][") == "]["


def test_a_text_made_to_take_long_does_not() -> None:
    for text in ("a" * 60_000, "[" * 30_000 + "]" * 30_000, "[]" * 30_000, "@" * 60_000, "a@" * 30_000, "a-" * 30_000):
        began = time.process_time()  # of this process alone, whatever else the machine does
        assert isinstance(speaking_time(text, 180), Speaking)
        assert time.process_time() - began < 1


def test_it_is_said_beside_the_form_and_on_a_page_of_its_own(client: FlaskClient) -> None:
    page = client.get("/speaking-time").text
    assert "Your slot is 3:00 long." in page
    sent = {"script": "word " * 520, "seconds": "180", "pace": "130"}
    page = client.post("/speaking-time", data=sent).text
    assert "That is a minute too long: about 130 words." in page
    assert page.count("word word") > 0  # what was typed is there again
    htmx = {"HX-Request": "true"}
    piece = client.post("/speaking-time", data=sent, headers=htmx)
    assert "<html" not in piece.text
    assert "About 4:00 to speak: 520 words, at 130 a minute." in piece.text
    assert piece.headers["Cache-Control"] == "no-store"
    said = client.post("/speaking-time", data=sent | {"script": "word " * 390}, headers=htmx).text
    assert "That fills your 3:00 to the second." in said
    assert "about 45 words" in client.post("/speaking-time", data=sent | {"script": "word " * 434}, headers=htmx).text
    assert "About 0:01 to speak: one word." in client.post("/speaking-time", data={"script": "tea"}, headers=htmx).text
    assert "It fits: 0:30 of your 2:00 are left." in (
        client.post("/speaking-time", data={"script": "w " * 195, "length": "2:00"}, headers=htmx).text
    )
    assert "420 characters" in client.post("/speaking-time", data={"script": CHINESE * 30}, headers=htmx).text


def test_nonsense_is_taken_for_nothing(client: FlaskClient) -> None:
    for field in ("seconds", "pace", "length"):
        for value in ("", "-1", "9" * 400, "1e9", "٣", "a", "\x00", ":", "::1", "0", "1:99999999"):
            found = client.post(
                "/speaking-time", data={"script": "tea \x00\ud800".encode("utf-8", "replace"), field: value}
            )
            assert found.status_code == 200, (field, value)
    assert client.get("/speaking-time?script=secret&pace=200").text.count("secret") == 0
    assert f'value="{PACE}"' in client.get("/speaking-time?pace=x").text
    assert client.post("/speaking-time", data={"script": "<script>alert(1)</script>"}).text.count("<script>alert") == 0
