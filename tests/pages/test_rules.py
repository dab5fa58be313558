"""What pages say about events, and the days they are put under."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from gatherings.pages import rules

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def event(**values):
    starts_at = values.pop("starts_at", NOW + timedelta(days=5))
    facts = {
        "status": "published",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "zone": "Europe/London",
        "all_day": False,
        "approximate": False,
        "mode": "online",
        "takes_registrations": True,
        "registration_opens_at": None,
        "registration_closes_at": None,
        "room": None,
        "online": pool(None, 0),
    }
    return SimpleNamespace(**(facts | values))


def pool(capacity, taken):
    return SimpleNamespace(capacity=capacity, taken=taken)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, []),
        ({"status": "cancelled"}, ["Cancelled"]),
        ({"starts_at": NOW - timedelta(days=1)}, ["Over"]),
        ({"starts_at": NOW - timedelta(minutes=30)}, ["Happening now"]),
        ({"starts_at": NOW + timedelta(hours=3)}, ["Begins in 3 hours"]),
        ({"starts_at": NOW + timedelta(minutes=70)}, ["Begins in one hour"]),
        ({"starts_at": NOW + timedelta(minutes=7)}, ["Begins in 7 minutes"]),
        ({"online": pool(8, 8)}, ["Full: waiting list"]),
        ({"online": pool(8, 9)}, ["Full: waiting list"]),
        ({"online": pool(8, 7)}, ["One place left"]),
        ({"online": pool(8, 5)}, ["3 places left"]),
        ({"online": pool(80, 5)}, []),
        ({"mode": "hybrid", "room": pool(5, 5)}, ["Room full, online open"]),
        ({"mode": "hybrid", "room": pool(5, 4), "online": pool(5, 5)}, ["Online full, room open"]),
        ({"mode": "hybrid", "room": pool(5, 5), "online": pool(5, 5)}, ["Full: waiting list"]),
        ({"registration_opens_at": NOW + timedelta(days=1)}, ["Registration not open yet"]),
        ({"registration_closes_at": NOW}, ["Registration closed"]),
        ({"takes_registrations": False}, []),
    ],
)
def test_states_are_said_in_words(values, said):
    assert [str(state.words) for state in rules.states_of(event(**values), NOW)] == said


def test_days_are_those_of_the_readers_clock():
    evening = event(starts_at=datetime(2026, 12, 17, 18, 0, tzinfo=UTC))
    assert [day.date for day in rules.by_day([evening], "Pacific/Auckland", NOW)] == [date(2026, 12, 18)]
    assert [day.date for day in rules.by_day([evening], "America/New_York", NOW)] == [date(2026, 12, 17)]
    assert [day.date for day in rules.by_day([evening], None, NOW)] == [date(2026, 12, 17)]


def test_days_come_in_order_though_hosts_clocks_differ():
    auckland = event(starts_at=datetime(2026, 12, 17, 18, 0, tzinfo=UTC), zone="Pacific/Auckland")
    london = event(starts_at=datetime(2026, 12, 17, 19, 0, tzinfo=UTC))
    days = rules.by_day([auckland, london], None, NOW)
    assert [(day.date, list(day.events)) for day in days] == [
        (date(2026, 12, 17), [london]),
        (date(2026, 12, 18), [auckland]),
    ]


def test_whole_days_stay_on_the_hosts_day_and_what_began_comes_first():
    festival = event(starts_at=datetime(2026, 12, 1, 23, 0, tzinfo=UTC), zone="Europe/Stockholm", all_day=True)
    begun = event(starts_at=NOW - timedelta(minutes=1))
    days = rules.by_day([begun, festival], "America/New_York", NOW)
    assert [day.date for day in days] == [None, date(2026, 12, 2)]


def test_a_month_is_bounded_on_the_readers_clock():
    assert rules.month_bounds("2026-12", "Pacific/Auckland") == (
        datetime(2026, 11, 30, 11, tzinfo=UTC),
        datetime(2026, 12, 31, 11, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "0000-01", "９９９９-01", "2026-1x", "9999-12", "-026-12"]
)
def test_a_month_that_is_none_is_ignored(text):
    assert rules.month_bounds(text, "Europe/London") is None


def test_months_run_over_the_turn_of_the_year():
    months = rules.months_from(date(2026, 11, 20))
    assert (months[0], months[1], months[2], months[-1]) == (
        date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1), date(2027, 11, 1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("url", "given"),
    [("https://example.org/a", "https://example.org/a"), ("HTTP://example.org", "HTTP://example.org"),
     ("javascript:alert(1)", None), ("//example.org", None), ("", None), (None, None)],
)  # fmt: skip
def test_only_web_addresses_become_links(url, given):
    assert rules.web_link(url) == given
