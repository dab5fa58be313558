"""The recurrence builder: each state of its form is a rule with just the dates that people mean by it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from gatherings.core.errors import InvalidInput
from gatherings.core.recurrence import Rule
from gatherings.planning.rules.building import NUMBERS, Built, built_of, coming, pattern_of, skipped_months, starts_of

ZONES = (
    "Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland", "Asia/Kolkata", "Africa/Casablanca",
)  # fmt: skip
DAY = timedelta(days=1)


@some.composite
def states(draw: some.DrawFn) -> Built:
    """Draw what somebody may have on the form."""
    begins = draw(some.dates(date(2026, 1, 1), date(2027, 12, 31)))
    end = draw(some.sampled_from(("never", "until", "count")))
    return Built(
        kind=draw(some.sampled_from(("nth", "weekly", "day"))),
        begins=begins,
        at=draw(some.times()).replace(second=0, microsecond=0),
        zone=draw(some.sampled_from(ZONES)),
        minutes=draw(some.integers(1, 600)),
        every=draw(some.integers(1, 6)),
        numbers=tuple(draw(some.sets(some.sampled_from(NUMBERS), min_size=1))),
        weekday=draw(some.integers(0, 6)),
        weekdays=tuple(draw(some.sets(some.integers(0, 6), min_size=1))),
        day=draw(some.sampled_from((*range(1, 32), -1))),
        months=tuple(draw(some.sets(some.integers(1, 12)))),
        until=begins + timedelta(days=draw(some.integers(0, 700))) if end == "until" else None,
        count=draw(some.integers(1, 40)) if end == "count" else None,
    )


def _is_of(built: Built, day: date) -> bool:
    """Tell whether a day is of the pattern, its rhythm aside: as a person with a paper calendar would."""
    if built.months and day.month not in built.months:
        return False
    month_ends = (day + DAY).month != day.month
    if built.kind == "weekly":
        return day.weekday() in built.weekdays
    if built.kind == "day":
        return month_ends if built.day == -1 else day.day == built.day
    which = {(day.day - 1) // 7 + 1} | ({-1} if (day + 7 * DAY).month != day.month else set())
    return day.weekday() == built.weekday and bool(which & set(built.numbers))


def _walk(built: Built, last: date) -> list[date]:
    """Walk day by day from the chosen one: what the dates are, up to two years on."""
    days = [built.begins + number * DAY for number in range((last - built.begins).days + 1)]
    fitting = [day for day in days if _is_of(built, day)]
    if not fitting:
        return []
    first = fitting[0]

    def period(day: date) -> int:
        return (day - day.weekday() * DAY).toordinal() // 7 if built.kind == "weekly" else day.year * 12 + day.month

    kept = [day for day in fitting if (period(day) - period(first)) % built.every == 0]
    kept = [day for day in kept if built.until is None or day <= built.until]
    return kept[: built.count]


@settings(max_examples=300)
@given(states())
def test_each_state_is_a_rule_with_the_dates_of_a_plain_walk(built: Built) -> None:
    last = built.begins + timedelta(days=730)
    expected = _walk(built, last)
    try:
        starts = starts_of(built)
    except InvalidInput:
        assert expected == []
        return
    rule = Rule.parse(pattern_of(built).text)
    assert rule.text == pattern_of(built).text
    assert rule.includes(starts)
    assert str(rule.words(built.zone))
    found = rule.occurrences(starts, built.zone, limit=800)
    near = [local for local in found if local.date() <= last]
    assert near == [datetime.combine(day, built.at) for day in expected]
    zone = ZoneInfo(built.zone)
    before = datetime(2020, 1, 1, tzinfo=UTC)
    shown = coming(rule, starts, built.zone, built.minutes, now=before, limit=len(near))
    assert [one.starts_at for one in shown] == [local.replace(tzinfo=zone).astimezone(UTC) for local in near]
    assert all(one.ends_at > one.starts_at for one in shown)
    exists = [one.local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) for one in shown]
    assert all(one.note is not None for one, real in zip(shown, exists, strict=True) if one.local != real)


@settings(max_examples=200)
@given(states())
def test_a_rule_that_was_built_comes_back_to_the_form(built: Built) -> None:
    try:
        starts = starts_of(built)
    except InvalidInput:
        return
    again = built_of(Rule.parse(pattern_of(built).text), starts, built.zone, built.minutes)
    assert again is not None
    assert pattern_of(again) == pattern_of(built)
    assert starts_of(again) == starts
    assert (again.kind, again.at, again.zone, again.minutes) == (built.kind, built.at, built.zone, built.minutes)


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY", "FREQ=YEARLY", "FREQ=MONTHLY;BYDAY=TH", "FREQ=MONTHLY;BYDAY=1MO,2TU", "FREQ=MONTHLY;BYDAY=-2TH",
        "FREQ=MONTHLY;BYMONTHDAY=1,15", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "FREQ=MONTHLY;BYMONTHDAY=-2",
        "FREQ=WEEKLY;INTERVAL=52",
    ],
)  # fmt: skip
def test_what_the_form_cannot_show_it_says(text: str) -> None:
    assert built_of(Rule.parse(text), datetime(2026, 11, 19, 18), "Europe/London", 60) is None


def test_an_end_by_an_instant_becomes_the_last_day_with_a_date() -> None:
    third = replace(Rule.parse("FREQ=MONTHLY;BYDAY=3TH"), until=datetime(2026, 12, 17, 17, tzinfo=UTC))
    built = built_of(third, datetime(2026, 11, 19, 18), "Europe/London", 60)
    assert built is not None
    assert built.until == date(2026, 12, 16)
    at_the_start = replace(third, until=datetime(2026, 12, 17, 18, tzinfo=UTC))
    found = built_of(at_the_start, datetime(2026, 11, 19, 18), "Europe/London", 60)
    assert found is not None
    assert found.until == date(2026, 12, 17)


BASE = Built("nth", date(2026, 11, 20), time(18), "Europe/London", 60, numbers=(3,), weekday=3)


def test_gap_and_fold_are_told_with_the_hour_at_which_it_is_held() -> None:
    gap = replace(BASE, at=time(1, 30), numbers=(-1,), weekday=6, begins=date(2027, 3, 1))
    now = datetime(2026, 11, 20, tzinfo=UTC)
    (first, *_rest) = coming(pattern_of(gap), starts_of(gap), gap.zone, 60, now=now, limit=1)
    assert "there is no 01:30. It is held at 02:30." in str(first.note)
    fold = replace(gap, begins=date(2027, 10, 1))
    (first, *_rest) = coming(pattern_of(fold), starts_of(fold), fold.zone, 60, now=now, limit=1)
    assert "comes twice" in str(first.note)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"numbers": ()}, "numbers"),
        ({"kind": "weekly"}, "weekdays"),
        ({"kind": "day", "day": 0}, "day"),
        ({"every": 0}, "every"),
        ({"every": 99}, "every"),
        ({"until": date(2026, 11, 19)}, "until"),
        ({"until": date(2026, 11, 21)}, "until"),
        ({"count": 0}, "count"),
        ({"kind": "day", "day": 31, "months": (2,)}, "begins"),
    ],
)
def test_what_gives_no_dates_is_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        starts_of(replace(BASE, **change))  # type: ignore[arg-type]
    assert [problem.field for problem in refusal.value.problems] == [field]


def test_months_without_the_day_are_told() -> None:
    assert "Months without a day 31" in str(skipped_months(replace(BASE, kind="day", day=31)))
    assert skipped_months(replace(BASE, kind="day", day=28)) is None
    assert "fifth" in str(skipped_months(replace(BASE, numbers=(5,))))
