"""Catalogues: translators' files, languages made by code, and which of them a reader gets."""

from datetime import date, datetime, time
from pathlib import Path

import pytest

from gatherings.config import BadSetting
from gatherings.core import pseudo
from gatherings.core.recurrence import Rule
from gatherings.core.words import say, say_many
from gatherings.web import catalogues, i18n
from gatherings.web.i18n import list_words, number_words, own_words, speaking, words
from gatherings.web.times import day_words, time_words, unbroken, weekday_words

pytestmark = pytest.mark.one_database("of languages")

POLISH = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\\n"

msgid "Where"
msgstr "Gdzie"

#, fuzzy
msgid "When"
msgstr "Kto"

msgid "Part of %(title)s"
msgstr "Część %(tytul)s"

msgid "See <a href=\\"/x\\">it</a>"
msgstr "Zobacz <script>it</script>"

msgid "Speakers"
msgstr ""

msgid "One place left"
msgid_plural "%(num)s places left"
msgstr[0] "Zostało jedno miejsce"
msgstr[1] "Zostały %(num)s miejsca"
msgstr[2] "Zostało %(num)s miejsc"
"""


@pytest.fixture
def translations(tmp_path, monkeypatch):
    (tmp_path / "pl.po").write_text(POLISH)
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)


@pytest.fixture
def polish(translations, make_another):
    app = make_another(GATHERINGS_LANGUAGES="en,pl")
    with app.test_request_context(), speaking("pl"):
        yield app


def test_a_translators_file_is_read_with_its_own_plural_forms(polish):
    assert words(say("Where")) == "Gdzie"
    assert [words(say_many("One place left", "%(num)s places left", left)) for left in (1, 3, 5, 22, 15000)] == [
        "Zostało jedno miejsce", "Zostały 3 miejsca", "Zostało 5 miejsc", "Zostały 22 miejsca",
        "Zostało 15\xa0000 miejsc",
    ]  # fmt: skip


def test_what_is_missing_doubtful_or_misfits_stays_english(polish, caplog):
    assert [words(say(text)) for text in ("When", "Speakers", "Never heard of")] == [
        "When",
        "Speakers",
        "Never heard of",
    ]
    assert words(say("Part of %(title)s", title="it")) == "Part of it"
    assert words(say('See <a href="/x">it</a>')) == 'See <a href="/x">it</a>'


def test_templates_and_dates_speak_it_too(polish):
    page = polish.jinja_env.from_string('{{ _("Where") }}, {{ ngettext("One place left", "%(num)s places left", 2) }}')
    assert page.render() == "Gdzie, Zostały 2 miejsca"
    assert day_words(date(2026, 12, 18), year=2026) == "piątek, 18 grudnia"


def test_each_browser_gets_the_language_that_it_asks_for_also_from_what_is_kept(translations, make_another):
    client = make_another(GATHERINGS_LANGUAGES="en,pl").test_client()
    for asked, given in (
        ("pl", "pl"),
        ("pl-PL,pl;q=0.9,en;q=0.5", "pl"),
        ("sv,en;q=0.5", "en"),
        ("sv", "en"),
        ("pl", "pl"),
    ):
        page = client.get("/", headers={"Accept-Language": asked})
        assert f'<html lang="{given}">' in page.text
        assert "Accept-Language" in page.headers["Vary"]
    assert '<html lang="en">' in client.get("/?lang=pl").text  # only in development


def test_in_development_the_address_chooses(make_another):
    client = make_another(GATHERINGS_LANGUAGES="en,en-XA,ar-XB", GATHERINGS_DEVELOPMENT="1").test_client()
    assert '<html lang="en-XA">' in client.get("/privacy?lang=en-XA").text
    assert '<html lang="ar-XB" dir="rtl">' in client.get("/privacy?lang=ar-XB").text
    assert '<html lang="en">' in client.get("/privacy?lang=nonsense").text
    assert '<html lang="en">' in client.get("/privacy").text


def test_languages_that_are_not_there_stop_the_start(make_another):
    for wrong in ("en,sv", "en,en", "en;sv", "../x", "en,en-XA"):
        with pytest.raises(BadSetting, match="GATHERINGS_LANGUAGES"):
            make_another(GATHERINGS_LANGUAGES=wrong)


def test_the_accented_language_is_longer_and_keeps_what_translators_keep():
    assert pseudo.accented("Register") == "[Ŕéĝíšţéŕ óñé]"
    text = 'See <a href="/series/%(link)s">the dates</a> at 5 %% off &amp; https://example.org/x'
    made = pseudo.accented(text)
    for kept in ('<a href="/series/%(link)s">', "</a>", "%%", "&amp;", "https://example.org/x"):
        assert kept in made
    assert len(made) >= len(text) + 0.4 * len("See the dates at 5 off ")
    assert (pseudo.accented("%(day)s, %(time)s"), pseudo.accented("–")) == ("%(day)s, %(time)s", "–")


def test_the_mirrored_language_turns_each_word():
    assert pseudo.mirrored("All <b>%(x)s</b> is well") == "\u202eAll\u202c <b>%(x)s</b> \u202eis\u202c \u202ewell\u202c"


def test_rules_are_told_whole_in_another_language(make_another):
    app = make_another(GATHERINGS_LANGUAGES="en,en-XA", GATHERINGS_DEVELOPMENT="1")
    rules = (
        "FREQ=MONTHLY;BYDAY=3TH", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "FREQ=WEEKLY;BYDAY=MO;COUNT=12",
        "FREQ=DAILY;INTERVAL=3;UNTIL=20270617T170000Z", "FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", "FREQ=YEARLY;BYDAY=20MO",
        "FREQ=MONTHLY;BYMONTHDAY=1,15,-7",
    )  # fmt: skip
    with app.test_request_context(), speaking("en-XA"):
        for rule in rules:
            said = words(Rule.parse(rule).words("Europe/London"))
            assert not any(char.isascii() and char.isalpha() for char in said), said


@pytest.mark.parametrize(
    ("locale", "day", "other_year", "hour", "number", "listed", "weekday"),
    [("en", "Friday 18 December", "Friday 18 December 2026", "07:00", "12,345", "a, b, and c", "Friday"),
     ("sv", "fredag 18 december", "fredag 18 december 2026", "07:00", "12\xa0345", "a, b och c", "fredag"),
     ("de", "Freitag, 18. Dezember", "Freitag, 18. Dezember 2026", "07:00", "12.345", "a, b und c", "Freitag"),
     ("ja", "12月18日金曜日", "2026年12月18日金曜日", "7:00", "12,345", "a、b、c", "金曜日"),
     ("ar", "الجمعة، 18 ديسمبر", "الجمعة، 18 ديسمبر 2026", "7:00\xa0ص", "12,345", "a وb وc", "الجمعة")],
)  # fmt: skip
def test_dates_numbers_and_lists_are_written_by_locale(locale, day, other_year, hour, number, listed, weekday):
    spoken = i18n._spoken.set(None if locale == "en" else catalogues.Catalogue(locale, locale))
    try:
        friday = date(2026, 12, 18)
        assert (day_words(friday, year=2026), day_words(friday, year=2027)) == (day, other_year)
        assert time_words(datetime(2026, 12, 18, 7)).replace("\u202f", "\xa0").replace(" ", "\xa0") == hour
        assert time_words(time(7)) == time_words(datetime(2026, 12, 18, 7))
        assert (number_words(12345), number_words(7)) == (number, "7")
        assert list_words(["a", "b", "c"]) == listed
        assert weekday_words(4) == weekday
        hours = f"{time_words(time(7))}–{time_words(time(8))}"
        assert unbroken(f"x, {hours}") == f'x, <span class="hours">{hours}</span>'
    finally:
        i18n._spoken.reset(spoken)


def test_peoples_own_words_carry_their_language_and_direction_where_the_page_has_another():
    assert own_words("Kindness", "en") == own_words("3 × 4") == own_words("Kindness") == ""
    assert own_words("Vänlighet", "sv") == ' lang="sv"'
    assert own_words("محمد بن عبد الله") == ' dir="auto"'
    assert own_words("1: שלום", "he") == ' lang="he" dir="auto"'
    spoken = i18n._spoken.set(catalogues.Catalogue("ar", "ar"))
    try:
        assert own_words("Kindness", "en") == ' lang="en" dir="auto"'
        assert own_words("محمد", "ar") == ""
    finally:
        i18n._spoken.reset(spoken)


def test_english_alone_asks_no_catalogue(app):
    with app.test_request_context():
        assert i18n._spoken.get() is None
    assert catalogues.catalogue_of("en", catalogues.FOLDER) is None


def test_a_count_stands_for_itself_in_english():
    left = [say_many("One place left", "%(num)s places left", number) for number in (0, 1, 2)]
    assert [str(one) for one in left] == ["0 places left", "One place left", "2 places left"]


def test_texts_are_found_as_templates_ask_for_them(app):
    """A text of several lines would be found with other blanks than the template asks with."""
    found = set(catalogues.source_messages(Path(app.root_path, app.template_folder)))
    assert ("Where", None) in found
    assert ("One place left", "%(num)s places left") in found
    # Letters of several paragraphs are written with empty lines between them, and found with the same.
    assert [text for text, _many in found if "\n" in text.replace("\n\n", "")] == []


def test_every_translation_that_is_there_can_be_read():
    for file in catalogues.FOLDER.glob("*.po"):
        assert catalogues.read_catalogue(file).texts
