"""The event page: how far away, the day strip, where, what people ask, afterwards; rules without a database first."""

import re
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from gatherings.core import zones
from gatherings.core.hours import part_of_day
from gatherings.pages.moments import Moment, moment_of, registration_edge
from gatherings.pages.sharing import mail_link, map_link, share_links
from gatherings.pages.strip import WIDTH, strip_of
from tests.factories import NOW, dates_of, make_community, make_event, make_series


def text_of(response):
    """Give what a reader sees: without tags, with single blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


def an_event(starts_at, minutes=60, zone="Europe/London", **more):
    facts = {
        "starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=minutes), "zone": zone, "all_day": False,
        "approximate": False, "status": "published", "mode": "online", "takes_registrations": True,
        "registration_opens_at": None, "registration_closes_at": None,
    }  # fmt: skip
    return SimpleNamespace(**(facts | more))


# --- how far away ----------------------------------------------------------------------------------------------------


def test_how_far_away_is_counted_in_what_tells_it_best():
    call = an_event(datetime(2026, 12, 17, 18, tzinfo=UTC))
    seen = {
        (month, day, hour, minute): moment_of(call, None, datetime(2026, month, day, hour, minute, tzinfo=UTC))
        for month, day, hour, minute in (
            (12, 17, 17, 59), (12, 17, 17, 0), (12, 17, 15, 0), (12, 17, 9, 0), (12, 16, 23, 0), (12, 14, 12, 0),
            (12, 3, 12, 0), (10, 18, 12, 0), (10, 17, 12, 0), (12, 17, 18, 0), (12, 17, 18, 59), (12, 17, 19, 0),
        )
    }  # fmt: skip
    assert list(seen.values()) == [
        Moment("before", "minute", 1), Moment("before", "minute", 60), Moment("before", "hour", 3),
        Moment("before", "day", 0), Moment("before", "day", 1), Moment("before", "day", 3),
        Moment("before", "week", 2), Moment("before", "week", 9), Moment("before", "month", 2),
        Moment("now"), Moment("now"), Moment("after", "day", 0),
    ]  # fmt: skip
    later = datetime(2026, 12, 17, 19, tzinfo=UTC)
    gone = [moment_of(call, None, later + timedelta(days=days)) for days in (1, 13, 21, 70, 365 * 2 + 1)]
    assert [(one.unit, one.count) for one in gone if one] == [
        ("day", 1), ("day", 13), ("week", 3), ("month", 2), ("year", 2),
    ]  # fmt: skip


def test_days_are_counted_on_the_readers_calendar():
    call = an_event(datetime(2026, 12, 17, 18, tzinfo=UTC))  # Friday 18 December, 07:00 in Auckland
    now = datetime(2026, 12, 16, 10, 30, tzinfo=UTC)  # Wednesday, 23:30 in Auckland
    assert moment_of(call, "Pacific/Auckland", now) == Moment("before", "day", 2)
    assert moment_of(call, "Europe/London", now) == Moment("before", "day", 1)
    week = an_event(datetime(2027, 1, 31, 13, tzinfo=UTC), 7 * 1440, "Australia/Melbourne", all_day=True)
    now = datetime(2027, 1, 30, 12, 30, tzinfo=UTC)  # Saturday, 23:30 in Melbourne: the week begins on Monday there
    assert moment_of(week, "America/New_York", now) == Moment("before", "day", 2)


def test_what_was_called_off_or_has_no_day_is_not_counted():
    at = datetime(2026, 12, 17, 18, tzinfo=UTC)
    assert moment_of(an_event(at, status="cancelled"), None, NOW) is None
    assert moment_of(an_event(at, approximate=True), None, NOW) is None


def test_what_ends_at_midnight_was_on_the_day_before():
    party = an_event(datetime(2026, 12, 17, 22, tzinfo=UTC), 120)
    assert moment_of(party, None, datetime(2026, 12, 18, 9, tzinfo=UTC)) == Moment("after", "day", 1)


def test_what_comes_next_for_registration():
    at = datetime(2026, 12, 17, 18, tzinfo=UTC)
    opens, closes = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 10, tzinfo=UTC)
    both = an_event(at, registration_opens_at=opens, registration_closes_at=closes)
    assert registration_edge(both, NOW) == ("opens", opens)
    assert registration_edge(both, opens) == ("closes", closes)
    assert registration_edge(both, closes) is None
    assert registration_edge(an_event(at), NOW) is None
    assert registration_edge(an_event(at, takes_registrations=False), NOW) is None


# --- the day strip ---------------------------------------------------------------------------------------------------


def drawn(*times, **more):
    strip = strip_of(*times, **more)
    assert strip is not None
    return strip


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ((2026, 12, 17), "Europe/London", 24),
        ((2026, 3, 29), "Europe/London", 23),
        ((2026, 10, 25), "Europe/London", 25),
        ((2026, 9, 6), "America/Santiago", 23),  # clocks go forward at midnight: the day begins at 01:00
        ((2026, 4, 5), "Australia/Lord_Howe", 24.5),
    ],
)
def test_each_minute_of_a_strip_lies_in_its_part_of_the_day(day, zone, hours):
    noon = zones.to_utc(datetime.combine(date(*day), time(12)), zone)
    strip = drawn(noon, noon + timedelta(hours=1), zone, mine=True)
    assert sum(band.width for band in strip.bands) == WIDTH
    assert round(strip.mark.width / WIDTH * hours, 1) == 1
    begins = noon
    while zones.to_local(begins - timedelta(minutes=1), zone).date() == date(*day):
        begins -= timedelta(minutes=1)
    for minute in range(0, int(hours * 60), 10):
        local = zones.to_local(begins + timedelta(minutes=minute), zone)
        x = minute / (hours * 60) * WIDTH
        (band,) = [one for one in strip.bands if one.x <= x < one.x + one.width]
        edge = min(abs(x - band.x), abs(x - band.x - band.width))
        assert band.part == part_of_day(local) or edge <= 1, (local, band)


def test_a_strip_says_the_same_in_words():
    def words(hour, zone="Europe/London", **more):
        starts = zones.to_utc(datetime(2026, 12, 17, hour), zone)
        return str(drawn(starts, starts + timedelta(minutes=90), zone, mine=True, **more).words)

    assert [words(hour) for hour in (3, 6, 7, 10, 13, 18, 22)] == [
        "In the middle of your night", "Very early in your morning", "Early in your morning", "In your morning",
        "In your afternoon", "In your evening", "Late in your evening",
    ]  # fmt: skip
    assert words(23) == "Late in your evening, and on past midnight"
    at = datetime(2026, 12, 17, 18, tzinfo=UTC)
    assert str(drawn(at, at + timedelta(hours=1), "Asia/Kolkata", mine=False).words) == (
        "Late in the evening in Kolkata, and on past midnight"
    )


def test_a_mark_over_midnight_ends_with_the_day_and_stays_to_be_seen():
    late = datetime(2026, 12, 17, 23, 59, tzinfo=UTC)
    strip = drawn(late, late + timedelta(hours=2), "Europe/London", mine=True)
    assert strip.past_midnight
    assert strip.mark.x + strip.mark.width == WIDTH
    assert strip.mark.width >= 4
    to_midnight = drawn(late - timedelta(minutes=59), late + timedelta(minutes=1), "Europe/London", mine=True)
    assert not to_midnight.past_midnight
    assert strip_of(late, late + timedelta(days=2), "Europe/London", mine=True) is None


# --- where, and telling others ---------------------------------------------------------------------------------------


def test_a_map_is_the_hosts_own_or_a_search_for_the_address():
    def where(**facts):
        return map_link(SimpleNamespace(**({"mode": "in person", "place_map": None, "place_address": None} | facts)))

    assert where(place_map="https://example.org/map", place_address="1 Example Lane") == "https://example.org/map"
    found = where(place_address="1 Example Lane, Zürich & around", place_map="javascript:alert(1)")
    assert found.startswith("https://www.openstreetmap.org/search?query=")
    assert parse_qs(urlsplit(found).query) == {"query": ["1 Example Lane, Zürich & around"]}
    assert where() is None
    assert where(mode="online", place_address="1 Example Lane") is None


def test_what_is_shared_survives_odd_titles():
    title, url = "Zoë & Sons <3 50% 李雷", "https://example.org/events/a"
    (whatsapp, linkedin) = [parse_qs(urlsplit(link).query) for _name, link in share_links(title, url)]
    assert whatsapp == {"text": [f"{title} {url}"]}
    assert linkedin == {"url": [url]}
    mail = mail_link(title, url)
    assert "+" not in mail
    assert parse_qs(urlsplit(mail).query) == {"subject": [title], "body": [url]}


# --- the page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def at_noon(clock_at):
    with clock_at(NOW):
        yield


@pytest.mark.usefixtures("at_noon")
def test_a_page_before_tells_when_where_and_what_people_ask(session, client):
    community = make_community(
        session, access_notes="A *lift*.", asked_often=[{"question": "May I bring <b>?", "answer": "Yes, **do**."}]
    )
    event = make_event(
        session, community, mode="hybrid", place_address="1 Example Lane, London",
        starts_local=datetime(2026, 12, 17, 18),
        registration_opens_at=datetime(2026, 12, 1, 9, tzinfo=UTC),
    )  # fmt: skip
    own = make_event(session, community, access_notes="Stairs.", asked_often=[{"question": "Q?", "answer": "A."}])
    page = client.get(f"/events/{event.slug}?zone=Pacific/Auckland")
    seen = text_of(page)
    assert "In 4 weeks Friday 18 December, 07:00–08:00 your time, Auckland" in seen
    assert "Early in your morning" in seen
    assert "In the evening in London" in seen
    assert page.text.count('<svg class="strip"') == 2
    assert "Registration opens Tuesday 1 December, 22:00 your time · Tuesday 1 December, 09:00 in London." in seen
    assert "https://www.openstreetmap.org/search?query=1+Example+Lane%2C+London" in page.text
    assert "A <em>lift</em>." in page.text
    assert "<summary>May I bring &lt;b&gt;?</summary>" in page.text
    assert "Yes, <strong>do</strong>." in page.text
    assert "mailto:?subject=What%20matters%20to%20you" in page.text
    unknown = client.get(f"/events/{event.slug}")
    assert unknown.text.count('<svg class="strip"') == 1
    assert "your time" not in text_of(client.get(f"/events/{event.slug}/when"))
    seen = text_of(client.get(f"/events/{own.slug}"))
    assert "Stairs." in seen
    assert "lift" not in seen
    assert "May I bring" not in seen


def test_a_page_during_says_until_when(session, client, clock_at):
    event = make_event(session, starts_local=datetime(2026, 12, 17, 23, 30))
    with clock_at(datetime(2026, 12, 17, 23, 45, tzinfo=UTC)):
        assert "Happening now, until Friday 18 December, 00:30" in text_of(client.get(f"/events/{event.slug}"))
        auckland = text_of(client.get(f"/events/{event.slug}?zone=Pacific/Auckland"))
        assert "Happening now, until 13:30" in auckland
        assert 'name="email"' in client.get(f"/events/{event.slug}").text


def test_a_page_afterwards_is_a_record_that_leads_on(session, client, clock_at):
    community = make_community(session, access_notes="A lift.", asked_often=[{"question": "Q?", "answer": "A."}])
    series = make_series(session, community)
    date, following = dates_of(session, series)[:2]
    date.recording_url = "https://example.org/rec"
    make_event(session, community, title="Sooner, elsewhere", starts_local=datetime(2027, 1, 8, 9))
    alone = make_event(session, community, starts_local=datetime(2026, 12, 15, 18))
    with clock_at(datetime(2027, 1, 7, 12, tzinfo=UTC)):
        page = client.get(f"/events/{date.slug}?zone=Pacific/Auckland")
        seen = text_of(page)
        assert "Was 3 weeks ago" in seen
        assert seen.index("Watch the recording") < seen.index("The next one:") < seen.index("When")
        assert f'The next one:</strong> <a href="/events/{following.slug}"' in page.text
        assert "Friday 22 January, 07:00–08:00 your time · Thursday 21 January, 18:00–19:00 in London" in seen
        assert "A lift." not in seen
        assert "Q?" not in seen
        assert 'name="email"' not in page.text
        fragment = client.get(f"/events/{date.slug}/next?zone=Pacific/Auckland")
        assert "<html" not in fragment.text
        assert "Friday 22 January, 07:00–08:00 your time" in text_of(fragment)
        assert "Sooner, elsewhere" in client.get(f"/events/{alone.slug}").text


@pytest.mark.usefixtures("at_noon")
def test_a_week_is_told_by_the_days_of_each_place(session, client):
    community = make_community(session)
    week = make_event(
        session, community, starts_local=datetime(2027, 1, 4), minutes=5 * 1440, all_day=True, mode="hybrid",
        takes_registrations=False,
    )  # fmt: skip
    for number, zone in enumerate(("America/Toronto", "Australia/Melbourne", "Australia/Sydney")):
        make_event(
            session, community, umbrella_id=week.id, zone=zone,
            starts_local=datetime(2027, 1, 5 + (number == 2), 9, 30),
            mode="in person", place_name=f"Hall {number}", capacity_room=0, title=zone,
        )  # fmt: skip
    page = client.get(f"/events/{week.slug}?zone=Europe/London")
    days = re.split(r'<h3 class="day-name">', page.text)[1:]
    assert [day.split("<")[0] for day in days] == ["Tuesday 5 January 2027", "Wednesday 6 January 2027"]
    # On one day by the hour, whoever is first around the world.
    assert re.findall(r">(\w+/\w+)</a>", days[0]) == ["Australia/Melbourne", "America/Toronto"]
    assert "In person: Hall 1" in text_of(page)
    assert page.text.count("Full: waiting list") == 3
