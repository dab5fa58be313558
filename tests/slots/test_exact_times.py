"""Every start to the second: the plan of a running order is exact whatever is in it and whatever the clocks do."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gatherings.core.zones import to_local, to_utc
from gatherings.slots.queries import begins_at, plan_of
from gatherings.slots.rules.ordering import total
from gatherings.slots.rules.timing import KINDS, plan
from tests.factories import make_event
from tests.slotting import make_call, make_item, make_order, make_submission

START = datetime(2026, 12, 15, 18, 0, tzinfo=UTC)


@dataclass
class Thing:
    kind: str
    seconds: int


def clock(items: list[Thing], *, at: datetime = START, change: int = 30, zone: str = "Europe/London") -> list[str]:
    return [f"{to_local(one.starts_at, zone):%H:%M:%S}" for one in plan(items, at, change)]


EIGHT = [Thing("slot", 180) for _ in range(8)]


def test_eight_slots_of_three_minutes_with_changes() -> None:
    assert clock(EIGHT) == [
        "18:00:00", "18:03:30", "18:07:00", "18:10:30", "18:14:00", "18:17:30", "18:21:00", "18:24:30",
    ]  # fmt: skip
    assert plan(EIGHT, START, 30)[-1].ends_at == START + timedelta(seconds=8 * 180 + 7 * 30)


def test_an_opening_moves_all_and_has_no_change_after_it() -> None:
    assert clock([Thing("opening", 120), *EIGHT])[:4] == ["18:00:00", "18:02:00", "18:05:30", "18:09:00"]


def test_a_break_takes_the_place_of_a_change_and_a_buffer_does_not() -> None:
    slot = Thing("slot", 180)
    assert clock([slot, Thing("break", 300), slot, slot]) == ["18:00:00", "18:03:00", "18:08:00", "18:11:30"]
    assert clock([slot, Thing("buffer", 60), slot]) == ["18:00:00", "18:03:00", "18:04:30"]
    assert clock([slot, slot, Thing("closing", 120)]) == ["18:00:00", "18:03:30", "18:06:30"]


def test_on_days_when_clocks_change_no_second_is_lost_or_doubled() -> None:
    """London goes back at 01:00 UTC on 25 October 2026 and forward at 01:00 UTC on 28 March 2027."""
    back = clock(EIGHT[:3], at=datetime(2026, 10, 25, 0, 55, tzinfo=UTC))
    assert back == ["01:55:00", "01:58:30", "01:02:00"]
    forward = clock(EIGHT[:3], at=datetime(2027, 3, 28, 0, 55, tzinfo=UTC))
    assert forward == ["00:55:00", "00:58:30", "02:02:00"]


def test_the_order_moves_with_its_event_and_begins_after_it_as_said(session) -> None:
    event = make_event(session)
    call = make_call(session, event)
    submissions = [make_submission(session, call, f"p{n}@example.org", state="accepted") for n in range(3)]
    order = make_order(session, event, submissions, offset_seconds=300)
    session.refresh(order, ["items"])

    def starts() -> list[str]:
        return [f"{to_local(one.starts_at, event.zone):%H:%M:%S}" for one in plan_of(order, event)]

    assert starts() == ["18:05:00", "18:08:30", "18:12:00"]
    event.starts_local += timedelta(hours=1)
    event.starts_at = to_utc(event.starts_local, event.zone)
    assert starts() == ["19:05:00", "19:08:30", "19:12:00"]
    assert begins_at(order, event) == event.starts_at + timedelta(minutes=5)
    make_item(session, order, 0, kind="opening", seconds=120)
    session.refresh(order, ["items"])
    assert starts() == ["19:05:00", "19:07:00", "19:10:30", "19:14:00"]


things = st.lists(st.builds(Thing, st.sampled_from(KINDS), st.integers(5, 3600)), max_size=30)


@given(things, st.integers(0, 600))
def test_nothing_overlaps_and_the_sum_is_the_end(items: list[Thing], change: int) -> None:
    timed = plan(items, START, change)
    at = START
    for one, item in zip(timed, items, strict=True):
        assert one.starts_at == at + timedelta(seconds=one.change)
        assert one.ends_at - one.starts_at == timedelta(seconds=item.seconds)
        assert one.change in (0, change)
        at = one.ends_at
    assert at == START + timedelta(seconds=total(items, change))
