"""When doors open, to the second, on every clock on earth; when their mails are due."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatherings.core.zones import pinned_names, to_local
from gatherings.doors.rules import Days, begins_on_earth, day_begins, due, mail_at, moved, next_mail, sequence_of

SECOND = timedelta(seconds=1)
LONDON = Days(date(2026, 12, 1), 24, "Europe/London")
OWN = Days(date(2026, 12, 1), 24, "Europe/London", "viewer")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_calendars_doors_open_at_its_midnight_for_everybody():
    opens = utc(2026, 12, 5)
    for zone in (None, "Europe/London", "Pacific/Kiritimati", "Pacific/Niue", "Asia/Kolkata"):
        assert LONDON.opens_at(5, zone) == opens
        assert LONDON.opened(opens - SECOND, zone) == 4
        assert LONDON.opened(opens, zone) == 5
    assert LONDON.today(opens - SECOND) == 4
    assert LONDON.today(opens) == 5
    assert LONDON.opened(utc(2026, 11, 30, 23, 59, 59)) == 0
    assert LONDON.today(utc(2026, 11, 30, 23, 59, 59)) is None
    assert (LONDON.opened(utc(2027, 3, 1)), LONDON.today(utc(2027, 3, 1))) == (24, None)


@pytest.mark.parametrize(
    ("zone", "opens"),
    [
        ("Pacific/Kiritimati", utc(2026, 12, 4, 10)),  # UTC+14: where the date begins first
        ("Pacific/Auckland", utc(2026, 12, 4, 11)),
        ("Asia/Kathmandu", utc(2026, 12, 4, 18, 15)),
        ("Europe/London", utc(2026, 12, 5)),
        ("America/St_Johns", utc(2026, 12, 5, 3, 30)),
        ("Pacific/Niue", utc(2026, 12, 5, 11)),
        ("Etc/GMT+12", utc(2026, 12, 5, 12)),  # UTC-12: where it begins last
    ],
)
def test_a_viewers_doors_open_at_their_own_midnight(zone, opens):
    assert OWN.opens_at(5, zone) == opens
    assert (OWN.opened(opens - SECOND, zone), OWN.opened(opens, zone)) == (4, 5)
    assert (OWN.today(opens - SECOND, zone), OWN.today(opens, zone)) == (4, 5)


def test_no_door_opens_before_its_date_has_begun_anywhere_on_earth():
    for zone in pinned_names():
        for number in (1, 12, 24):
            at = OWN.opens_at(number, zone)
            assert at >= begins_on_earth(OWN.day(number)), zone
            assert OWN.opened(at - SECOND, zone) < number <= OWN.opened(at, zone), zone
    assert OWN.opens_first(5) == OWN.opens_at(5, "Pacific/Kiritimati") == begins_on_earth(date(2026, 12, 5))
    assert LONDON.opens_first(5) == LONDON.opens_at(5)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("America/Santiago", date(2026, 9, 6), utc(2026, 9, 6, 4)),  # midnight is left out: 01:00 comes first
        ("America/Havana", date(2026, 3, 8), utc(2026, 3, 8, 5)),  # left out, too
        ("America/Havana", date(2026, 11, 1), utc(2026, 11, 1, 4)),  # 00:00 comes twice: the first
        ("Africa/Cairo", date(2026, 4, 24), utc(2026, 4, 23, 22)),
        ("Europe/London", date(2026, 3, 29), utc(2026, 3, 29)),
        ("Europe/London", date(2026, 10, 25), utc(2026, 10, 24, 23)),
        ("Pacific/Apia", date(2011, 12, 30), utc(2011, 12, 30, 10)),  # a day that never was
    ],
)
def test_days_begin_where_clocks_change(zone, day, begins):
    assert day_begins(day, zone) == begins
    assert to_local(begins, zone).date() >= day
    assert to_local(begins - SECOND, zone).date() < day


def test_a_kept_page_ends_at_each_midnight_that_matters():
    now = utc(2026, 12, 4, 9)
    assert LONDON.next_change(now, None) == utc(2026, 12, 5)
    assert LONDON.next_change(now, "Pacific/Auckland") == utc(2026, 12, 4, 11)  # "tomorrow" becomes "today" there
    assert OWN.next_change(now, "Pacific/Auckland") == utc(2026, 12, 4, 11)
    assert OWN.next_change(now, "Pacific/Kiritimati") == utc(2026, 12, 4, 10)
    assert OWN.next_change(utc(2026, 12, 5, 0, 0, 0), "America/New_York") == utc(2026, 12, 5, 5)
    assert LONDON.next_change(utc(2026, 12, 24, 12), None) == utc(2026, 12, 25)  # no day is today's any more
    assert LONDON.next_change(utc(2026, 12, 26), None) is None


@given(
    st.datetimes(datetime(2026, 11, 20), datetime(2027, 1, 5)),
    st.sampled_from([None, *pinned_names()]),
    st.sampled_from([LONDON, OWN, Days(date(2026, 10, 20), 31, "America/Havana", "viewer")]),
)
def test_nothing_changes_before_the_end_of_a_kept_page(naive, zone, days):
    now = naive.replace(tzinfo=UTC)
    edge = days.next_change(now, zone)
    last = (edge - timedelta(microseconds=1)) if edge is not None else now + timedelta(days=400)
    assert (days.opened(now, zone), days.today(now, zone)) == (days.opened(last, zone), days.today(last, zone))


@pytest.mark.parametrize(
    ("zone", "hour", "at"),
    [
        ("Europe/London", 7, utc(2026, 12, 5, 7)),
        ("Pacific/Auckland", 7, utc(2026, 12, 5, 18)),  # opens at 13:00 there: the next morning, Sunday 07:00
        ("America/Los_Angeles", 5, utc(2026, 12, 5, 13)),
        ("Asia/Tokyo", 9, utc(2026, 12, 5, 0)),  # opens at 09:00 sharp there
        ("Asia/Tokyo", 8, utc(2026, 12, 5, 23)),
    ],
)
def test_a_mail_comes_at_ones_own_hour_and_never_before_the_door_is_open(zone, hour, at):
    assert mail_at(LONDON, 5, zone, hour) == at
    assert (due(LONDON, zone, hour, at - SECOND), due(LONDON, zone, hour, at)) == (4, 5)
    assert at >= LONDON.opens_at(5, zone)


def test_a_viewers_mail_comes_on_the_morning_of_the_date():
    for zone in pinned_names():
        at = mail_at(OWN, 5, zone, 7)
        assert to_local(at, zone) == datetime(2026, 12, 5, 7), zone
        assert at >= OWN.opens_at(5, zone)


def test_the_hour_stays_when_clocks_change():
    spring = Days(date(2027, 3, 27), 3, "Europe/London")
    assert [mail_at(spring, n, "Europe/London", 7) for n in (1, 2, 3)] == [
        utc(2027, 3, 27, 7), utc(2027, 3, 28, 6), utc(2027, 3, 29, 6),
    ]  # fmt: skip


def test_next_mail_ends_after_the_last_door():
    assert next_mail(LONDON, 0, "Europe/London", 7) == utc(2026, 12, 1, 7)
    assert next_mail(LONDON, 24, "Europe/London", 7) is None
    assert due(LONDON, "Europe/London", 7, utc(2027, 1, 1)) == 24


def test_moving_shifts_those_between():
    assert moved(range(1, 6), 5, 2) == {5: 2, 2: 3, 3: 4, 4: 5}
    assert moved(range(1, 6), 1, 3) == {1: 3, 2: 1, 3: 2}
    assert moved(range(1, 6), 3, 3) == {}


def test_sequence_never_falls():
    states = [(0, False), (0, True), (1, False), (1, True), (2, True), (3, False)]
    numbers = [sequence_of(*state) for state in states]
    assert numbers == sorted(set(numbers))
