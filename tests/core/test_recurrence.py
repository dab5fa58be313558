"""Recurrence rules: reading, refusing, the dates (compared with dateutil), and the words for people."""

import time
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from gatherings.core.recurrence import DAYS, InvalidRule, Rule
from gatherings.core.zones import to_utc

LONDON, AUCKLAND, NEW_YORK = "Europe/London", "Pacific/Auckland", "America/New_York"
THIRD_THURSDAY = Rule.parse("FREQ=MONTHLY;BYDAY=3TH")
FIRST = datetime(2026, 1, 15, 18)


def dates(text: str, first: datetime, limit: int = 5, **more: Any) -> list[str]:
    found = Rule.parse(text).occurrences(first, LONDON, limit=limit, **more)
    return [f"{day:%Y-%m-%d}" for day in found]


# -- the dates


def test_third_thursdays_of_2026_are_the_fixtures() -> None:
    found = THIRD_THURSDAY.occurrences(FIRST, LONDON, limit=12)

    days = [
        (1, 15),
        (2, 19),
        (3, 19),
        (4, 16),
        (5, 21),
        (6, 18),
        (7, 16),
        (8, 20),
        (9, 17),
        (10, 15),
        (11, 19),
        (12, 17),
    ]
    assert found == [datetime(2026, month, day, 18) for month, day in days]
    assert [to_utc(local, LONDON).hour for local in found] == [18] * 3 + [17] * 7 + [18] * 2


