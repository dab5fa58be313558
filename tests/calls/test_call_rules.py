"""The minutes and moments of a call."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from gatherings.calls.rules.call import (
    ASKS,
    CallState,
    asks_of,
    cost,
    limit_of,
    planned_seconds,
    problems_of,
    room_of,
    room_seconds,
    shortfall,
    state_of,
    time_left,
)

AT = datetime(2026, 12, 15, 18, 0, tzinfo=UTC)


def event_of(minutes: int = 60, **more: Any) -> Any:
    return SimpleNamespace(starts_at=AT, ends_at=AT + timedelta(minutes=minutes), status="published", **more)


def call_of(**more: Any) -> Any:
    usual = {
        "state": "published", "slot_seconds": 180, "places": 8, "change_seconds": 30, "kept_seconds": 0, "accepted": 0,
        "accepted_seconds": 0, "asks": {}, "opens_at": AT - timedelta(days=30), "closes_at": AT - timedelta(days=5),
    }  # fmt: skip
    return SimpleNamespace(**(usual | more))


def accept(call: Any, event: Any, seconds: int = 180) -> bool:
    """What the guarded UPDATE does."""
    if call.accepted >= call.places or call.accepted_seconds + cost(seconds, call) > limit_of(call, event):
        return False
    call.accepted += 1
    call.accepted_seconds += cost(seconds, call)
    return True


def test_eight_of_three_minutes_with_half_a_minute_between_take_27_30() -> None:
    call = call_of()
    assert planned_seconds(call) == 8 * 180 + 7 * 30 == 27 * 60 + 30
    assert room_seconds(call, event_of()) == 3600


@pytest.mark.parametrize(("kept", "fit"), [(0, 8), (15 * 60, 8), (32 * 60 + 30, 8), (32 * 60 + 31, 7), (3600, 0)])
def test_so_many_are_accepted_as_fit_to_the_second(kept: int, fit: int) -> None:
    call, event = call_of(kept_seconds=kept), event_of()
    assert room_of(call, event).more == fit
    assert sum(accept(call, event) for _ in range(10)) == fit
    room = room_of(call, event)
    assert (room.more, room.left) == (0, 3600 - kept - room.used)
    assert room.used == (fit * 180 + (fit - 1) * 30 if fit else 0)


def test_each_acceptance_takes_its_own_minutes_and_one_change() -> None:
    call, event = call_of(places=20, kept_seconds=3600 - 600), event_of()
    assert (room_of(call, event).seconds, room_of(call, event).more) == (600, 3)  # 180 + 30 + 180 + 30 + 180 = 600
    assert accept(call, event, 390)
    assert (room_of(call, event).left, room_of(call, event).more) == (210, 1)
    assert not accept(call, event, 181)
    assert accept(call, event, 180)
    assert room_of(call, event).left == 0


def test_what_is_less_than_accepted_is_told_and_never_more_than_none_is_left() -> None:
    call, event = call_of(accepted=8, accepted_seconds=8 * 210), event_of(20)
    room = room_of(call, event)
    assert (room.left, room.more) == (20 * 60 - 27 * 60 - 30, 0)
    said = [str(one) for one in shortfall({"places": 6}, 8, room.used, room.seconds)]
    assert said[0].startswith("8 slots are accepted already")
    assert "8 minutes more" in said[1]
    assert shortfall({"places": 8}, 8, 1650, 1650) == []


def test_a_call_opens_and_closes_at_its_very_second() -> None:
    call, event, tick = call_of(), event_of(), timedelta(microseconds=1)
    for now, state in (
        (call.opens_at - tick, CallState.NOT_YET),
        (call.opens_at, CallState.OPEN),
        (call.closes_at - tick, CallState.OPEN),
        (call.closes_at, CallState.CLOSED),
    ):
        assert state_of(call, event, now) is state
    assert state_of(call_of(state="draft"), event, call.opens_at) is CallState.DRAFT
    event.status = "cancelled"
    assert state_of(call, event, call.opens_at) is CallState.CANCELLED
    # an event that was moved to before the closing ends its call
    assert state_of(call_of(closes_at=AT + timedelta(days=9)), event_of(), AT + timedelta(hours=1)) is CallState.CLOSED


def test_what_is_asked_falls_back_on_the_usual() -> None:
    assert asks_of(call_of()) == dict(ASKS)
    assert asks_of(call_of(asks={"slide": "must", "gone": "may"}))["slide"] == "must"


def test_times_to_come_are_said_in_the_unit_that_helps() -> None:
    for left, said in (
        (timedelta(days=18, hours=3), "in 18 days"),
        (timedelta(days=2), "in 2 days"),
        (timedelta(days=1, hours=23), "in 47 hours"),
        (timedelta(hours=2), "in 2 hours"),
        (timedelta(minutes=119), "in 119 minutes"),
        (timedelta(seconds=61), "in 2 minutes"),
        (timedelta(seconds=1), "in one minute"),
    ):
        assert str(time_left(left)) == said


def test_what_does_not_go_together_is_told_at_its_field() -> None:
    day = datetime(2026, 12, 1, 9)
    values = {"least_seconds": 120, "slot_seconds": 180, "most_seconds": 180, "opens_local": day, "closes_local": day}
    assert [one.field for one in problems_of(values)] == ["closes"]
    values |= {"least_seconds": 200, "most_seconds": 100, "closes_local": day + timedelta(minutes=1)}
    assert [one.field for one in problems_of(values)] == ["least_seconds", "most_seconds"]
