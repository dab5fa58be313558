"""The year on the reader's clock: the marks, their causes, the picture and the words."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from gatherings.core.hours import part_of_day
from gatherings.core.recurrence import Rule
from gatherings.core.year import Meeting, clock_changes, on_clock, stretches
from gatherings.pages.year import HEIGHT, HOUR, year_of

READERS = (
    "Africa/Casablanca", "Africa/Cairo", "America/Anchorage", "America/New_York", "America/Phoenix", "America/Santiago",
    "America/St_Johns", "America/Sao_Paulo", "Asia/Beirut", "Asia/Jerusalem", "Asia/Kathmandu", "Asia/Kolkata",
    "Australia/Lord_Howe", "Australia/Melbourne", "Europe/Dublin", "Europe/London", "Europe/Stockholm",
    "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham", "UTC",
)  # fmt: skip
HOSTS = (
    # zone, rule, first date: third Thursdays, every Tuesday, each quarter, and one in the middle of the night
    ("Europe/London", "FREQ=MONTHLY;BYDAY=3TH", datetime(2026, 1, 15, 18, 0)),
    ("America/New_York", "FREQ=WEEKLY;BYDAY=TU", datetime(2026, 1, 6, 9, 30)),
    ("Australia/Lord_Howe", "FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO", datetime(2026, 1, 5, 23, 45)),
    ("Africa/Casablanca", "FREQ=MONTHLY;BYDAY=-1SU", datetime(2026, 1, 25, 2, 30)),
)


def two_years(zone, rule, first):
    """Give the instants of a rule's dates in 2026 and 2027, by zoneinfo alone."""
    dates = Rule.parse(rule).occurrences(first, zone, limit=110)
    return [
        local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for local in dates if local < datetime(2028, 1, 1)
    ]  # fmt: skip


def at(instant, zone):
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def offset(instant, zone):
    return instant.astimezone(ZoneInfo(zone)).utcoffset()


@pytest.mark.parametrize(("host", "rule", "first"), HOSTS)
def test_the_marks_equal_a_computation_by_zoneinfo(host, rule, first):
    instants = two_years(host, rule, first)
    for reader in READERS:
        read = on_clock([Meeting(instant, host) for instant in instants], reader)
        assert [one.mine for one in read] == [at(instant, reader) for instant in instants]
        assert [one.host for one in read] == [at(instant, host) for instant in instants]
        hours = [at(instant, reader).time() for instant in instants]
        expected = [None] + [old if old != new else None for old, new in pairwise(hours)]
        assert [one.was for one in read] == expected, reader


@pytest.mark.parametrize(("host", "rule", "first"), HOSTS)
def test_the_causes_are_changes_of_clocks_that_explain_the_move_and_no_others(host, rule, first):
    instants = two_years(host, rule, first)
    for reader in READERS:
        read = on_clock([Meeting(instant, host) for instant in instants], reader)
        for old, new in pairwise(read):
            since, until = old.meeting.at, new.meeting.at
            for change in new.changes:
                second = timedelta(seconds=1)
                assert since < change.at <= until
                step = offset(change.at, change.zone) - offset(change.at - second, change.zone)
                assert step == change.by
            for zone in {host, reader}:
                net = offset(until, zone) - offset(since, zone)
                named = [change.by for change in new.changes if change.zone == zone]
                assert sum(named, timedelta(0)) == net, (reader, zone, until)
                assert bool(named) == bool(net), "a change that was taken back causes nothing"
            if new.moved and new.host_was is None:
                assert new.changes, (reader, until)