@pytest.mark.parametrize(
    ("text", "first", "expected"),
    [
        ("FREQ=WEEKLY;INTERVAL=2", datetime(2026, 11, 24, 19), ["2026-11-24", "2026-12-08", "2026-12-22"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO", datetime(2026, 11, 22, 9), ["2026-11-22", "2026-11-30", "2026-12-06"]),
        ("FREQ=MONTHLY", datetime(2027, 1, 31, 9), ["2027-01-31", "2027-03-31", "2027-05-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", datetime(2027, 1, 31, 9), ["2027-01-31", "2027-02-28", "2027-03-31"]),
        ("FREQ=MONTHLY;BYDAY=5SA", datetime(2027, 1, 30, 9), ["2027-01-30", "2027-05-29", "2027-07-31"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", datetime(2026, 11, 13), ["2026-11-13", "2027-08-13", "2028-10-13"]),
        ("FREQ=YEARLY", datetime(2028, 2, 29, 9), ["2028-02-29", "2032-02-29", "2036-02-29"]),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", datetime(2027, 3, 28), ["2027-03-28", "2028-03-26", "2029-03-25"]),
        ("FREQ=YEARLY;BYDAY=20MO", datetime(1997, 5, 19, 9), ["1997-05-19", "1998-05-18", "1999-05-17"]),
        ("FREQ=DAILY;BYMONTH=1;INTERVAL=30", datetime(2026, 1, 1), ["2026-01-01", "2026-01-31", "2027-01-26"]),
    ],
)
def test_dates_follow_the_rule(text: str, first: datetime, expected: list[str]) -> None:
    assert dates(text, first, limit=3) == expected


def test_asking_from_a_date_includes_that_very_moment() -> None:
    found = THIRD_THURSDAY.occurrences(FIRST, LONDON, after=datetime(2026, 3, 19, 18), limit=1)
    assert found == [datetime(2026, 3, 19, 18)]
    found = THIRD_THURSDAY.occurrences(FIRST, LONDON, after=datetime(2026, 3, 19, 18, 0, 1), limit=1)
    assert found == [datetime(2026, 4, 16, 18)]


def test_count_is_counted_from_the_first_date_also_when_asked_later() -> None:
    text = "FREQ=MONTHLY;BYDAY=3TH;COUNT=4"
    assert dates(text, FIRST, limit=9) == ["2026-01-15", "2026-02-19", "2026-03-19", "2026-04-16"]
    assert dates(text, FIRST, limit=9, after=datetime(2026, 3, 1)) == ["2026-03-19", "2026-04-16"]
    assert dates(text, FIRST, limit=9, after=datetime(2026, 5, 1)) == []


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20260416", "2026-04-16"),
        ("20260415", "2026-03-19"),
        ("20260416T180000", "2026-04-16"),
        ("20260416T175959", "2026-03-19"),
        ("20260416T170000Z", "2026-04-16"),  # 18:00 in London's summer
        ("20260416T165959Z", "2026-03-19"),
    ],
)
def test_the_end_is_inclusive_and_in_the_zone(until: str, last: str) -> None:
    assert dates(f"FREQ=MONTHLY;BYDAY=3TH;UNTIL={until}", FIRST, limit=99)[-1] == last


def test_an_end_in_utc_is_the_day_before_in_new_zealand() -> None:
    rule = Rule.parse("FREQ=WEEKLY;UNTIL=20260702T190000Z")
    found = rule.occurrences(datetime(2026, 6, 19, 7), AUCKLAND, limit=9)
    assert found == [datetime(2026, 6, 19, 7), datetime(2026, 6, 26, 7), datetime(2026, 7, 3, 7)]


def test_a_date_in_the_gap_keeps_its_wall_time() -> None:
    found = Rule.parse("FREQ=WEEKLY;UNTIL=20270404").occurrences(datetime(2027, 3, 21, 1, 30), LONDON, limit=9)
    assert found == [datetime(2027, 3, day, 1, 30) for day in (21, 28)] + [datetime(2027, 4, 4, 1, 30)]


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2", "FREQ=DAILY;BYMONTHDAY=31;BYMONTH=2",
        "FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2", "FREQ=YEARLY;BYMONTH=2;BYDAY=1MO;BYMONTHDAY=9",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3", "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
    ],
)  # fmt: skip
def test_a_rule_that_never_comes_ends(text: str) -> None:
    started = time.process_time()
    assert dates(text, datetime(2026, 1, 31)) == []
    assert time.process_time() - started < 2


@pytest.mark.parametrize("year", [1900, 2020])
@pytest.mark.parametrize("text", ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=TH", "FREQ=MONTHLY;BYDAY=3TH", "FREQ=YEARLY"])
def test_a_rule_that_began_long_ago_is_quick(text: str, year: int) -> None:
    rule, after = Rule.parse(f"{text};UNTIL=20991231"), datetime(2027, 1, 1)
    started = time.process_time()
    for _ in range(20):
        found = rule.occurrences(datetime(year, 1, 18, 18), LONDON, after=after, limit=12)
    assert time.process_time() - started < 1
    assert len(found) == 12
    assert found[0] >= after


def test_dates_stop_at_the_end_of_the_calendar() -> None:
    assert dates("FREQ=YEARLY;INTERVAL=3", datetime(9990, 1, 1)) == [
        "9990-01-01",
        "9993-01-01",
        "9996-01-01",
        "9999-01-01",
    ]
    assert len(dates("FREQ=DAILY", datetime(9999, 12, 30), limit=9)) == 2
    assert dates("FREQ=WEEKLY;BYDAY=MO,FR,SU", datetime(9999, 12, 27)) == ["9999-12-27", "9999-12-31"]


weekday = st.sampled_from(DAYS)
numbered = st.builds("{}{}".format, st.sampled_from([-5, -2, -1, 1, 2, 3, 4, 5]), weekday)


def lists(of: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(of, min_size=1, max_size=3, unique=True)


@st.composite
def rule_texts(draw: st.DrawFn) -> str:
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={freq}", f"INTERVAL={draw(st.integers(1, 5))}"]
    wide = freq in ("MONTHLY", "YEARLY")
    optional = {
        "BYMONTH": lists(st.integers(1, 12)),
        "BYDAY": lists(weekday) | lists(numbered) if wide else lists(weekday),
        "BYMONTHDAY": lists(st.integers(1, 31) | st.integers(-31, -1)),
        "COUNT": st.lists(st.integers(1, 40), min_size=1, max_size=1),
    }
    if freq == "WEEKLY":
        del optional["BYMONTHDAY"]
    for name, values in optional.items():
        if draw(st.integers(0, 2)) == 0:
            parts.append(f"{name}={','.join(map(str, draw(values)))}")
    return ";".join(parts)


@settings(deadline=None, max_examples=100)
@given(rule_texts(), st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)), st.integers(0, 900))
def test_dates_agree_with_dateutil(text: str, first: datetime, later: int) -> None:
    first = first.replace(microsecond=0, fold=0)
    horizon, after = first + timedelta(days=365 * 6), first + timedelta(days=later)
    endless, _, count = text.partition(";COUNT=")
    other = rrulestr(f"{endless};UNTIL={horizon:%Y%m%dT%H%M%S}", dtstart=first)
    expected = [day for day in islice(other, int(count) if count else None) if day >= after][:15]

    rule = Rule.parse(text)
    found = [day for day in rule.occurrences(first, "UTC", after=after, limit=15) if day <= horizon]
    assert found == expected
    assert all(rule.includes(day) for day in found) or rule.interval > 1
    assert Rule.parse(rule.text) == rule
    assert str(rule.words())


# -- the first date


@pytest.mark.parametrize(
    ("text", "first", "belongs"),
    [
        ("FREQ=MONTHLY;BYDAY=3TH", datetime(2026, 1, 15, 18), True),
        ("FREQ=MONTHLY;BYDAY=3TH", datetime(2026, 1, 22, 18), False),
        ("FREQ=WEEKLY;BYDAY=MO,TH", datetime(2026, 1, 15), True),
        ("FREQ=WEEKLY;BYDAY=MO,TH", datetime(2026, 1, 16), False),
        ("FREQ=WEEKLY", datetime(2026, 1, 16), True),
        ("FREQ=YEARLY;BYMONTH=3", datetime(2026, 1, 16), False),
        ("FREQ=DAILY;BYDAY=SA", datetime(2026, 1, 17), True),
    ],
)
def test_a_rule_tells_if_it_includes_the_first_date(text: str, first: datetime, belongs: bool) -> None:
    assert Rule.parse(text).includes(first) is belongs


def test_a_first_date_outside_the_rule_is_not_listed() -> None:
    assert dates("FREQ=MONTHLY;BYDAY=3TH", datetime(2026, 1, 22, 18), limit=1) == ["2026-02-19"]


# -- reading and writing


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("FREQ=MONTHLY;BYDAY=3TH", "FREQ=MONTHLY;BYDAY=3TH"),
        ("rrule:byday=th,mo;wkst=MO;interval=1;freq=weekly;", "FREQ=WEEKLY;BYDAY=MO,TH"),
        ("BYDAY=-1SU,+1SU;FREQ=YEARLY;BYMONTH=10,3", "FREQ=YEARLY;BYMONTH=3,10;BYDAY=1SU,-1SU"),
        ("COUNT=007;BYMONTHDAY=-1,15,15;FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=15,-1;COUNT=7"),
        ("FREQ=DAILY;UNTIL=20271231", "FREQ=DAILY;UNTIL=20271231"),
        ("FREQ=DAILY;UNTIL=20271231T180000", "FREQ=DAILY;UNTIL=20271231T180000"),
        ("FREQ=DAILY;UNTIL=20271231T180000Z", "FREQ=DAILY;UNTIL=20271231T180000Z"),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", "FREQ=DAILY"),
    ],
)
def test_a_rule_is_written_in_one_way(text: str, normal: str) -> None:
    assert Rule.parse(text).text == normal
    assert Rule.parse(normal) == Rule.parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a rule"),
        ("third Thursdays", "not a rule"),
        ("FREQ=DAILY\nATTENDEE=x", "not a rule"),
        ("FREQ=DAILY;;COUNT=1", "not a rule"),
        ("FREQ=DAILY;COUNT=", "not a rule"),
        ("FREQ=DAILY;BYMONTH=" + ",".join(["1"] * 200), "not a rule"),
        ("FREQ=DAILY;COUNT=٣", "not a rule"),
        ("BYDAY=MO", "needs FREQ"),
        ("FREQ=HOURLY", "needs FREQ"),
        ("FREQ=DAILY;FREQ=DAILY", "twice"),
        ("FREQ=MONTHLY;BYDAY=TH;BYSETPOS=3", "BYSETPOS cannot"),
        ("FREQ=DAILY;BYHOUR=9", "BYHOUR cannot"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20271231", "not both"),
        ("FREQ=DAILY;INTERVAL=0", "from 1 to 999"),
        ("FREQ=DAILY;INTERVAL=1000", "from 1 to 999"),
        ("FREQ=DAILY;COUNT=0", "from 1 to 9999"),
        ("FREQ=DAILY;COUNT=-1", "from 1 to 9999"),
        ("FREQ=DAILY;BYMONTH=13", "from 1 to 12"),
        ("FREQ=DAILY;BYMONTH=-1", "from 1 to 12"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "from 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=-32", "from 1 to 31"),
        ("FREQ=MONTHLY;BYDAY=6TH", "from 1 to 5"),
        ("FREQ=YEARLY;BYMONTH=1;BYDAY=6TH", "from 1 to 5"),
        ("FREQ=MONTHLY;BYDAY=0TH", "from 1 to 5"),
        ("FREQ=MONTHLY;BYDAY=-TH", "not a weekday"),
        ("FREQ=MONTHLY;BYDAY=TH,1FR", "Either all"),
        ("FREQ=MONTHLY;BYDAY=3XX", "not a weekday"),
        ("FREQ=WEEKLY;BYDAY=3TH", "Only monthly"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "days of the month"),
        ("FREQ=WEEKLY;WKST=SU", "Monday"),
        ("FREQ=DAILY;UNTIL=20270231", "not a last day"),
        ("FREQ=DAILY;UNTIL=TOMORROW", "not a last day"),
        ("FREQ=DAILY;UNTIL=20271231T250000Z", "not a last day"),
    ],
)
def test_other_rules_are_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(InvalidRule) as refusal:
        Rule.parse(text)
    assert said in str(refusal.value.sentence)


