"""Events: instants derived from wall clocks, the door, and which changes people are told of."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatherings.core.errors import InvalidInput
from gatherings.events.rules import DOOR_WORDS, Door, derive, door, kinds_of_change, registration_closes, taken_back

HOUR = timedelta(hours=1)


def times_of(local: str, zone: str, *, lenient: bool = False):
    starts = datetime.fromisoformat(local)
    return derive(starts, starts + HOUR, zone, lenient=lenient)


def refusal(local: str, zone: str, ends: str | None = None) -> list[tuple[str, str]]:
    starts = datetime.fromisoformat(local)
    with pytest.raises(InvalidInput) as refused:
        derive(starts, datetime.fromisoformat(ends) if ends else starts + 2 * HOUR, zone)
    return [(problem.field, str(problem.sentence)) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("day", "utc"),
    [("2026-01-15", 18), ("2026-02-19", 18), ("2026-03-19", 18), ("2026-04-16", 17), ("2026-05-21", 17),
     ("2026-06-18", 17), ("2026-07-16", 17), ("2026-08-20", 17), ("2026-09-17", 17), ("2026-10-15", 17),
     ("2026-11-19", 18), ("2026-12-17", 18)],
)  # fmt: skip
def test_third_thursdays_in_london_are_the_instants_of_the_fixture(day, utc):
    times = times_of(f"{day}T18:00", "Europe/London")
    assert times.starts_at == datetime.fromisoformat(f"{day}T{utc}:00+00:00")
    assert times.ends_at - times.starts_at == HOUR


@pytest.mark.parametrize(
    ("local", "zone", "sentence"),
    [
        ("2027-09-26T02:30", "Pacific/Auckland",
         "On this date the clocks in Auckland go forward from 02:00 to 03:00, so there is no 02:30. "
         "The nearest times are 01:59 and 03:00."),
        ("2027-03-28T01:30", "Europe/London",
         "On this date the clocks in London go forward from 01:00 to 02:00, so there is no 01:30. "
         "The nearest times are 00:59 and 02:00."),
        ("2027-03-14T02:30", "America/New_York",
         "On this date the clocks in New York go forward from 02:00 to 03:00, so there is no 02:30. "
         "The nearest times are 01:59 and 03:00."),
        ("2027-04-04T02:30", "Pacific/Auckland",
         "On this date the clocks in Auckland go back from 03:00 to 02:00, so 02:30 comes twice. "
         "The nearest times that come once are 01:59 and 03:00."),
        ("2027-10-31T01:30", "Europe/London",
         "On this date the clocks in London go back from 02:00 to 01:00, so 01:30 comes twice. "
         "The nearest times that come once are 00:59 and 02:00."),
        ("2027-11-07T01:30", "America/New_York",
         "On this date the clocks in New York go back from 02:00 to 01:00, so 01:30 comes twice. "
         "The nearest times that come once are 00:59 and 02:00."),
    ],
)  # fmt: skip
def test_a_start_in_a_gap_or_fold_is_refused_in_words(local, zone, sentence):
    assert refusal(local, zone) == [("starts", sentence)]


def test_an_end_in_a_gap_is_refused_at_its_own_field():
    [(field, sentence)] = refusal("2027-03-28T00:30", "Europe/London", "2027-03-28T01:30")
    assert field == "ends"
    assert "so there is no 01:30" in sentence


def test_both_times_in_a_gap_are_two_problems():
    assert [field for field, _ in refusal("2027-03-28T01:15", "Europe/London", "2027-03-28T01:45")] == [
        "starts",
        "ends",
    ]


def test_an_end_that_is_not_after_the_start_is_refused():
    for ends in ("2026-12-15T18:00", "2026-12-15T17:59", "2025-12-15T19:00"):
        assert refusal("2026-12-15T18:00", "Europe/London", ends) == [("ends", "The end should come after the start.")]


def test_more_than_sixty_days_are_taken_for_a_slip():
    assert derive(datetime(2026, 12, 1), datetime(2027, 1, 30), "Europe/London").ends_at.month == 1
    [(field, sentence)] = refusal("2026-12-01T00:00", "Europe/London", "2027-01-30T00:01")
    assert (field, sentence) == ("ends", "A gathering can last 60 days at most. Is the end date right?")


def test_a_night_that_loses_or_wins_an_hour_is_as_long_as_it_is():
    spring = derive(datetime(2027, 3, 27, 22), datetime(2027, 3, 28, 6), "Europe/London")
    autumn = derive(datetime(2027, 10, 30, 22), datetime(2027, 10, 31, 6), "Europe/London")
    assert spring.ends_at - spring.starts_at == 7 * HOUR
    assert autumn.ends_at - autumn.starts_at == 9 * HOUR


@pytest.mark.parametrize(
    ("local", "zone", "utc"),
    [
        # RFC 5545 3.3.5: in a gap the offset from before it, in a fold the first of the two.
        ("2027-09-26T02:30", "Pacific/Auckland", "2027-09-25T14:30+00:00"),
        ("2027-03-28T01:30", "Europe/London", "2027-03-28T01:30+00:00"),
        ("2027-03-14T02:30", "America/New_York", "2027-03-14T07:30+00:00"),
        ("2027-04-04T02:30", "Pacific/Auckland", "2027-04-03T13:30+00:00"),
        ("2027-10-31T01:30", "Europe/London", "2027-10-31T00:30+00:00"),
    ],
)
def test_a_date_that_a_rule_made_follows_the_rfc_and_keeps_its_length(local, zone, utc):
    times = times_of(local, zone, lenient=True)
    assert times.starts_at == datetime.fromisoformat(utc)
    assert times.starts_at < times.ends_at <= times.starts_at + 2 * HOUR


def test_a_date_of_a_rule_whose_end_would_be_its_start_keeps_its_hour():
    """02:30 is held at 03:30 on that day, which is when it would have ended by the clock."""
    times = times_of("2027-09-26T02:30", "Pacific/Auckland", lenient=True)
    assert times.ends_at - times.starts_at == HOUR


@given(st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1)), st.timezones(), st.integers(1, 24 * 60))
def test_every_date_of_a_rule_has_an_instant_and_a_length(starts, zone, minutes):
    starts = starts.replace(microsecond=0)
    times = derive(starts, starts + timedelta(minutes=minutes), str(zone), lenient=True)
    assert times.starts_at < times.ends_at
    assert times.starts_at.tzinfo is UTC


# --- the door ------------------------------------------------------------------------------------------------------

STARTS, ENDS = datetime(2026, 12, 15, 18, tzinfo=UTC), datetime(2026, 12, 15, 19, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def an_event(mode: str = "online", **values):
    plain = {
        "mode": mode, "status": "published", "starts_at": STARTS, "ends_at": ENDS, "takes_registrations": True,
        "registration_opens_at": None, "registration_closes_at": None,
    }  # fmt: skip
    return SimpleNamespace(**(plain | values))


@pytest.mark.parametrize(("mode", "closes"), [("online", ENDS), ("hybrid", ENDS), ("in person", STARTS)])
def test_door_closes_at_the_start_in_person_and_at_the_end_online(mode, closes):
    assert registration_closes(None, STARTS, ENDS, mode) == closes
    assert door(an_event(mode), closes - MOMENT) is Door.OPEN
    assert door(an_event(mode), closes) is (Door.OVER if closes == ENDS else Door.CLOSED)
    assert door(an_event(mode), ENDS - MOMENT) is (Door.OPEN if closes == ENDS else Door.CLOSED)
    assert door(an_event(mode), ENDS) is Door.OVER


@pytest.mark.parametrize("mode", ["online", "hybrid", "in person"])
def test_door_keeps_the_hours_that_were_set(mode):
    opens, closes = STARTS - 48 * HOUR, STARTS - 24 * HOUR
    event = an_event(mode, registration_opens_at=opens, registration_closes_at=closes)
    assert [door(event, at) for at in (opens - MOMENT, opens, closes - MOMENT, closes, ENDS)] == [
        Door.NOT_YET, Door.OPEN, Door.OPEN, Door.CLOSED, Door.OVER,
    ]  # fmt: skip


def test_a_closing_after_the_start_lets_people_in_until_then():
    event = an_event("in person", registration_closes_at=STARTS + HOUR / 2)
    assert door(event, STARTS + HOUR / 4) is Door.OPEN
    assert door(event, STARTS + HOUR / 2) is Door.CLOSED


def test_nothing_is_open_after_the_end_whatever_was_set():
    assert door(an_event(registration_closes_at=ENDS + HOUR), ENDS) is Door.OVER


def test_cancelled_is_said_before_anything_else():
    event = an_event(status="cancelled", takes_registrations=False, registration_opens_at=ENDS)
    assert [door(event, at) for at in (STARTS - HOUR, ENDS + HOUR)] == [Door.CANCELLED, Door.CANCELLED]


def test_an_event_without_registration_has_no_door_and_is_over_in_the_end():
    event = an_event(takes_registrations=False, registration_opens_at=STARTS)
    assert [door(event, at) for at in (STARTS - HOUR, ENDS)] == [Door.NONE, Door.OVER]


def test_every_shut_door_has_its_sentence():
    assert set(DOOR_WORDS) == set(Door) - {Door.OPEN}
    assert len({str(sentence) for sentence in DOOR_WORDS.values()}) == len(DOOR_WORDS)


# --- kinds of change -----------------------------------------------------------------------------------------------

FACTS = {
    "title": "One", "summary": "", "slug": "one", "revision": 1, "starts_local": "2026-12-15T18:00:00",
    "ends_local": "2026-12-15T19:00:00", "zone": "Europe/London", "starts_at": "2026-12-15T18:00:00+00:00",
    "ends_at": "2026-12-15T19:00:00+00:00", "all_day": False, "mode": "online", "place_name": None,
    "place_address": None, "join_url": "https://meet.example.org/a", "status": "published", "rule": "FREQ=DAILY",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "kinds"),
    [
        ({}, ()),
        ({"title": "Another", "summary": "A typo corrected", "slug": "other", "revision": 2}, ()),
        ({"starts_local": "2026-12-15T17:00:00"}, ("time",)),
        ({"ends_local": "2026-12-15T20:00:00"}, ("time",)),
        ({"zone": "Europe/Lisbon"}, ("time",)),
        ({"starts_at": "2026-12-15T17:00:00+00:00"}, ("time",)),  # new zone rules: the wall clock stays
        ({"all_day": True}, ("time",)),
        ({"mode": "hybrid"}, ("place",)),
        ({"place_name": "Hall"}, ("place",)),
        ({"place_address": "1 Street"}, ("place",)),
        ({"join_url": "https://meet.example.org/b"}, ("link",)),
        ({"join_url": None}, ("link",)),
        ({"status": "cancelled"}, ("status",)),
        ({"rule": "FREQ=WEEKLY"}, ("rule",)),
        ({"status": "cancelled", "zone": "Europe/Lisbon", "mode": "hybrid", "join_url": None},
         ("time", "place", "link", "status")),
    ],
)  # fmt: skip
def test_kinds_of_change(changed, kinds):
    assert kinds_of_change(FACTS, FACTS | changed) == kinds
    assert kinds_of_change(FACTS | changed, FACTS) == kinds


def test_taken_back_looks_at_the_facts_that_are_known_and_wants_some():
    assert taken_back("place", {"place_name": "Hall"}, {"place_name": "Hall", "mode": "online"})
    assert not taken_back("place", {"place_name": "Hall", "mode": "online"}, {"place_name": "Hall", "mode": "hybrid"})
    assert not taken_back("time", {"place_name": "Hall"}, {"place_name": "Hall"})
    assert not taken_back("time", {"starts_at": "x"}, {})
