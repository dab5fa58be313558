"""The kinder hour's screens: whose clocks count, what is said, and who may look."""

import re
from datetime import datetime

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories import (
    dates_of,
    make_community,
    make_event,
    make_member,
    make_registration,
    make_series,
    make_series_registration,
)
from tests.signing import make_role, sign_in

FIVE = ("Europe/London", "Europe/Stockholm", "America/New_York", "Australia/Melbourne", "Pacific/Auckland")


def words_of(page: str) -> str:
    """Give a page's text on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def test_members_in_five_places(client: FlaskClient, session: Session) -> None:
    community = make_community(session)
    for number, zone in enumerate(FIVE):
        make_member(session, community, f"m{number}@example.org", zone)
    make_member(session, community, "left@example.org", "Asia/Tokyo", state="left")
    make_member(session, community, "nowhere@example.org", None)
    sign_in(client, session, make_role(session, community))
    path = f"/organise/communities/{community.slug}/kinder-hour"
    for day, single, pair in (("2026-01-15", "19:00", "09:00 and 20:00"), ("2026-07-16", "09:00", "08:00 and 15:30")):
        answer = client.get(f"{path}?date={day}")
        said = words_of(answer.text)
        assert answer.status_code == 200
        assert "No single hour serves everybody on Thursday" in said
        assert f"Best single hour: {single} 4 of 5 80 %" in said
        assert f"Best two sittings: {pair} 5 of 5 100 %" in said
        assert "Between them they serve everybody." in said
        assert "time zone is not known; they are not counted" in said
        assert "Tokyo" not in said
    wide = words_of(client.get(f"{path}?date=2026-01-15&begin=05:00&end=24:00").text)
    assert "One hour serves everybody" in wide


def test_an_event_counts_who_is_registered_and_a_series_who_comes_every_time(
    client: FlaskClient, session: Session
) -> None:
    community = make_community(session)
    event = make_event(session, community, starts_local=datetime(2026, 12, 17, 18))
    for number, zone in enumerate(FIVE):
        make_registration(session, event, address=f"r{number}@example.org", zone=zone)
    make_member(session, community, "r1@example.org", "Asia/Tokyo")  # registered as well: counted once
    make_member(session, community, "far@example.org", "Pacific/Honolulu")
    sign_in(client, session, make_role(session, community))
    path = f"/organise/events/{event.slug}/kinder-hour"
    said = words_of(client.get(path).text)
    assert "Now: 18:00 3 of 5 60 % 1 person asleep; worst off: Melbourne, where it is 05:00 the next day" in said
    page = client.get(path).text
    assert f'/organise/events/{event.slug}/edit?starts=2026-12-17T19:00"' in page
    assert f"/organise/events/{event.slug}/twin?starts=" in page
    both = words_of(client.get(f"{path}?who=both").text)
    assert "of 6" in both
    assert "Tokyo" not in both
    assert "Honolulu" in both

    series = make_series(session, community)
    make_series_registration(session, dates_of(session, series)[0], address="every@example.org")
    page = client.get(f"/organise/series/{series.slug}/kinder-hour").text
    said = words_of(page)
    assert "Now: 18:00 0 of 1" in said
    assert "Thursday 21 January 2027" in said
    assert f"/organise/series/{series.slug}/rule?starts=" in page


def test_nobody_whole_days_and_what_cannot_be_read(client: FlaskClient, session: Session) -> None:
    community = make_community(session)
    days = make_event(session, community, starts_local=datetime(2026, 12, 1), minutes=3 * 24 * 60, all_day=True)
    sign_in(client, session, make_role(session, community))
    path = f"/organise/events/{days.slug}/kinder-hour"
    assert "Nobody is registered yet" in client.get(path).text
    make_registration(session, days)
    said = words_of(client.get(path).text)
    assert "Now:" not in said
    assert "One hour serves everybody" in said
    for wrong in (
        "date=2026-13-41", "date=9999-01-01", "minutes=-5", "minutes=%00", "minutes=٣٠", "minutes=99999999999999",
        "begin=25:00", "end=08:00", "begin=12:00&end=12:00", "who=everybody", "date=%ff%fe", "minutes=1e3",
        "who=%3Cscript%3E",
    ):  # fmt: skip
        answer = client.get(f"{path}?{wrong}")
        assert answer.status_code == 422, wrong
        assert "Something needs another look" in answer.text
        assert "<script>" not in answer.text
        assert "One hour serves everybody" in words_of(answer.text), wrong
    assert client.get(f"{path}?minutes=720").status_code == 200
    assert client.get(f"{path}?date=2026-03-29").status_code == 200  # clocks go forward


def test_who_may_look(client: FlaskClient, session: Session) -> None:
    community = make_community(session)
    event, series = make_event(session, community), make_series(session, community)
    paths = [
        f"/organise/{kind}/{slug}/kinder-hour"
        for kind, slug in (("communities", community.slug), ("series", series.slug), ("events", event.slug))
    ]
    for path in paths:
        assert client.get(path).status_code == 302
    for role, status in (("owner", 200), ("organiser", 200), ("host", 403), ("helper", 403), ("editor", 403)):
        sign_in(client, session, make_role(session, community, role))
        assert [client.get(path).status_code for path in paths] == [status] * 3, role
    sign_in(client, session, make_role(session, make_community(session), "owner", "other@example.org"))
    assert [client.get(path).status_code for path in paths] == [404] * 3


def test_a_kinder_hour_is_filled_into_the_forms(client: FlaskClient, session: Session) -> None:
    series = make_series(session)
    event = make_event(session, series.community, minutes=90)
    sign_in(client, session, make_role(session, series.community, "organiser"))
    page = client.get(f"/organise/events/{event.slug}/edit?starts=2026-12-17T23:00").text
    for field, value in (("starts_date", "2026-12-17"), ("starts_time", "23:00"), ("ends_date", "2026-12-18")):
        assert f'name="{field}" value="{value}"' in page
    assert 'name="at" value="09:30"' in client.get(f"/organise/series/{series.slug}/rule?starts=2026-12-17T09:30").text
    for wrong in ("2026-02-30T10:00", "x" * 500, "2026-12-17T25:00"):
        assert client.get(f"/organise/events/{event.slug}/edit?starts={wrong}").status_code == 200