@given(st.text(max_size=60) | st.text("FREQ=DAILYWKM;BYU0123456789,-+", max_size=60).map("FREQ=DAILY;{}".format))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    try:
        rule = Rule.parse(text)
    except InvalidRule as refusal:
        assert str(refusal.sentence)  # noqa: PT017
    else:
        assert Rule.parse(rule.text) == rule


def test_an_end_set_later_is_in_utc_and_takes_the_place_of_a_count() -> None:
    rule = Rule.parse("FREQ=WEEKLY;COUNT=10").with_until(datetime(2026, 3, 19, 18, tzinfo=UTC))
    assert rule.text == "FREQ=WEEKLY;UNTIL=20260319T180000Z"
    assert rule.with_until(None).text == "FREQ=WEEKLY"
    with pytest.raises(ValueError, match="aware"):
        rule.with_until(datetime(2026, 3, 19, 18))


@pytest.mark.parametrize(
    ("until", "in_utc"),
    [
        ("20260716", "20260716T225959Z"),
        ("20260716T180000", "20260716T170000Z"),
        ("20260716T180000Z", "20260716T180000Z"),
    ],
)
def test_an_end_is_turned_into_utc_for_calendars(until: str, in_utc: str) -> None:
    assert Rule.parse(f"FREQ=DAILY;UNTIL={until}").in_zone(LONDON).text == f"FREQ=DAILY;UNTIL={in_utc}"
    assert THIRD_THURSDAY.in_zone(LONDON) is THIRD_THURSDAY


