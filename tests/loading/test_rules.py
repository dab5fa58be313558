"""Relative dates, each counted from the day of loading (docs/programme-file.md)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatherings.core import zones
from gatherings.loading.rules import AfterStart, Fixed, InDays, NthWeekday, ends_after, resolve

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday
SIX = time(18)
THURSDAY, SATURDAY = 3, 5


@pytest.mark.parametrize(
    ("when", "now", "expected"),
    [
        (Fixed(datetime(2026, 3, 5, 18)), NOW, datetime(2026, 3, 5, 18)),
        (NthWeekday(3, THURSDAY, months=1, at=SIX), NOW, datetime(2026, 12, 17, 18)),
        (NthWeekday(3, THURSDAY, months=0, at=SIX), NOW, datetime(2026, 12, 17, 18)),  # the 19th is past
        (NthWeekday(4, THURSDAY, months=0, at=SIX), NOW, datetime(2026, 11, 26, 18)),
        (NthWeekday(2, THURSDAY, month=12, at=SIX), NOW, datetime(2026, 12, 10, 18)),
        (NthWeekday(2, THURSDAY, month=12, at=SIX), NOW + timedelta(days=21), datetime(2027, 12, 9, 18)),
        (NthWeekday(2, THURSDAY, month=11, at=SIX), NOW, datetime(2027, 11, 11, 18)),
        (NthWeekday(4, THURSDAY, month=11, at=SIX), NOW, datetime(2026, 11, 26, 18)),
        (NthWeekday(1, SATURDAY, months=26, at=SIX), NOW, datetime(2029, 1, 6, 18)),
        (InDays(21, at=SIX), NOW, datetime(2026, 12, 11, 18)),
        (InDays(21, SATURDAY, SIX), NOW, datetime(2026, 12, 12, 18)),
        (InDays(22, SATURDAY, SIX), NOW, datetime(2026, 12, 12, 18)),  # on or after
        (InDays(-2), NOW, datetime(2026, 11, 18)),
        (AfterStart(2, time(16)), NOW, datetime(2027, 3, 4, 16)),
        (AfterStart(-7, time(12)), NOW, datetime(2027, 2, 23, 12)),
        (AfterStart(0), NOW, datetime(2027, 3, 2)),
    ],
)
def test_relative_date_counts_from_the_day_of_loading(when, now, expected):
    how: dict[str, Any] = {"zone": "Europe/London", "today_zone": "Europe/London", "first_day": date(2027, 3, 2)}
    assert resolve(when, now=now, **how) == expected


def test_weekday_is_past_from_its_very_minute():
    when = NthWeekday(3, THURSDAY, months=0, at=SIX)
    zone = "Europe/London"
    start = datetime(2026, 11, 19, 18, tzinfo=UTC)
    assert resolve(when, now=start - timedelta(seconds=1), zone=zone, today_zone=zone) == datetime(2026, 11, 19, 18)
    assert resolve(when, now=start, zone=zone, today_zone=zone) == datetime(2026, 12, 17, 18)


def test_today_is_that_of_the_umbrella():
    late = datetime(2026, 11, 20, 20, tzinfo=UTC)  # the 21st already in Melbourne
    found = resolve(InDays(1, at=SIX), now=late, zone="America/New_York", today_zone="Australia/Melbourne")
    assert found == datetime(2026, 11, 22, 18)


def test_length_is_counted_on_the_clock_of_time_and_not_of_the_wall():
    assert ends_after(datetime(2027, 3, 28, 0, 30), 60, "Europe/London") == datetime(2027, 3, 28, 2, 30)


def test_date_beyond_the_calendar_overflows():
    with pytest.raises(OverflowError):
        resolve(InDays(3_000_000), now=NOW, zone="UTC", today_zone="UTC")


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)).map(lambda local: local.replace(tzinfo=UTC))


@given(MOMENTS, st.integers(1, 4), st.integers(0, 6), st.none() | st.integers(0, 30), st.integers(1, 12))
def test_nth_weekday_is_to_come_and_what_it_says(now, number, weekday, months, month):
    when = NthWeekday(number, weekday, months=months, month=None if months is not None else month, at=time(12))
    found = resolve(when, now=now, zone="Europe/London", today_zone="Europe/London")
    assert zones.to_utc(found, "Europe/London") > now
    assert (found.weekday(), (found.day - 1) // 7 + 1) == (weekday, number)
    if months is None:
        assert found.month == month
        assert found - now.replace(tzinfo=None) < timedelta(days=374)


@given(MOMENTS, st.integers(-500, 500), st.integers(0, 6))
def test_day_with_weekday_is_within_a_week_of_the_day(now, days, weekday):
    plain = resolve(InDays(days), now=now, zone="UTC", today_zone="UTC")
    found = resolve(InDays(days, weekday), now=now, zone="UTC", today_zone="UTC")
    assert found.weekday() == weekday
    assert timedelta(0) <= found - plain < timedelta(days=7)
