"""A series' dates: made ahead, kept ahead as time passes, each of them once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gatherings.core import zones
from gatherings.events.actions import change_event, make_dates
from gatherings.events.models import Event, SeriesRule
from tests.factories import dates_of, make_series

HOST = "gatherings.test"


def all_dates(session, series) -> list[Event]:
    return list(session.scalars(select(Event).where(Event.series_id == series.id).order_by(Event.starts_at)))


def coming(session, series, now: datetime) -> list[datetime]:
    return [event.starts_local for event in dates_of(session, series, now=now)]


THIRD_THURSDAYS = [
    datetime(2026, month, day, 18)
    for month, day in enumerate((15, 19, 19, 16, 21, 18, 16, 20, 17, 15, 19, 17), start=1)
]


def test_dates_of_2026_are_those_of_the_fixture(session):
    """domain.md, Time 6, with the hours in Auckland and New York."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    series = make_series(session, ahead=12, now=start)
    dates = dates_of(session, series, now=start)
    assert [date.starts_local for date in dates] == THIRD_THURSDAYS
    assert [date.starts_at.hour for date in dates] == [18, 18, 18, 17, 17, 17, 17, 17, 17, 17, 18, 18]
    auckland = [zones.to_local(date.starts_at, "Pacific/Auckland") for date in dates]
    assert [local.strftime("%a %H:%M") for local in auckland] == [
        "Fri 07:00", "Fri 07:00", "Fri 07:00", "Fri 05:00", "Fri 05:00", "Fri 05:00", "Fri 05:00", "Fri 05:00",
        "Fri 05:00", "Fri 06:00", "Fri 07:00", "Fri 07:00",
    ]  # fmt: skip
    new_york = [zones.to_local(date.starts_at, "America/New_York").hour for date in dates]
    assert new_york == [13, 13, 14, 13, 13, 13, 13, 13, 13, 13, 13, 13]


@pytest.mark.parametrize(
    "start",
    [
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 15, 17, 59, tzinfo=UTC),
        datetime(2026, 1, 15, 18, 0, tzinfo=UTC),
        datetime(2026, 1, 15, 18, 59, 59, tzinfo=UTC),
        datetime(2026, 1, 15, 19, 0, tzinfo=UTC),
        datetime(2026, 1, 16, 12, 0, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
        datetime(2027, 12, 31, 23, 59, tzinfo=UTC),
        datetime(2030, 2, 28, 12, 0, tzinfo=UTC),
    ],
)
@pytest.mark.parametrize("zone", ["Europe/London", "Pacific/Auckland", "America/New_York"])
def test_twelve_dates_are_to_come_whatever_the_day(session, start, zone):
    series = make_series(session, ahead=12, now=start, zone=zone)
    dates = all_dates(session, series)
    assert len(dates) == 12
    assert all(date.ends_at > start for date in dates)  # one that is being held counts; one that is over is not made
    assert all(date.starts_local.weekday() == 3 and 15 <= date.starts_local.day <= 21 for date in dates)
    months = [date.starts_local.year * 12 + date.starts_local.month for date in dates]
    assert months == list(range(months[0], months[0] + 12))
    assert dates[0].ends_at - start <= timedelta(days=36)


def test_dates_are_kept_ahead_as_time_passes_and_none_is_made_twice(session):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    series = make_series(session, ahead=12, now=moment)
    made = 12
    while moment < datetime(2028, 1, 1, tzinfo=UTC):
        moment += timedelta(days=5, hours=7)
        made += len(make_dates(session, series, host=HOST, now=moment))
        assert len(coming(session, series, moment)) == 12
    dates = all_dates(session, series)
    assert len(dates) == made == len({date.starts_local for date in dates})
    assert [date.starts_local for date in dates][:12] == THIRD_THURSDAYS
    assert made == 12 + sum(date.ends_at <= moment for date in dates)


def test_what_is_there_is_not_made_again(session, now):
    series = make_series(session, ahead=12)
    assert make_dates(session, series, host=HOST, now=now) == []
    assert make_dates(session, series, host=HOST, now=now + timedelta(days=1)) == []
    assert len(all_dates(session, series)) == 12


def test_after_a_long_pause_only_what_is_to_come_is_made(session, now):
    series = make_series(session, ahead=2)  # 17 December, 21 January
    new = make_dates(session, series, host=HOST, now=datetime(2028, 6, 1, tzinfo=UTC))
    assert [date.starts_local for date in new] == [datetime(2028, 6, 15, 18), datetime(2028, 7, 20, 18)]
    assert len(all_dates(session, series)) == 4


@pytest.mark.parametrize("minutes_after_the_end", [-1, 0, 1, 23 * 60])
def test_yesterdays_date_is_not_made_when_a_series_begins_today(session, minutes_after_the_end):
    moment = datetime(2026, 1, 15, 19, tzinfo=UTC) + timedelta(minutes=minutes_after_the_end)
    first = all_dates(session, make_series(session, now=moment))[0]
    expected = datetime(2026, 1, 15, 18) if minutes_after_the_end < 0 else datetime(2026, 2, 19, 18)
    assert first.starts_local == expected


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=YEARLY"])
def test_any_rule_is_kept_ahead(session, rule):
    start = datetime(2026, 1, 1, 20, tzinfo=UTC)
    series = make_series(session, rule=rule, starts_local=datetime(2026, 1, 1, 18), ahead=10, now=start)
    for step in (0, 1, 2, 15, 400):
        moment = start + timedelta(days=step)
        make_dates(session, series, host=HOST, now=moment)
        assert len(coming(session, series, moment)) == 10


