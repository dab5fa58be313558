"""Looking for events: the words that are written with them, and that they follow every change."""

import pytest
from sqlalchemy import select

from gatherings.events import search
from gatherings.events.actions import change_event
from gatherings.events.listing import Filters, find
from gatherings.events.models import CoListing, Event, Speaker
from tests.factories import NOW, dates_of, make_community, make_event, make_series


def found(session, text):
    return [event.title for event in find(session, NOW, Filters(words=search.words_of(text))).events]


def words(session, event):
    return session.scalar(select(Event.search_text).where(Event.id == event.id))


def test_an_event_is_found_by_all_that_is_said_of_it(session):
    kind, care = make_community(session, name="Zoë & Sons <3"), make_community(session, name="Ærø Care")
    event = make_event(
        session, kind, title="What's the “plan”?", theme="Hälsa", summary="Whānau first.", mode="hybrid",
        place_name="Łódź Hall",
    )  # fmt: skip
    assert words(session, event) == " whats the plan halsa whanau first lodz hall zoe sons 3 "
    session.add(Speaker(event_id=event.id, position=1, name="李雷", talk="Über das Zuhören"))
    session.add(CoListing(event_id=event.id, community_id=care.id))
    session.flush()
    search.renew(session, [event.id])
    for text in ("WHATS the", "what’s", "halsa", "HÄLSA", "whanau", "Lodz", "zoe", "李", "uber zuhoren", "AERO"):
        assert found(session, text) == ["What's the “plan”?"], text
    assert found(session, "whanau elsewhere") == []


def test_words_of_scripts_without_blanks_are_found_inside(session):
    make_event(session, title="仁慈的谈话")
    make_event(session, title="حديث عن اللُطف")
    make_event(session, title="Menschenfreundlichkeit")
    assert found(session, "谈话") == ["仁慈的谈话"]
    assert found(session, "لطف") == ["حديث عن اللُطف"]
    assert found(session, "freundlich") == ["Menschenfreundlichkeit"]
    assert found(session, "en") == []  # so short a word must begin one
    assert found(session, "me") == ["Menschenfreundlichkeit"]


@pytest.mark.parametrize("text", ["%", "_", "\\", "%%%", "100%_", "w%t", "'; DROP TABLE events; --", "a" * 5000])
def test_nothing_typed_is_a_wildcard(session, text):
    make_event(session, title="What matters")
    wanted = search.words_of(text)
    assert len(wanted) <= search.MOST_WORDS
    assert found(session, text) == ([] if wanted else ["What matters"])


def test_the_words_follow_each_change(session):
    community = make_community(session)
    series = make_series(session, community, title="Third Thursday")
    date = dates_of(session, series)[0]
    assert " third thursday " in words(session, date)
    change_event(session, date, {"title": "Kūmara"}, now=NOW, delay=0)
    assert words(session, date).startswith(" kumara ")
    series.title = "Every month"
    session.flush()
    search.renew_of(session, series_id=series.id)
    assert " every month " in words(session, date)
    other = make_event(session, make_community(session))
    session.add(CoListing(event_id=other.id, community_id=community.id))
    community.name = "Ngā Whetū"
    session.flush()
    search.renew_of(session, community_id=community.id)
    assert " nga whetu " in words(session, date)
    assert " nga whetu " in words(session, other)


def test_the_title_of_a_series_that_is_not_shown_is_not_found(session):
    series = make_series(session)
    event = make_event(session, series_id=series.id, title="Open hour")
    series.title = "Zebrafish"
    for status, listing, known in (
        ("draft", "public", False),
        ("published", "link", False),
        ("published", "public", True),
        ("cancelled", "public", True),
    ):
        series.status, series.listing = status, listing
        session.flush()
        search.renew_of(session, series_id=series.id)
        assert ("zebrafish" in words(session, event)) is known
        assert ("Open hour" in found(session, "zebrafish")) is known
        assert search.mended(session, ("zebrafsih",)) == ("zebrafish" if known else "zebrafsih",)


def test_a_mistyped_word_is_mended_from_what_everybody_may_find(session):
    make_event(session, title="Kindness in Melbourne")
    make_event(session, title="Secretive", listing="link")
    make_event(session, title="Unfinished", status="draft")
    assert search.mended(session, ("kidness", "melborne")) == ("kindness", "melbourne")
    assert search.mended(session, ("kind", "melborne")) == ("kind", "melbourne")
    assert search.mended(session, ("secretiv", "unfinishd")) == ("secretiv", "unfinishd")
