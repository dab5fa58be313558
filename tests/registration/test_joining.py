"""The way in opens in time, for those who have a place, and shows the meeting's address nowhere before."""

import re
from datetime import datetime, timedelta

import pytest

from tests.factories import dates_of, make_event, make_registration, make_series, make_series_registration

MEETING = "https://meet.example.org/the-secret-room"
START = datetime(2026, 12, 15, 18, 0)
HX = {"HX-Request": "true"}


@pytest.fixture
def way_in(app):
    def make(row, purpose: str = "join") -> str:
        return f"/join/{app.extensions['gatherings.signer'].sign(purpose, row.public_id, row.link_version)}"

    return make


@pytest.fixture
def at(clock_at, now):
    """Stand at a moment relative to the start of the event (UTC 18:00)."""
    start = now.replace(month=12, day=15, hour=18)

    def stand(**delta):
        return clock_at(start + timedelta(**delta))

    return stand


def test_before_its_time_it_says_when_on_both_clocks(client, session, way_in, at):
    path = way_in(make_registration(session, make_event(session)))
    with at(minutes=-16):
        for answer in (client.get(path), client.post(path)):
            assert "Wednesday 16 December, 06:45 in Auckland" in answer.text
            assert "Tuesday 15 December, 17:45 in London" in answer.text
            assert "meet.example.org" not in answer.text
        assert client.post(path).status_code == 409


def test_in_time_a_press_leads_to_the_meeting_and_notes_who_came(client, session, way_in, at, now):
    mine = make_registration(session, make_event(session))
    path = way_in(mine)
    with at(minutes=-15):
        for method in (client.get, client.head):
            answer = method(path)
            assert answer.status_code == 200
            assert "meet.example.org" not in answer.text
        session.refresh(mine)
        assert mine.attended_at is None
        entered = client.post(path)
    assert entered.status_code == 200
    assert f'<meta http-equiv="refresh" content="0;url={MEETING}">' in entered.text
    assert f'href="{MEETING}" rel="noreferrer"' in entered.text
    assert "no-store" in entered.headers["Cache-Control"]
    first = now.replace(month=12, day=15, hour=17, minute=45)
    session.refresh(mine)
    assert mine.attended_at == first
    with at(minutes=30):
        client.post(path)
    session.refresh(mine)
    assert mine.attended_at == first


def test_who_is_early_looks_again_when_it_opens_and_not_after(client, session, way_in, at):
    path = way_in(make_registration(session, make_event(session)))

    def delay(**moment):
        with at(**moment):
            found = re.search(r'hx-trigger="load delay:([0-9]+)s, every 300s"', client.get(path, headers=HX).text)
        return int(found[1]) if found else None

    assert delay(hours=-9) == 300
    assert 60 <= delay(minutes=-16) <= 66
    assert delay(minutes=-15) is None
    assert delay(minutes=91) is None
    with at(minutes=-16):
        fragment, page = client.get(path, headers=HX).text, client.get(path).text
    assert "<html" not in fragment
    assert fragment.strip().splitlines()[-1] in page


def test_an_open_page_leads_to_the_link_of_the_moment_and_one_without_a_link_waits_for_it(client, session, way_in, at):
    event = make_event(session, join_url=None)
    mine = make_registration(session, event)
    path = way_in(mine)
    with at(minutes=0):
        assert re.search(r"load delay:2[0-4]s", client.get(path, headers=HX).text)
        event.join_url = "https://meet.example.org/first"
        assert "Go to the meeting" in client.get(path, headers=HX).text
        event.join_url = "https://meet.example.org/second"
        assert "https://meet.example.org/second" in client.post(path).text
    session.refresh(mine)
    assert mine.attended_how == "join"


def test_afterwards_it_is_over_and_the_recording_is_shown(client, session, way_in, at):
    event = make_event(session, recording_url="https://video.example.org/1")
    path = way_in(make_registration(session, event))
    with at(minutes=89):
        assert "Go to the meeting" in client.get(path).text
    with at(minutes=91):
        answer = client.post(path)
        assert answer.status_code == 409
        assert "is over" in answer.text
        assert "https://video.example.org/1" in answer.text
        assert "meet.example.org" not in answer.text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("cancelled", "This registration was cancelled"),
        ("waiting", "You are on the waiting list"),
        ("called off", "was cancelled by its hosts"),
        ("no link", "hosts will add the link"),
        ("script", "hosts will add the link"),
        ("in person", "The Old Library"),
    ],
)
def test_without_a_place_or_a_meeting_nobody_is_led_anywhere(client, session, way_in, at, state, words):
    event = make_event(
        session,
        mode="in person" if state == "in person" else "online",
        capacity_online=0 if state == "waiting" else None,
    )
    mine = make_registration(session, event)
    path = way_in(mine)
    if state == "cancelled":
        client.post(f"/registrations/{way_in(mine, 'manage').rsplit('/', 1)[1]}/cancel")
    if state == "called off":
        event.status = "cancelled"
    if state in ("no link", "script"):
        event.join_url = "javascript:alert(1)" if state == "script" else None
    session.commit()
    with at(minutes=0):
        for answer in (client.get(path), client.post(path)):
            assert words in answer.text
            assert "meet.example.org" not in answer.text
            assert "javascript:" not in answer.text
        assert client.post(path).status_code == 409
    session.refresh(mine)
    assert mine.attended_at is None


def test_the_way_into_every_month_leads_to_the_present_or_next_date(client, session, way_in, clock_at, now):
    series = make_series(session)
    first, second, _third = dates_of(session, series)
    every = make_series_registration(session, first)
    path = way_in(every, "join-series")
    assert "Friday 18 December, 06:45 in Auckland" in client.get(path).text
    with clock_at(first.starts_at):
        assert "https://meet.example.org/every-month" in client.post(path).text
    with clock_at(first.ends_at + timedelta(minutes=31)):
        assert f"{second.starts_at:%d}".lstrip("0") in client.get(path).text
        assert client.post(path).status_code == 409
    with clock_at(now + timedelta(days=400)):
        assert "No date is set" in client.get(path).text


def test_the_manage_page_shows_the_way_in_while_it_is_open(client, session, way_in, at):
    mine = make_registration(session, make_event(session))
    page = f"/registrations/{way_in(mine, 'manage').rsplit('/', 1)[1]}"
    assert way_in(mine) not in client.get(page).text
    with at(minutes=-15):
        assert way_in(mine) in client.get(page).text
        assert "meet.example.org" not in client.get(page).text