def test_a_date_that_was_cancelled_or_moved_is_not_made_again(session, now):
    series = make_series(session, ahead=4)
    first, second, third, _ = dates_of(session, series)
    change_event(session, first, {"status": "cancelled"}, now=now, delay=0)
    moved = {"starts_local": datetime(2027, 1, 28, 18), "ends_local": datetime(2027, 1, 28, 19)}
    change_event(session, second, moved, now=now, delay=0)
    early = {"starts_local": datetime(2026, 11, 25, 18), "ends_local": datetime(2026, 11, 25, 19)}
    change_event(session, third, early, now=now, delay=0)
    assert make_dates(session, series, host=HOST, now=now) == []
    later = datetime(2026, 11, 26, tzinfo=UTC)  # the moved date is over: another takes its place at the end
    new = make_dates(session, series, host=HOST, now=later)
    assert [date.starts_local for date in new] == [datetime(2027, 4, 15, 18)]
    assert [date.original_local for date in all_dates(session, series)].count(datetime(2027, 2, 18, 18)) == 1


def test_a_date_has_what_its_series_has(session):
    series = make_series(
        session, mode="hybrid", place_name="Hall", place_address="1 Street", capacity_room=5, capacity_online=50,
        about="About it.", listing="link", language="sv",
    )  # fmt: skip
    date = dates_of(session, series)[0]
    names = ("title", "summary", "about", "language", "mode", "place_name", "place_address", "join_url", "listing")
    assert {name: getattr(date, name) for name in names} == {name: getattr(series, name) for name in names}
    assert (date.slug, date.status) == (f"{series.slug}-2026-12-17", "published")
    assert (date.original_local, date.starts_local) == (datetime(2026, 12, 17, 18), datetime(2026, 12, 17, 18))
    session.refresh(date, ["room", "online"])
    assert date.room is not None
    assert date.online is not None
    assert (date.room.capacity, date.online.capacity) == (5, 50)


@pytest.mark.parametrize(
    ("zone", "starts", "gap_day"),
    [
        ("Pacific/Auckland", datetime(2027, 9, 5, 2, 30), datetime(2027, 9, 26, 2, 30)),
        ("Europe/London", datetime(2027, 3, 7, 1, 30), datetime(2027, 3, 28, 1, 30)),
        ("America/New_York", datetime(2027, 2, 28, 2, 30), datetime(2027, 3, 14, 2, 30)),
        ("Pacific/Auckland", datetime(2027, 3, 14, 2, 30), datetime(2027, 4, 4, 2, 30)),  # a fold
    ],
)
def test_a_weekly_hour_that_falls_into_a_gap_or_fold_is_made_all_the_same(session, zone, starts, gap_day):
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    series = make_series(session, rule="FREQ=WEEKLY", starts_local=starts, zone=zone, ahead=6, now=moment)
    dates = {date.starts_local: date for date in dates_of(session, series, now=moment)}
    assert len(dates) == 6
    assert gap_day in dates
    assert {date.ends_at - date.starts_at for date in dates.values()} <= {timedelta(hours=1), timedelta(hours=2)}
    assert dates[gap_day].starts_at == zones.to_utc_rfc(gap_day, zone)[0]


def test_a_stretch_that_was_ended_makes_no_more_dates(session, now):
    series = make_series(session, ahead=2)
    series.rules[-1].until_at = now
    assert make_dates(session, series, host=HOST, now=datetime(2027, 6, 1, tzinfo=UTC)) == []


def test_a_rule_with_an_end_makes_what_is_left(session, now):
    assert len(all_dates(session, make_series(session, rule="FREQ=MONTHLY;BYDAY=3TH;COUNT=13", ahead=12))) == 2
    until = make_series(session, rule="FREQ=MONTHLY;BYDAY=3TH;UNTIL=20270121T180000Z", ahead=12)
    assert coming(session, until, now) == [datetime(2026, 12, 17, 18), datetime(2027, 1, 21, 18)]


def test_editions_have_no_rule_and_no_dates(session, now):
    series = make_series(session)
    series.rules = []
    assert make_dates(session, series, host=HOST, now=now + timedelta(days=400)) == []


def test_a_new_rule_may_take_the_day_of_a_date_that_was_called_off(session, now):
    series = make_series(session, ahead=1)
    [old] = dates_of(session, series)
    change_event(session, old, {"status": "cancelled"}, now=now, delay=0)
    old.series_rule_id = old.original_local = None
    rule = SeriesRule(
        uid="another@gatherings.test", rule="FREQ=MONTHLY;BYDAY=3TH", starts_local=datetime(2026, 12, 17, 19),
        zone="Europe/London", minutes=60,
    )  # fmt: skip
    series.rules.append(rule)
    session.flush()
    [new] = make_dates(session, series, host=HOST, now=now)
    assert (new.starts_local, new.slug) == (datetime(2026, 12, 17, 19), f"{old.slug}-2")


def test_two_series_with_one_rule_have_dates_of_their_own(session):
    one, other = make_series(session), make_series(session)
    assert {date.id for date in all_dates(session, one)} & {date.id for date in all_dates(session, other)} == set()
    assert len({date.uid for each in (one, other) for date in all_dates(session, each)}) == 6
