"""The parts of a day, and decent hours: against a computation of its own, minute by minute, with plain zoneinfo."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gatherings.core.hours import is_decent, part_of_day

ZONES = (
    "Europe/London", "Europe/Stockholm", "America/New_York", "America/Los_Angeles", "America/St_Johns",
    "America/Sao_Paulo", "Africa/Cairo", "Africa/Casablanca", "Africa/Nairobi", "Asia/Kolkata", "Asia/Kathmandu",
    "Asia/Tehran", "Asia/Shanghai", "Asia/Tokyo", "Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Auckland",
    "Pacific/Chatham", "Pacific/Honolulu", "Pacific/Apia",
)  # fmt: skip
QUARTER = timedelta(minutes=15)


def third_thursdays():
    """Give the instants of third Thursdays, 18:00 in London, for two years."""
    for month in range(24):
        first = datetime(2026 + month // 12, month % 12 + 1, 15, 18, tzinfo=ZoneInfo("Europe/London"))
        days = (first.replace(day=day) for day in range(15, 22))
        yield next(day for day in days if day.weekday() == 3).astimezone(UTC)


def gatherings():
    """Give starts and ends: third Thursdays for an hour, and every hour of days through two years, short and long."""
    for starts_at in third_thursdays():
        yield starts_at, starts_at + timedelta(hours=1)
    for week in range(0, 104, 3):
        for hour in range(24):
            starts_at = datetime(2026, 1, 1, hour, 30, tzinfo=UTC) + timedelta(weeks=week)
            for length in (30, 90, 450):
                yield starts_at, starts_at + timedelta(minutes=length)
    yield datetime(2026, 5, 1, 8, tzinfo=UTC), datetime(2026, 5, 3, 16, tzinfo=UTC)


@pytest.mark.parametrize("name", ZONES)
def test_decent_hours_equal_a_look_at_every_quarter_of_an_hour(name):
    zone, seen = ZoneInfo(name), set()
    for starts_at, ends_at in gatherings():
        quarters = (starts_at + number * QUARTER for number in range((ends_at - starts_at) // QUARTER))
        expected = all(7 <= quarter.astimezone(zone).hour < 22 for quarter in quarters)
        assert is_decent(starts_at, ends_at, name) is expected, (starts_at, ends_at)
        seen.add(expected)
    assert seen == {True, False}


def test_the_edges_are_decent_and_a_minute_beyond_is_not():
    seven, ten = datetime(2026, 12, 17, 7, tzinfo=UTC), datetime(2026, 12, 17, 22, tzinfo=UTC)
    minute = timedelta(minutes=1)
    assert is_decent(seven, ten, "Etc/UTC")
    assert not is_decent(seven - minute, ten, "Etc/UTC")
    assert not is_decent(seven, ten + minute, "Etc/UTC")


def test_whole_days_are_always_decent():
    assert is_decent(datetime(2027, 1, 4, tzinfo=UTC), datetime(2027, 1, 9, tzinfo=UTC), "Asia/Tokyo", all_day=True)


@pytest.mark.parametrize(
    ("at", "part"),
    [("00:00", "night"), ("06:59", "night"), ("07:00", "morning"), ("11:59", "morning"), ("12:00", "afternoon"),
     ("16:59", "afternoon"), ("17:00", "evening"), ("21:59", "evening"), ("22:00", "night"), ("23:59", "night")],
)  # fmt: skip
def test_the_day_has_four_parts(at, part):
    assert part_of_day(time.fromisoformat(at)) == part
    assert part_of_day(datetime.combine(datetime(2026, 12, 17), time.fromisoformat(at))) == part
