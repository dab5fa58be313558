"""Times in words: mine first, then the host's, with weekday and date, and the day named where it differs."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatherings.core import zones
from gatherings.web.times import clock, day_words, instant_words, when

pytestmark = pytest.mark.one_database("of words for times")

LONDON, AUCKLAND, NEW_YORK = "Europe/London", "Pacific/Auckland", "America/New_York"


@pytest.fixture(autouse=True)
def in_a_request(app):
    with app.test_request_context("/"):
        yield


def an_event(starts: str, ends: str, zone: str = LONDON, *, all_day: bool = False):
    local = datetime.fromisoformat(starts), datetime.fromisoformat(ends)
    return SimpleNamespace(
        starts_at=zones.to_utc(local[0], zone), ends_at=zones.to_utc(local[1], zone), zone=zone, all_day=all_day
    )


THIRD_THURSDAY = ("2026-12-17T18:00", "2026-12-17T19:00")


def test_the_readers_clock_comes_first_and_the_hosts_beside_it(now):
    both = when(an_event(*THIRD_THURSDAY), AUCKLAND, now)
    assert both.mine is not None
    assert (both.mine.span, both.mine.city) == ("Friday 18 December, 07:00–08:00", "Auckland")
    assert (both.host.span, both.host.city) == ("Thursday 17 December, 18:00–19:00", "London")
    assert both.first is both.mine
    assert both.other_day
    assert both.mine.start == "Friday 18 December, 07:00"


def test_two_clocks_that_read_the_same_are_known_as_such(now):
    assert when(an_event(*THIRD_THURSDAY), "Europe/Lisbon", now).same
    assert not when(an_event(*THIRD_THURSDAY), AUCKLAND, now).same
    assert not when(an_event(*THIRD_THURSDAY), LONDON, now).same  # there is one clock


def test_the_same_day_elsewhere_is_not_called_another(now):
    both = when(an_event(*THIRD_THURSDAY), NEW_YORK, now)
    assert both.mine is not None
    assert both.mine.span == "Thursday 17 December, 13:00–14:00"
    assert not both.other_day


def test_without_a_known_zone_or_in_the_hosts_own_there_is_one_clock(now):
    for zone in (None, LONDON):
        one = when(an_event(*THIRD_THURSDAY), zone, now)
        assert (one.mine, one.first, one.other_day) == (None, one.host, False)


@pytest.mark.parametrize(
    ("day", "in_london", "in_auckland", "in_new_york"),
    [("2026-01-15", 18, "Friday 16 January, 07:00", 13), ("2026-03-19", 18, "Friday 20 March, 07:00", 14),
     ("2026-06-18", 17, "Friday 19 June, 05:00", 13), ("2026-10-15", 17, "Friday 16 October, 06:00", 13)],
)  # fmt: skip
def test_hours_of_the_fixture(day, in_london, in_auckland, in_new_york):
    event = an_event(f"{day}T18:00", f"{day}T19:00")
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert event.starts_at.hour == in_london
    assert when(event, AUCKLAND, moment).first.start == in_auckland
    assert when(event, NEW_YORK, moment).first.starts == f"{in_new_york}:00"


def test_the_year_is_written_where_it_is_not_the_present_one(now):
    event = an_event("2027-01-21T18:00", "2027-01-21T19:00")
    assert when(event, None, now).host.span == "Thursday 21 January 2027, 18:00–19:00"
    assert when(event, None, datetime(2027, 1, 1, tzinfo=UTC)).host.span == "Thursday 21 January, 18:00–19:00"
    assert when(event, None).host.span == "Thursday 21 January 2027, 18:00–19:00"  # nobody knows what year it is


def test_the_present_year_is_that_of_the_clock_that_is_read():
    """At 11:30 UTC on 31 December it is 2027 in Auckland and 2026 in London."""
    moment = datetime(2026, 12, 31, 11, 30, tzinfo=UTC)
    both = when(an_event("2027-01-21T18:00", "2027-01-21T19:00"), AUCKLAND, moment)
    assert both.mine is not None
    assert (both.mine.day, both.host.day) == ("Friday 22 January", "Thursday 21 January 2027")


def test_an_event_over_new_year_names_both_years_where_needed(now):
    event = an_event("2026-12-31T22:00", "2027-01-01T02:00")
    assert when(event, None, now).host.span == "Thursday 31 December, 22:00 – Friday 1 January 2027, 02:00"


def test_whole_days_keep_their_last_day_and_are_days_on_the_hosts_clock(now):
    week = an_event("2026-11-09T00:00", "2026-11-16T00:00", all_day=True)
    found = when(week, AUCKLAND, now)
    assert found.mine is None
    assert found.host.span == "Monday 9 November – Sunday 15 November"
    assert (found.host.starts, found.host.ends, found.host.start) == (None, None, "Monday 9 November")


def test_one_whole_day_is_one_day(now):
    assert (
        when(an_event("2026-11-13T00:00", "2026-11-14T00:00", all_day=True), None, now).host.span
        == "Friday 13 November"
    )


def test_a_whole_day_over_a_change_of_clocks_is_still_that_day(now):
    assert (
        when(an_event("2026-10-25T00:00", "2026-10-26T00:00", all_day=True), None, now).host.span == "Sunday 25 October"
    )


def test_an_end_at_midnight_belongs_to_the_evening(now):
    event = an_event("2026-12-17T20:00", "2026-12-18T00:00")
    assert when(event, None, now).host.span == "Thursday 17 December, 20:00–00:00"


def test_an_end_after_midnight_is_on_the_next_day(now):
    event = an_event("2026-12-17T20:00", "2026-12-18T00:30")
    assert when(event, None, now).host.span == "Thursday 17 December, 20:00 – Friday 18 December, 00:30"


def test_a_midnight_two_days_on_is_another_day(now):
    event = an_event("2026-12-17T20:00", "2026-12-19T00:00")
    assert when(event, None, now).host.span == "Thursday 17 December, 20:00 – Saturday 19 December, 00:00"


def test_an_evening_there_may_end_on_the_next_day_here(now):
    both = when(an_event("2026-12-17T12:00", "2026-12-17T17:00"), "Asia/Tokyo", now)
    assert both.mine is not None
    assert both.mine.span == "Thursday 17 December, 21:00 – Friday 18 December, 02:00"
    assert both.host.span == "Thursday 17 December, 12:00–17:00"


def test_times_for_machines_are_instants(now):
    found = when(an_event(*THIRD_THURSDAY), AUCKLAND, now).first
    assert (found.starts_iso, found.ends_iso) == ("2026-12-17T18:00:00+00:00", "2026-12-17T19:00:00+00:00")
    assert found.date == date(2026, 12, 18)


def test_an_instant_is_written_with_its_city(now):
    moment = datetime(2026, 12, 17, 18, tzinfo=UTC)
    assert instant_words(moment, LONDON, now) == "Thursday 17 December, 18:00 in London"
    assert instant_words(moment, AUCKLAND, now) == "Friday 18 December, 07:00 in Auckland"
    assert instant_words(moment, "Asia/Kathmandu", now) == "Thursday 17 December, 23:45 in Kathmandu"


def test_hours_run_from_00_to_23(now):
    starts = datetime(2026, 12, 17, tzinfo=UTC)
    written = [
        clock(starts + timedelta(hours=hour), starts + timedelta(hours=hour, minutes=5), "UTC", now=now).starts
        for hour in range(24)
    ]
    assert written == [f"{hour:02}:00" for hour in range(24)]


def test_days_are_written_without_commas_or_ordinals():
    assert day_words(date(2026, 3, 1), year=2026) == "Sunday 1 March"
    assert day_words(date(2026, 3, 1), year=2027) == "Sunday 1 March 2026"
    assert day_words(date(2026, 3, 1), year=None) == "Sunday 1 March 2026"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # nothing is kept from one example to the next
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),
    st.integers(1, 3000),
    st.sampled_from([name for name in sorted(zones.pinned_names()) if "/" in name and not name.startswith("Etc/")]),
)
def test_no_time_is_ever_written_with_gmt_or_an_abbreviation(app, starts, minutes, zone):
    starts_at = starts.replace(tzinfo=UTC)
    with app.test_request_context("/"):
        read = clock(starts_at, starts_at + timedelta(minutes=minutes), zone, now=starts_at)
        words = f"{read.span} {read.start} {instant_words(starts_at, LONDON)}"
    for name in ("GMT", "BST", "UTC", "NZDT", "EST"):
        assert name not in words


def test_no_page_says_gmt_for_london(session, client):
    from tests.factories import make_event

    event = make_event(session)
    for path in (f"/events/{event.slug}", "/", f"/events/{event.slug}?zone=Europe/London"):
        page = client.get(path)
        assert page.status_code == 200
        assert "18:00" in page.text
        assert "GMT" not in page.text
