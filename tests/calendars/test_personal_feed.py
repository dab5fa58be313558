"""One's own feed: everything of mine, by a secret address, with nobody's name in it."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from sqlalchemy import select

from gatherings.accounts.models import Person
from gatherings.core.tokens import Signer
from gatherings.events.actions import change_event
from gatherings.invites.actions import store_blocks
from gatherings.registration.actions.leaving import cancel
from gatherings.registration.models import Registration
from tests.databases import BASE_URL, SECRET
from tests.factories import (
    NOW,
    SITE,
    dates_of,
    get_registration,
    make_community,
    make_event,
    make_registration,
    make_series,
    make_series_registration,
)
from tests.ics.reader import occurrences
from tests.pages.counting import counted

SIGNER = Signer((SECRET,))


@pytest.fixture(autouse=True)
def at_noon(clock_at):
    with clock_at(NOW):
        yield


def feed_of(session, address="ada@example.org"):
    person = session.scalars(select(Person).where(Person.key == address)).one()
    return f"/calendar/{SIGNER.sign('feed', person.public_id, person.feed_version)}.ics"


def events_of(response):
    assert response.status_code == 200
    return icalendar.Calendar.from_ical(response.data).walk("VEVENT")


def mine_on(session, event):
    registration = session.scalars(select(Registration).where(Registration.event_id == event.id)).one()
    return get_registration(session, registration.public_id)


def test_all_of_mine_is_in_it_and_nothing_of_others(session, client):
    own = make_event(session, title="Mine")
    uid, mine = own.uid, make_registration(session, own)
    make_registration(session, make_event(session, title="Of Bo"), address="bo@example.org", name="Bo Other")
    (event,) = events_of(client.get(feed_of(session)))
    assert (str(event["SUMMARY"]), str(event["UID"]), str(event["STATUS"])) == ("Mine", uid, "CONFIRMED")
    join = SIGNER.sign("join", mine.public_id, mine.link_version)
    assert str(event["LOCATION"]) == f"{BASE_URL}/join/{join}"


def test_nobodys_name_or_address_or_meeting_link_is_in_it(session, client):
    make_registration(session, make_event(session, mode="hybrid"), wish="online", name="Ada Secret")
    make_series_registration(session, dates_of(session, make_series(session))[0], name="Ada Secret")
    data = client.get(feed_of(session)).data.replace(b"\r\n ", b"")
    people = (b"Secret", b"ada@", b"nobody@", b"ATTENDEE", b"ORGANIZER")
    leaks = (*people, b"meet.example.org", b"/registrations/", b"METHOD")
    assert [word for word in leaks if word in data] == []


def test_who_has_a_place_in_the_room_sees_the_room(session, client):
    make_registration(session, make_event(session, mode="hybrid"), wish="room")
    (event,) = events_of(client.get(feed_of(session)))
    assert str(event["LOCATION"]) == "The Old Library"


def test_every_month_is_one_rule_with_dates_left_out_and_dates_that_differ(session, client):
    series = make_series(session)
    uid = series.rules[0].uid
    first, second, third = dates_of(session, series)
    make_series_registration(session, first)
    cancel(session, mine_on(session, second), SITE, now=NOW)
    change_event(
        session, third,
        {"starts_local": datetime(2027, 2, 19, 18), "ends_local": datetime(2027, 2, 19, 19), "title": "On a Friday"},
        now=NOW, delay=180,
    )  # fmt: skip
    store_blocks(session, base_url=BASE_URL, event_ids=[third.id])
    response = client.get(feed_of(session))
    master, *overrides = events_of(response)
    assert (str(master["UID"]), str(master["SUMMARY"])) == (uid, "Third Thursday")
    assert "/join/" in master["LOCATION"]
    assert [(str(one["SUMMARY"]), one["RECURRENCE-ID"].dt.replace(tzinfo=None)) for one in overrides] == [
        ("On a Friday", datetime(2027, 2, 18, 18))
    ]
    coming = [one.start for one in occurrences(response.data) if NOW < one.start < datetime(2027, 4, 1, tzinfo=UTC)]
    assert coming == [
        datetime(2026, 12, 17, 18, tzinfo=UTC), datetime(2027, 2, 19, 18, tzinfo=UTC),
        datetime(2027, 3, 18, 18, tzinfo=UTC),
    ]  # fmt: skip


def test_what_is_waited_for_is_not_in_it(session, client):
    event = make_event(session, capacity_online=1)
    make_registration(session, event, address="bo@example.org", name="Bo")
    make_registration(session, event)
    assert events_of(client.get(feed_of(session))) == []
    assert len(events_of(client.get(feed_of(session, "bo@example.org")))) == 1


@pytest.mark.parametrize("by", ["me", "host"])
def test_what_was_cancelled_is_told_for_six_weeks_then_goes(session, client, clock_at, by):
    event = make_event(session, starts_local=datetime(2027, 3, 1, 18))
    registration = make_registration(session, event)
    if by == "me":
        cancel(session, registration, SITE, now=NOW + timedelta(minutes=5))
    else:
        change_event(session, event, {"status": "cancelled"}, now=NOW + timedelta(minutes=5), delay=180)
    first = client.get(feed_of(session))
    (told,) = events_of(first)
    assert (str(told["STATUS"]), int(told["SEQUENCE"])) == ("CANCELLED", 1)
    with clock_at(NOW + timedelta(weeks=6, days=2)):
        later = client.get(feed_of(session), headers={"If-None-Match": first.headers["ETag"]})
        assert events_of(later) == []


def test_what_is_past_by_more_than_a_year_goes(session, client, clock_at):
    make_registration(session, make_event(session))
    with clock_at(datetime(2027, 12, 1, tzinfo=UTC)):
        assert len(events_of(client.get(feed_of(session)))) == 1
    with clock_at(datetime(2027, 12, 25, tzinfo=UTC)):
        assert events_of(client.get(feed_of(session))) == []


def test_sequence_is_that_of_the_mails_and_follows_changes(session, client):
    event = make_event(session)
    make_registration(session, event)
    (before,) = events_of(client.get(feed_of(session)))
    values = {"place_name": "Another room", "mode": "hybrid"}
    change_event(session, event, values, now=NOW + timedelta(hours=1), delay=180)
    (after,) = events_of(client.get(feed_of(session)))
    assert (int(before["SEQUENCE"]), int(after["SEQUENCE"])) == (0, 1)
    assert after["DTSTAMP"].dt > before["DTSTAMP"].dt


# --- the address -----------------------------------------------------------------------------------------------------


def test_a_renewed_or_wrong_address_is_not_found_without_a_redirect(session, client):
    make_registration(session, make_event(session))
    path = feed_of(session)
    person = session.scalars(select(Person)).one()
    wrong = [
        path.replace("/calendar/", "/calendar/A", 1),
        path[:-6] + ("A" if path[-6] != "A" else "B") + path[-5:],
        f"/calendar/{SIGNER.sign('manage', person.public_id, person.feed_version)}.ics",
        f"/calendar/{SIGNER.sign('feed', person.public_id, person.feed_version + 1)}.ics",
        "/calendar/x.ics", "/calendar/%00.ics", "/calendar/.ics",
    ]  # fmt: skip
    assert [client.get(one).status_code for one in wrong] == [404] * len(wrong)
    assert client.get(path).status_code == 200
    person.feed_version += 1
    assert client.get(path).status_code == 404


def test_headers_keep_it_private(session, client):
    make_registration(session, make_event(session))
    answer = client.get(feed_of(session), headers={"Accept-Encoding": "gzip, br"})
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"].startswith("private")
    assert answer.headers["X-Robots-Tag"].startswith("noindex")
    assert "Content-Encoding" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_an_unchanged_feed_is_one_query_and_no_bytes(session, client, engine, clock_at):
    for event in (make_event(session), dates_of(session, make_series(session))[0]):
        make_registration(session, event)
    path = feed_of(session)
    full = client.get(path)
    with clock_at(NOW + timedelta(days=3)), counted(engine) as statements:
        again = client.get(path, headers={"If-None-Match": full.headers["ETag"]})
        head = client.head(path, headers={"If-None-Match": "W/" + full.headers["ETag"]})
    assert (again.status_code, again.data, head.status_code) == (304, b"", 304)
    assert len(statements) == 2
    with clock_at(NOW + timedelta(days=3)):
        assert client.get(path).data == full.data


@pytest.mark.parametrize("what", ["title", "name of the series", "leaving", "another"])
def test_every_change_makes_another_etag(session, client, what):
    series = make_series(session)
    event = make_event(session)
    registration = make_registration(session, event)
    make_series_registration(session, dates_of(session, series)[0])
    path = feed_of(session)
    before = client.get(path)
    if what == "title":
        change_event(session, event, {"title": "Another title"}, now=NOW + timedelta(minutes=1), delay=180)
    elif what == "name of the series":
        series.title, series.changed_at = "Another name", NOW + timedelta(minutes=1)
    elif what == "leaving":
        cancel(session, get_registration(session, registration.public_id), SITE, now=NOW + timedelta(minutes=1))
    else:
        make_registration(session, make_event(session, make_community(session)))
    after = client.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.data != before.data
    assert after.headers["ETag"] != before.headers["ETag"]


def test_a_feed_is_built_in_few_queries(session, client, engine):
    series = make_series(session, ahead=12)
    make_series_registration(session, dates_of(session, series)[0])
    for _ in range(5):
        make_registration(session, make_event(session))
    path = feed_of(session)
    with counted(engine) as statements:
        assert len(events_of(client.get(path))) == 6
    assert len(statements) <= 4, "\n\n".join(statements)


def test_somebody_with_nothing_has_an_empty_calendar(session, client):
    registration = make_registration(session, make_event(session))
    path = feed_of(session)
    registration.erased_at = NOW
    assert events_of(client.get(path)) == []