# -- words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FREQ=MONTHLY;BYDAY=3TH", "third Thursday of every month"),
        ("FREQ=MONTHLY;BYDAY=1TH,3TH", "first and third Thursday of every month"),
        ("FREQ=MONTHLY;BYDAY=-1FR;INTERVAL=2", "last Friday of every second month"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "day 15 of every month"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "last day of every month"),
        ("FREQ=MONTHLY;BYDAY=3TH;BYMONTH=1,2,3", "third Thursday of every month, only in January, February and March"),
        ("FREQ=WEEKLY", "every week"),
        ("FREQ=WEEKLY;BYDAY=TU", "every Tuesday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "every second Tuesday"),
        ("FREQ=WEEKLY;INTERVAL=3;BYDAY=TU", "every 3 weeks on Tuesday"),
        ("FREQ=WEEKLY;BYDAY=MO,TH", "every week on Monday and Thursday"),
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;COUNT=5", "every day, 5 times"),
        ("FREQ=DAILY;COUNT=1", "every day, once"),
        ("FREQ=YEARLY", "every year"),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=3;BYDAY=-1SU", "last Sunday of March, every second year"),
        ("FREQ=YEARLY;BYDAY=22MO", "22nd Monday of every year"),
        ("FREQ=WEEKLY;BYDAY=TU;UNTIL=20271231", "every Tuesday, until 2027-12-31"),
    ],
)
def test_a_rule_is_said_in_words(text: str, words: str) -> None:
    assert str(Rule.parse(text).words()) == words


def test_the_last_day_is_said_in_the_readers_zone() -> None:
    rule = Rule.parse("FREQ=WEEKLY;UNTIL=20260702T190000Z")
    assert rule.words(AUCKLAND).values["date"] == date(2026, 7, 3)
    assert rule.words(NEW_YORK).values["date"] == date(2026, 7, 2)