def test_the_fixture_of_third_thursdays_in_2026():
    # domain.md, Time 6.
    read = {
        zone: on_clock([Meeting(one, "Europe/London") for one in two_years(*HOSTS[0])[:12]], zone)
        for zone in ("Pacific/Auckland", "America/New_York")
    }
    auckland, new_york = ([(one.mine.month, f"{one.mine:%H:%M}") for one in read[zone]] for zone in read)
    assert [hour for _, hour in auckland] == ["07:00"] * 3 + ["05:00"] * 6 + ["06:00"] + ["07:00"] * 2
    assert [hour for _, hour in new_york] == ["13:00"] * 2 + ["14:00"] + ["13:00"] * 9
    assert {one.mine.weekday() for one in read["Pacific/Auckland"]} == {4}
    assert {one.days_apart for one in read["Pacific/Auckland"]} == {1}
    causes = {
        zone: [
            (one.mine.month, [(change.zone, change.day, change.forward) for change in one.changes])
            for one in dates if one.moved
        ]
        for zone, dates in read.items()
    }  # fmt: skip
    assert causes == {
        "Pacific/Auckland": [
            (4, [("Europe/London", date(2026, 3, 29), True), ("Pacific/Auckland", date(2026, 4, 5), False)]),
            (10, [("Pacific/Auckland", date(2026, 9, 27), True)]),
            (11, [("Europe/London", date(2026, 10, 25), False)]),
        ],
        "America/New_York": [
            (3, [("America/New_York", date(2026, 3, 8), True)]),
            (4, [("Europe/London", date(2026, 3, 29), True)]),
        ],
    }
    both = [one for one in read["America/New_York"] if len(one.changes) == 2]
    assert [(one.mine.month, one.moved) for one in both] == [(11, False)], "both go back in autumn, and the hour stays"


def test_the_first_date_is_compared_with_the_one_before_it():
    before, *dates = [Meeting(one, "Europe/London") for one in two_years(*HOSTS[0])[2:5]]
    assert [one.was for one in on_clock(dates, "America/New_York", before=before)] == [time(14), None]
    assert [one.was for one in on_clock(dates, "America/New_York")] == [None, None]
    assert on_clock([], "America/New_York", before=before) == on_clock([], "UTC") == []


def test_an_hour_that_the_host_moves_is_told_as_that():
    dates = [Meeting(datetime(2026, 6, 18, 17, tzinfo=UTC), "Europe/London"),
             Meeting(datetime(2026, 7, 16, 18, tzinfo=UTC), "Europe/London"),
             Meeting(datetime(2026, 8, 20, 18, tzinfo=UTC), "Europe/Paris")]  # fmt: skip
    read = on_clock(dates, "Asia/Kolkata")
    assert [(one.was, one.host_was, one.changes, one.other_host) for one in read] == [
        (None, None, (), False),
        (time(22, 30), time(18), (), False),
        (None, time(19), (), True),
    ]


@pytest.mark.parametrize(
    ("zone", "month", "day", "forward"),
    [
        ("Africa/Cairo", 4, date(2027, 4, 30), True),  # Friday at midnight
        ("Africa/Cairo", 10, date(2027, 10, 28), False),  # the midnight that ends Thursday, back to 23:00
        ("Europe/London", 3, date(2027, 3, 28), True),
        ("Europe/Dublin", 10, date(2027, 10, 31), False),
        ("Australia/Lord_Howe", 4, date(2027, 4, 4), False),
    ],
)
def test_a_change_is_named_by_the_day_on_which_people_move_their_clocks(zone, month, day, forward):
    start = datetime(2027, month, 1, tzinfo=UTC)
    changes = clock_changes(zone, start, start + timedelta(days=31))
    assert [(change.day, change.forward) for change in changes] == [(day, forward)]


def test_a_date_that_begins_as_clocks_are_changed_is_on_the_new_clock():
    change = datetime(2027, 3, 28, 1, tzinfo=UTC)  # London's
    week = timedelta(days=7)
    dates = on_clock([Meeting(at, "UTC") for at in (change - week, change, change + week)], "Europe/London")
    assert [(one.was, [cause.at for cause in one.changes]) for one in dates] == [
        (None, []),
        (time(1), [change]),
        (None, []),
    ]


def test_the_line_of_the_hour_steps_where_clocks_are_changed():
    read = on_clock([Meeting(one, "Europe/London") for one in two_years(*HOSTS[0])[2:4]], "Pacific/Auckland")
    found = [
        (stretch.hour, stretch.start.date(), stretch.end.date()) for stretch in stretches(read, "Pacific/Auckland")
    ]
    assert found == [
        (time(7), date(2026, 3, 19), date(2026, 3, 29)),
        (time(6), date(2026, 3, 29), date(2026, 4, 4)),
        (time(5), date(2026, 4, 4), date(2026, 4, 16)),
    ]


