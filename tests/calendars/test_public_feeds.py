"""Files and feeds that anybody may have: what is in them, how they are answered, and what never leaks."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from gatherings.core import zones
from gatherings.events.actions import change_event
from gatherings.events.models import CoListing, OldSlug
from gatherings.invites.actions import store_blocks
from tests.databases import BASE_URL
from tests.factories import NOW, dates_of, make_community, make_event, make_registration, make_series
from tests.ics.reader import occurrences
from tests.pages.counting import counted

# domain.md, Time 6: third Thursdays, 18:00 in London.
HOURS_2026 = {1: 18, 2: 18, 3: 18, 4: 17, 5: 17, 6: 17, 7: 17, 8: 17, 9: 17, 10: 17, 11: 18, 12: 18}
DAYS_2026 = {1: 15, 2: 19, 3: 19, 4: 16, 5: 21, 6: 18, 7: 16, 8: 20, 9: 17, 10: 15, 11: 19, 12: 17}
FIXTURE = [datetime(2026, month, DAYS_2026[month], hour, tzinfo=UTC) for month, hour in HOURS_2026.items()]


@pytest.fixture(autouse=True)
def at_noon(clock_at):
    with clock_at(NOW):
        yield


def events_of(response):
    """Give the VEVENTs of an answer, read by icalendar."""
    assert response.status_code == 200
    return icalendar.Calendar.from_ical(response.data).walk("VEVENT")


def titles(response):
    return sorted(str(event["SUMMARY"]) for event in events_of(response))


def change(session, event, **values):
    change_event(session, event, values, now=NOW + timedelta(minutes=1), delay=180)
    store_blocks(session, base_url=BASE_URL, event_ids=[event.id])


# --- what is in them -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["series", "communities"])
def test_the_fixture_of_2026_is_right_through_the_feed(session, client, kind):
    community = make_community(session, slug="kind")
    make_series(session, community, slug="kind")
    data = client.get(f"/{kind}/kind/calendar.ics").data
    starts = [one.start for one in occurrences(data) if one.start.year == 2026]
    assert starts == FIXTURE
    auckland = [zones.to_local(start, "Pacific/Auckland").hour for start in starts]
    assert auckland == [7, 7, 7, 5, 5, 5, 5, 5, 5, 6, 7, 7]
    assert [zones.to_local(start, "America/New_York").hour for start in starts] == [13, 13, 14] + [13] * 9


def test_a_moved_and_a_cancelled_date_are_overrides_of_the_rule(session, client):
    series = make_series(session, slug="third")
    first, second, _third = dates_of(session, series)
    moved = {"starts_local": datetime(2026, 12, 16, 19), "ends_local": datetime(2026, 12, 16, 20)}
    change(session, first, **moved, title="Earlier")
    change(session, second, status="cancelled")
    master, *overrides = events_of(client.get("/series/third/calendar.ics"))
    assert "RRULE" in master
    assert "STATUS" in master
    assert str(master["STATUS"]) == "CONFIRMED"
    told = [
        (str(one["UID"]) == str(master["UID"]), one["RECURRENCE-ID"].dt.replace(tzinfo=None), str(one["STATUS"]))
        for one in overrides
    ]
    assert told == [(True, datetime(2026, 12, 17, 18), "CONFIRMED"), (True, datetime(2027, 1, 21, 18), "CANCELLED")]
    assert len({int(one["SEQUENCE"]) for one in (master, *overrides)}) == 1
    starts = [one.start for one in occurrences(client.get("/series/third/calendar.ics").data)]
    assert datetime(2026, 12, 16, 19, tzinfo=UTC) in starts
    assert datetime(2026, 12, 17, 18, tzinfo=UTC) not in starts


def test_a_community_feed_holds_series_once_and_single_events(session, client):
    community, other = make_community(session, slug="kind"), make_community(session, slug="other")
    make_series(session, community, title="Monthly")
    make_event(session, community, title="Single")
    make_event(session, community, title="Last spring", starts_local=datetime(2026, 4, 1, 9))
    make_event(session, community, title="Two years ago", starts_local=datetime(2024, 11, 1, 9))
    listed = make_event(session, other, title="Of others")
    session.add(CoListing(event_id=listed.id, community_id=community.id))
    make_event(session, other, title="Not ours")
    assert titles(client.get("/communities/kind/calendar.ics")) == ["Last spring", "Monthly", "Of others", "Single"]


def test_editions_are_in_the_feed_of_their_series(session, client):
    community = make_community(session)
    editions = make_series(session, community, slug="festival", ahead=0)
    for rule in list(editions.rules):
        editions.rules.remove(rule)
    session.flush()
    store_blocks(session, base_url=BASE_URL, series_ids=[editions.id])
    make_event(session, community, series_id=editions.id, edition_year=2027, title="Festival 2027", all_day=True,
               starts_local=datetime(2027, 3, 2), minutes=3 * 1440, mode="in person")  # fmt: skip
    make_event(session, community, series_id=editions.id, edition_year=2026, title="Year alone", approximate=True,
               starts_local=datetime(2026, 3, 2))  # fmt: skip
    (event,) = events_of(client.get("/series/festival/calendar.ics"))
    assert (str(event["SUMMARY"]), event["DTSTART"].dt.isoformat(), event["DTEND"].dt.isoformat()) == (
        "Festival 2027", "2027-03-02", "2027-03-05",
    )  # fmt: skip


def test_a_cancelled_event_is_told_for_six_weeks_then_goes(session, client, clock_at):
    community = make_community(session, slug="kind")
    event = make_event(session, community, starts_local=datetime(2027, 3, 1, 18))
    change(session, event, status="cancelled")
    (told,) = events_of(client.get("/communities/kind/calendar.ics"))
    assert (str(told["STATUS"]), int(told["SEQUENCE"])) == ("CANCELLED", 1)
    with clock_at(NOW + timedelta(weeks=6)):
        assert len(events_of(client.get("/communities/kind/calendar.ics"))) == 1
    with clock_at(NOW + timedelta(weeks=6, days=2)):
        assert events_of(client.get("/communities/kind/calendar.ics")) == []


def test_one_event_has_the_same_uid_in_file_and_feed(session, client):
    event = make_event(session, make_community(session, slug="kind"))
    (one,) = events_of(client.get(f"/events/{event.slug}/event.ics"))
    (same,) = events_of(client.get("/communities/kind/calendar.ics"))
    assert one == same
    assert str(one["UID"]) == event.uid


def test_blocks_that_are_missing_are_written_on_the_fly(session, client):
    community = make_community(session, slug="kind")
    series = make_series(session, community, slug="kind")
    event = make_event(session, community)
    paths = ("/communities/kind/calendar.ics", "/series/kind/calendar.ics", f"/events/{event.slug}/event.ics")
    before = [client.get(path).data for path in paths]
    for date in (event, *dates_of(session, series)):
        date.calendar_block = date.calendar_zones = None
    series.calendar_block = series.calendar_zones = None
    community.version += 1
    assert [client.get(path).data for path in paths] == before


# --- what never leaks ------------------------------------------------------------------------------------------------


def test_no_meeting_link_and_nobodys_name_is_in_a_feed(session, client):
    community = make_community(session, slug="kind")
    series = make_series(session, community, slug="kind")
    event = make_event(session, community, mode="hybrid")
    make_registration(session, event, name="Ada Secret", address="ada@example.org", wish="room")
    make_registration(session, dates_of(session, series)[0], name="Ada Secret", address="ada@example.org")
    for path in ("/communities/kind/calendar.ics", "/series/kind/calendar.ics", f"/events/{event.slug}/event.ics"):
        data = client.get(path).data.replace(b"\r\n ", b"")
        leaks = (b"meet.example.org", b"Ada", b"ada@", b"ATTENDEE", b"ORGANIZER", b"/join/", b"METHOD:REQUEST")
        assert [word for word in leaks if word in data] == []


def test_drafts_and_what_is_shown_by_link_are_in_no_feed(session, client):
    community = make_community(session, slug="kind")
    make_event(session, community, title="Draft", status="draft", slug="the-draft")
    linked = make_event(session, community, title="By link", listing="link")
    make_series(session, community, title="Series by link", listing="link", slug="linked")
    make_series(session, community, title="Draft series", status="draft", slug="drafted")
    make_event(session, community, title="Open")
    assert titles(client.get("/communities/kind/calendar.ics")) == ["Open"]
    assert client.get("/events/the-draft/event.ics").status_code == 404
    assert client.get("/series/drafted/calendar.ics").status_code == 404
    assert titles(client.get(f"/events/{linked.slug}/event.ics")) == ["By link"]
    assert titles(client.get("/series/linked/calendar.ics")) == ["Series by link"]


@pytest.mark.parametrize("hidden", [{"listing": "link"}, {"status": "draft"}])
def test_a_date_of_a_series_that_is_not_public_says_nothing_of_its_own(session, client, hidden):
    series = make_series(session, slug="third")
    date = dates_of(session, series)[0]
    change(session, date, title="Not yet to be known", **hidden)
    assert "Not yet to be known" not in client.get("/series/third/calendar.ics").text


# --- how they are answered -------------------------------------------------------------------------------------------


@pytest.fixture
def paths(session):
    community = make_community(session, slug="kind")
    make_series(session, community, slug="kind")
    event = make_event(session, community)
    session.commit()
    return ("/communities/kind/calendar.ics", "/series/kind/calendar.ics", f"/events/{event.slug}/event.ics")


def test_headers_are_right(paths, client):
    for path in paths:
        answer = client.get(path, headers={"Accept-Encoding": "gzip, br"})
        assert answer.content_type == "text/calendar; charset=utf-8"
        assert answer.headers["Content-Disposition"].startswith('inline; filename="')
        assert answer.headers["Content-Disposition"].endswith('.ics"')
        assert answer.headers["Cache-Control"].startswith("private")
        assert answer.headers["X-Robots-Tag"].startswith("noindex")
        assert answer.headers["ETag"].startswith('"')
        assert "Content-Encoding" not in answer.headers
        assert "Set-Cookie" not in answer.headers
        assert b"METHOD" not in answer.data


def test_a_feed_says_how_often_to_ask(paths, client):
    for path in paths[:2]:
        data = client.get(path).data
        assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in data
        assert b"X-PUBLISHED-TTL:PT1H\r\n" in data
        assert data.count(b"X-WR-CALNAME") == 1


def test_an_unchanged_calendar_is_not_sent_again(paths, client):
    for path in paths:
        full = client.get(path)
        again = client.get(path, headers={"If-None-Match": full.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == full.headers["ETag"]
        other = client.get(path, headers={"If-None-Match": '"something-else"'})
        assert (other.status_code, other.data) == (200, full.data)


def test_head_answers_like_get_without_the_body(paths, client):
    for path in paths:
        full, head = client.get(path), client.head(path)
        assert (head.status_code, head.data) == (200, b"")
        assert {name: head.headers[name] for name in ("ETag", "Content-Type", "Content-Length")} == {
            name: full.headers[name] for name in ("ETag", "Content-Type", "Content-Length")
        }
        assert client.head(path, headers={"If-None-Match": full.headers["ETag"]}).status_code == 304


def test_bytes_do_not_change_by_themselves(paths, client, clock_at, make_another):
    before = [client.get(path).data for path in paths]
    with clock_at(NOW + timedelta(days=30, hours=7)):
        assert [client.get(path).data for path in paths] == before
    assert [make_another().test_client().get(path).data for path in paths] == before


def test_a_change_is_there_at_once(session, client):
    community = make_community(session, slug="kind")
    event = make_event(session, community, title="Before")
    first = client.get("/communities/kind/calendar.ics")
    moved = {"starts_local": datetime(2026, 12, 16, 18), "ends_local": datetime(2026, 12, 16, 19)}
    change(session, event, **moved, title="After")
    second = client.get("/communities/kind/calendar.ics", headers={"If-None-Match": first.headers["ETag"]})
    assert titles(second) == ["After"]
    assert int(events_of(second)[0]["SEQUENCE"]) == int(events_of(first)[0]["SEQUENCE"]) + 1


@pytest.mark.parametrize(
    "path",
    ["/events/no-such/event.ics", "/series/no-such/calendar.ics", "/communities/no-such/calendar.ics",
     "/events/%00/event.ics", "/series/A'b/calendar.ics", "/communities/%F0%9F%8C%B8/calendar.ics"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_old_slugs_lead_to_the_new_calendars(session, client):
    community = make_community(session, slug="new-kind")
    event = make_event(session, community, slug="new-event")
    session.add(OldSlug(kind="event", slug="old", object_id=event.id))
    session.add(OldSlug(kind="community", slug="old", object_id=community.id))
    assert client.get("/events/old/event.ics").headers["Location"] == "/events/new-event/event.ics"
    assert client.get("/communities/old/calendar.ics").headers["Location"] == "/communities/new-kind/calendar.ics"


def test_an_event_whose_day_is_not_known_has_no_file(session, client):
    event = make_event(session, approximate=True, edition_year=2009, starts_local=datetime(2009, 3, 1))
    assert client.get(f"/events/{event.slug}/event.ics").status_code == 404


@pytest.mark.parametrize(("index", "first", "again"), [(0, 5, 1), (1, 4, 1), (2, 3, 1)])
def test_feeds_cost_few_queries(paths, client, engine, index, first, again):
    for most in (first, again):
        with counted(engine) as statements:
            client.get(paths[index])
        assert len(statements) <= most, "\n\n".join(statements)
