"""The calendar and its doors as people read them: names, clocks, feed, drawing."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import icalendar
import pytest

from gatherings.core import door_art
from gatherings.core.colours import ACCENTS, SPARKS
from gatherings.doors.actions.calendars import By, Settings, change
from gatherings.events.actions import keep_old_slug
from gatherings.events.models import Event
from tests.dooring import FIRST, make_calendar
from tests.factories import make_event

PATH = "/events/the-session/doors"
NOON = datetime(2026, 12, 5, 12, tzinfo=UTC)


@pytest.fixture
def calendar(session):
    made = make_calendar(session, make_event(session, slug="the-session"))
    session.commit()
    return made


def names(page: str) -> list[str]:
    return re.findall(r'<li class="door[^>]*><a [^>]*><span class="visually-hidden">([^<]*)</span>', page)


def test_every_door_is_a_link_with_a_name_that_says_all(client, calendar, clock_at):
    with clock_at(NOON):
        page = client.get(PATH).text
        found = names(page)
        assert len(found) == 24
        assert found[0] == "Door 1, Tuesday 1 December, open: Title 1."
        assert found[4] == "Door 5, Saturday 5 December, today’s door, open: Title 5."
        assert found[5] == "Door 6, Sunday 6 December, opens tomorrow"
        assert found[23] == "Door 24, Thursday 24 December, opens in 19 days"
        assert page.count('aria-current="date"') == 1
        # On the reader's own calendar: in Auckland it is Sunday already, and door 6 opens at 13:00.
        found = names(client.get(f"{PATH}?zone=Pacific/Auckland").text)
        assert found[5] == "Door 6, Sunday 6 December, opens today at 13:00"


def test_a_closed_door_says_when_it_opens_on_both_clocks(client, calendar, clock_at):
    with clock_at(NOON):
        page = client.get(f"{PATH}/7?zone=Pacific/Auckland").text
        assert "It opens Monday 7 December, 13:00 your time, Auckland." in page
        assert "That is Monday 7 December, 00:00 in London." in page
        assert "Title 7" not in page
        assert "GMT" not in page
        page = client.get(f"{PATH}/7").text
        assert "It opens Monday 7 December, 00:00 in London." in page
        assert "That is" not in page


def test_ones_own_midnight_is_said_on_ones_own_clock(client, session, calendar, clock_at):
    calendar.opening = "viewer"
    session.commit()
    with clock_at(NOON):
        page = client.get(f"{PATH}/7?zone=America/New_York").text
        assert "It opens Monday 7 December, 00:00 in New York." in page
        assert "your own midnight" in page
        assert "doors.ics?zone=America/New_York" in client.get(f"{PATH}?zone=America/New_York").text


def test_an_open_door_leads_to_those_beside_it_and_can_be_shared(client, calendar, clock_at):
    with clock_at(NOON):
        page = client.get(f"{PATH}/5").text
        assert "<h1>Title 5.</h1>" in page
        assert "<p>Secret 5.</p>" in page
        assert re.search(rf'rel="prev" href="{PATH}/4"', page)
        assert re.search(rf'rel="next" href="{PATH}/6"', page)
        assert "opens tomorrow" in page
        assert "Tell others" in page
        assert f'og:url" content="http://gatherings.test{PATH}/5"' in page
        assert 'rel="prev"' not in client.get(f"{PATH}/1").text
        assert 'rel="next"' not in client.get(f"{PATH}/24").text
        for none in ("0", "25", "999999999999", "x", "-1"):
            assert client.get(f"{PATH}/{none}").status_code == 404


def test_before_and_after(client, calendar, clock_at):
    with clock_at(datetime(2026, 11, 29, 12, tzinfo=UTC)):
        page = client.get(PATH).text
        assert "All doors are still closed." in page
        assert "Door 1 opens Tuesday 1 December, 00:00 in London." in page
        assert names(page)[0] == "Door 1, Tuesday 1 December, opens in 2 days"
    with clock_at(datetime(2027, 2, 1, tzinfo=UTC)):
        page = client.get(PATH).text
        assert "All doors are open." in page
        assert "is-today" not in page
        assert page.count("is-open") == 24


def test_an_old_address_leads_on_and_what_only_its_link_shows_is_not_indexed(client, session, calendar, clock_at):
    keep_old_slug(session, "event", calendar.event_id, "the-old-one")
    session.get_one(Event, calendar.event_id).listing = "link"
    session.commit()
    with clock_at(NOON):
        for tail in ("", "/5", ".ics", "/follow", "/asked", "/preview.png"):
            answer = client.get(f"/events/the-old-one/doors{tail}")
            assert (answer.status_code, answer.location) == (301, f"{PATH}{tail}")
        for tail in ("", "/5"):
            page = client.get(PATH + tail)
            assert "noindex" in page.headers["X-Robots-Tag"]
            assert "Tell others" not in page.text


def entries(client) -> dict[str, Any]:
    answer = client.get(f"{PATH}.ics")
    assert answer.status_code == 200
    return {str(one["UID"]): one for one in icalendar.Calendar.from_ical(answer.data).walk("VEVENT")}


def test_the_feed_has_a_whole_day_for_each_door_and_calendars_can_follow(app, client, session, calendar, clock_at):
    with clock_at(NOON - timedelta(hours=13)):  # 23:00 on the fourth
        before = entries(client)
        etag = client.get(f"{PATH}.ics").headers["ETag"]
        assert client.get(f"{PATH}.ics", headers={"If-None-Match": etag}).status_code == 304
        assert client.get(f"{PATH}.ics").headers["Cache-Control"] == "private, no-cache"
    with clock_at(NOON):
        after = entries(client)
        assert client.get(f"{PATH}.ics", headers={"If-None-Match": etag}).status_code == 200
    assert list(before) == list(after)
    assert len(after) == 24
    uid = list(after)[4]
    old, new = before[uid], after[uid]
    assert (str(old["SUMMARY"]), str(new["SUMMARY"])) == ("Door 5", "Door 5: Title 5.")
    assert ("URL" in old, str(new["URL"])) == (False, f"http://gatherings.test{PATH}/5")
    assert new["SEQUENCE"] > old["SEQUENCE"]
    assert new["LAST-MODIFIED"].dt > old["LAST-MODIFIED"].dt
    assert (str(new["DTSTART"].dt), str(new["DTEND"].dt)) == ("2026-12-05", "2026-12-06")
    assert new["TRANSP"] == "TRANSPARENT"
    assert "ATTENDEE" not in new
    unchanged = list(after)[5]
    assert before[unchanged].to_ical() == after[unchanged].to_ical()
    event_id = calendar.event_id
    session.commit()
    wanted = Settings("", "", FIRST + timedelta(days=1), "Europe/London", "calendar", 24)
    change(session, event_id, wanted, By("somebody", NOON))
    session.commit()
    with clock_at(NOON + timedelta(minutes=1)):
        moved = entries(client)
    assert list(moved) == list(after)
    assert str(moved[uid]["DTSTART"].dt) == "2026-12-06"
    assert str(moved[uid]["SUMMARY"]) == "Door 5"  # closed again, and newer than what calendars have
    assert all(moved[one]["SEQUENCE"] > after[one]["SEQUENCE"] for one in after)


def test_hostile_words_stay_words(client, session, calendar, clock_at):
    door = calendar.doors[0]
    door.title = "<script>alert(1)</script> Zoë & Sons <3"
    door.body = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) ![p](https://evil.example.org/p.png)"
    door.kind, door.url = "recording", "javascript:alert(1)"
    calendar.title = "\u202eevil</title><script>"
    session.commit()
    with clock_at(NOON):
        for path in (PATH, f"{PATH}/1"):
            page = client.get(path).text
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert 'href="javascript' not in page
            assert "evil.example.org" not in page or "<img" not in page.split("evil.example.org")[0][-40:]


def test_a_kept_page_costs_no_query_and_follows_a_change(app, client, session, calendar, clock_at):
    with clock_at(NOON):
        assert "Title 3." in client.get(PATH).text
        wanted = Settings("Another title", "", FIRST, "Europe/London", "calendar", 24)
        change(session, calendar.event_id, wanted, By("somebody", NOON))
        assert "Another title" in client.get(PATH).text


def test_the_house_is_drawn_the_same_each_time_and_neighbours_differ():
    for slug in ("advent", "a-week", "x" * 60):
        looks = door_art.looks(slug, 31)
        assert looks == door_art.looks(slug, 31)
        assert looks[:7] == door_art.looks(slug, 7)
        assert all(one.tone != other.tone and one.shape != other.shape for one, other in pairwise(looks))
        assert len({look.motif for look in looks[: len(door_art.MOTIFS)]}) == len(door_art.MOTIFS)
        closed = door_art.sprite(looks, ())
        assert 'id="m' not in closed
    assert door_art.looks("advent", 24) != door_art.looks("another", 24)
    assert [door_art.columns(count) for count in (1, 5, 7, 24, 25, 31)] == [
        (1, 1, 1), (3, 5, 5), (4, 4, 7), (4, 6, 8), (4, 5, 5), (4, 4, 8),
    ]  # fmt: skip


def test_the_stylesheet_has_the_inks_of_the_covers():
    text = Path("static/doors.css.d/10-night.css").read_text()
    for accent, inks in ACCENTS.items():
        assert f".accent-{accent} {{ --deep: {inks['light']}; --spark: {SPARKS[accent]}; }}" in text


def test_no_page_of_another_format_tells_more(client, calendar, clock_at):
    with clock_at(NOON):
        for tail in (".json", ".xml", "/7.json", "/pictures", "?format=json", "?day=2026-12-24", "?now=2026-12-24"):
            answer = client.get(PATH + tail, headers={"Accept": "application/json"})
            assert "Title 7" not in answer.text
            assert "Secret 7" not in answer.text


def test_the_page_is_light(client, calendar, clock_at):
    with clock_at(datetime(2026, 12, 25, tzinfo=UTC)):
        page = client.get(PATH, headers={"Accept-Encoding": "br"})
    assert len(page.data) < 7 * 1024