def test_the_line_runs_through_every_date():
    for reader in READERS:
        for host, rule, first in HOSTS:
            read = on_clock([Meeting(one, host) for one in two_years(host, rule, first)], reader)
            line = stretches(read, reader)
            starts = {stretch.start: stretch.hour for stretch in line}
            ends = {stretch.end: stretch.hour for stretch in line}
            assert all(old.end == new.start for old, new in pairwise(line))
            assert [ends[one.meeting.at] for one in read[1:]] == [one.mine.time() for one in read[1:]], reader
            assert starts[read[0].meeting.at] == read[0].mine.time()


def test_the_line_goes_on_after_the_last_date_as_clocks_will_move_it():
    *_, last = on_clock([Meeting(one, "Europe/London") for one in two_years(*HOSTS[0])[:9]], "Pacific/Auckland")
    line = stretches([last], "Pacific/Auckland", until=datetime(2026, 12, 31, tzinfo=UTC))
    assert [(stretch.hour, stretch.end.date()) for stretch in line] == [
        (time(5), date(2026, 9, 26)),
        (time(6), date(2026, 10, 25)),
        (time(7), date(2026, 12, 31)),
    ]


# --- the page's year -------------------------------------------------------------------------------------------------


def event(number, starts_at, **values):
    facts = {"id": number, "starts_at": starts_at, "zone": "Europe/London", "all_day": False, "status": "published"}
    return SimpleNamespace(**(facts | values))


def third_thursdays(**values):
    return [event(number, instant, **values) for number, instant in enumerate(two_years(*HOSTS[0])[:12])]


def test_the_picture_has_the_day_down_and_the_months_across():
    picture = year_of(third_thursdays(), "Pacific/Auckland").picture
    assert picture is not None
    assert [month.month for month, _ in picture.months] == list(range(1, 13))
    assert [mark.y for mark in picture.marks] == [7 * HOUR] * 3 + [5 * HOUR] * 6 + [6 * HOUR] + [7 * HOUR] * 2
    assert all(number * 100 / 12 < mark.x < (number + 1) * 100 / 12 for number, mark in enumerate(picture.marks))
    assert [mark.read.mine.month for mark in picture.marks if mark.read.moved] == [4, 10, 11]
    assert sum(band.height for band in picture.bands) == HEIGHT
    assert [(band.part, band.top) for band in picture.bands] == [
        (part_of_day(time(hour)), hour * HOUR) for hour in (0, 7, 12, 17, 22)
    ]


def test_the_line_over_midnight_goes_on_at_the_other_edge():
    # 00:00 of the next day in winter, 23:00 in Riyadh's unchanging clock in summer.
    events = [event(number, one, zone="Europe/Berlin") for number, one in enumerate(
        two_years("Europe/Berlin", "FREQ=MONTHLY;BYDAY=3TH", datetime(2026, 1, 15, 22, 30)))][:12]  # fmt: skip
    picture = year_of(events, "Asia/Riyadh").picture
    assert picture is not None
    assert {mark.y for mark in picture.marks} == {HOUR * 0.5, HOUR * 23.5}
    assert {(line.y1, line.y2) for line in picture.lines} == {(HOUR * 0.5, HOUR * 0.5), (HOUR * 23.5, HOUR * 23.5)}


def test_whole_days_and_cancelled_dates_move_no_hour():
    events = third_thursdays()
    events[3].status = "cancelled"  # April, the first one at 05:00
    events[1].all_day = True
    year = year_of(events, "Pacific/Auckland")
    assert [row.event.id for row in year.rows] == list(range(12))
    assert year.rows[1].read is None
    assert year.rows[3].read is not None
    assert not year.rows[3].read.moved
    assert [one.mine.month for one in year.moved] == [5, 10, 11]
    assert year.picture is not None
    assert len(year.picture.marks) == 10


def test_there_is_no_picture_of_nothing():
    assert year_of([], "UTC").picture is None
    assert year_of(third_thursdays()[:1], "UTC").picture is None
    assert year_of(third_thursdays(all_day=True), "UTC").picture is None
    yearly = [event(year, datetime(year, 6, 1, tzinfo=UTC)) for year in range(2027, 2039)]
    assert year_of(yearly, "UTC").picture is None, "one date in twelve months"
