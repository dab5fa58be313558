"""What pages tell programs: previews, schema.org data, the list of all pages."""

import json
import re
from datetime import datetime
from xml.etree import ElementTree

import pytest

from gatherings.events.models import Speaker
from gatherings.pages import machines
from tests.factories import make_community, make_event, make_series

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
HARM = "</script><script>alert(1)</script> & Zoë <3"


def data_of(page: str) -> dict:
    (found,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return json.loads(found)


def told(page: str) -> dict[str, str]:
    return dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page))


def test_an_event_says_when_where_and_who(session, client):
    community = make_community(session, slug="kind", name="Kind People")
    event = make_event(
        session, community, slug="call", title=HARM, summary="What it is about.", mode="hybrid",
        place_name="Room 1", place_address="1 High Street, London", zone="Europe/London",
        starts_local=datetime(2033, 7, 21, 18), ends_local=datetime(2033, 7, 21, 19),
    )  # fmt: skip
    session.add(Speaker(event_id=event.id, position=1, name="李雷"))
    session.commit()
    page = client.get("/events/call").text
    data = data_of(page)
    assert (data["@type"], data["name"]) == ("Event", HARM)
    assert (data["startDate"], data["endDate"]) == ("2033-07-21T18:00+01:00", "2033-07-21T19:00+01:00")
    assert data["eventAttendanceMode"].endswith("/MixedEventAttendanceMode")
    assert data["eventStatus"].endswith("/EventScheduled")
    assert [place["@type"] for place in data["location"]] == ["Place", "VirtualLocation"]
    assert data["performer"] == [{"@type": "Person", "name": "李雷"}]
    assert data["organizer"]["name"] == "Kind People"
    meta = told(page)
    assert meta["description"] == meta["og:description"] == "What it is about."
    assert meta["og:url"] == data["url"] == "http://gatherings.test/events/call"
    assert meta["og:image"] == data["image"]
    assert '<link rel="alternate" type="text/calendar" href="/events/call/event.ics"' in page


def test_the_meeting_is_named_to_nobody(session, client):
    make_event(session, make_community(session), slug="call", mode="online", join_url="https://meet.example.org/secret")
    assert "meet.example.org" not in client.get("/events/call").text


def test_whole_days_are_days_and_the_last_one_is_not_the_day_after(session, client):
    make_event(
        session, make_community(session), slug="days", all_day=True, mode="in person",
        starts_local=datetime(2033, 3, 2), ends_local=datetime(2033, 3, 5),
    )  # fmt: skip
    data = data_of(client.get("/events/days").text)
    assert (data["startDate"], data["endDate"]) == ("2033-03-02", "2033-03-04")


@pytest.mark.parametrize("values", [{"listing": "link"}, {"approximate": True, "edition_year": 2033}], ids=str)
def test_what_is_not_for_everybody_or_not_known_gives_no_data(session, client, values):
    make_event(session, make_community(session), slug="quiet", **values)
    assert "ld+json" not in client.get("/events/quiet").text


def test_series_and_communities_say_who_they_are(session, client):
    community = make_community(session, slug="kind", name="Kind People", website="https://kind.example.org")
    make_series(session, community, slug="monthly", title="Monthly")
    assert data_of(client.get("/series/monthly").text)["@type"] == "EventSeries"
    data = data_of(client.get("/communities/kind").text)
    assert (data["@type"], data["sameAs"]) == ("Organization", "https://kind.example.org")


def test_the_site_lists_what_is_for_everybody_and_nothing_else(session, client):
    community = make_community(session, slug="kind")
    series = make_series(session, community, slug="monthly", ahead=2)
    make_event(session, community, slug="open")
    make_event(session, community, slug="hidden", listing="link")
    make_event(session, community, slug="unborn", status="draft")
    session.commit()
    answer = client.get("/sitemap.xml")
    assert answer.mimetype == "application/xml"
    places = [str(node.text) for node in ElementTree.fromstring(answer.data).iter(f"{SITEMAP}loc")]
    assert len(places) == len(set(places))
    paths = {place.removeprefix("http://gatherings.test") for place in places}
    assert {"/", "/communities/kind", f"/series/{series.slug}", "/events/open"} <= paths
    assert not {"/events/hidden", "/events/unborn"} & paths
    assert all(client.get(path).status_code == 200 for path in paths)
    assert "Sitemap: http://gatherings.test/sitemap.xml" in client.get("/robots.txt").text


@pytest.mark.parametrize(
    ("text", "line"),
    [("  two\n words ", "two words"), ("word " * 100, "word " * 58 + "word…"), ("x" * 400, "x" * 299 + "…"), ("", "")],
)
def test_a_description_is_one_line_cut_between_words(text, line):
    assert machines.short(text) == line
    assert len(line) <= 300
