"""What may be moved where, what a typed length means, and what is warned of."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatherings.core.text import TextProblem
from gatherings.slots.rules import ordering as rules
from gatherings.slots.rules.timing import plan
from gatherings.slots.rules.warnings import warnings_of

START = datetime(2026, 12, 15, 18, 0, tzinfo=UTC)
SOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def thing(public_id: str, kind: str = "slot", seconds: int = 180, **values: Any) -> SimpleNamespace:
    usual = {"began_at": None, "skipped": False, "submission": None, "title": "", "speakers": ""}
    return SimpleNamespace(public_id=public_id, kind=kind, seconds=seconds, **(usual | values))


def offered(person: int, name: str = "Ada", zone: str | None = None, **values: Any) -> SimpleNamespace:
    usual = {"state": "accepted", "told": "accepted", "confirmed_at": SOON, "others": []}
    return SimpleNamespace(person_id=person, name=name, zone=zone, **(usual | values))


def warned(
    items: list[Any], *, minutes: int = 60, change: int = 30, offset: int = 0, longest: int | None = 180,
    starts: datetime = START, now: datetime = SOON,
) -> list[tuple[str, str, str]]:  # fmt: skip
    event = SimpleNamespace(starts_at=starts, ends_at=starts + timedelta(minutes=minutes), zone="Europe/London")
    timed = plan(items, starts + timedelta(seconds=offset), change)
    found = warnings_of(timed, event, offset=offset, change=change, longest=longest, now=now)
    return [(one.item, one.kind, str(one.sentence)) for one in found]


# --- places ----------------------------------------------------------------------------------------------------------


def test_between_two_neighbours_or_nowhere() -> None:
    items = [thing(name) for name in "abc"]
    assert [rules.between(items, *pair) for pair in (("", "a"), ("a", "b"), ("b", "c"), ("c", ""))] == [0, 1, 2, 3]
    assert rules.between(items, "a", "c") is None
    assert rules.between(items, "x", "") is None
    assert rules.between([], "", "") == 0


def moved(items: list[Any], name: str, number: int) -> str:
    item = next(one for one in items if one.public_id == name)
    rest = [one for one in items if one is not item]
    rest.insert(rules.at_number(items, item, number), item)
    return "".join(one.public_id for one in rest)


def test_by_number_slots_count_and_nothing_else_does() -> None:
    items = [thing("O", "opening"), thing("a"), thing("b"), thing("B", "break"), thing("c"), thing("C", "closing")]
    assert [moved(items, "a", number) for number in (1, 2, 3, 99)] == ["OabBcC", "ObaBcC", "ObBcaC", "ObBcaC"]
    assert [moved(items, "c", number) for number in (0, 1, 2, 3)] == ["OcabBC", "OcabBC", "OacbBC", "OabBcC"]
    assert [moved(items, "B", number) for number in (0, 1, 2, 3, 9)] == [
        "OBabcC", "OaBbcC", "OabBcC", "OabcBC", "OabcBC",
    ]  # fmt: skip
    gone = thing("g", submission=offered(1, state="withdrawn"))
    assert rules.numbers([items[0], gone, items[1]]) == [None, None, 1]


@given(st.lists(st.sampled_from(["slot", "slot", "break"]), min_size=1, max_size=9), st.data())
def test_a_slot_gets_the_number_that_was_asked_for(kinds: list[str], data: Any) -> None:
    items = [thing(str(index), kind) for index, kind in enumerate(kinds)]
    slots = [item for item in items if item.kind == "slot"]
    if not slots:
        return
    item, number = data.draw(st.sampled_from(slots)), data.draw(st.integers(1, len(slots)))
    rest = [one for one in items if one is not item]
    rest.insert(rules.at_number(items, item, number), item)
    assert rules.numbers(rest)[rest.index(item)] == number
    assert sorted(one.public_id for one in rest) == sorted(one.public_id for one in items)


def test_what_has_begun_stays_and_what_is_new_finds_its_place() -> None:
    items = [thing("O", "opening", began_at=SOON), thing("a", began_at=SOON), thing("b", skipped=True), thing("c")]
    assert [rules.movable(one) for one in items] == [False, False, False, True]
    assert rules.held_until(items) == 2
    assert rules.place_for("opening", items) == 2
    items.append(thing("C", "closing"))
    assert [rules.place_for(kind, items) for kind in ("slot", "break", "closing")] == [4, 4, 5]


def test_lengths_as_people_type_them() -> None:
    for typed, seconds in (("3:00", 180), (" 0:45 ", 45), ("1:02:30", 3750), ("3", 180), ("90", 5400), ("٣:٠٠", 180)):
        assert rules.read_length(typed) == seconds, typed
    for typed in ("", "3:60", "three", "3.30", "-1", "1e400", "9" * 400, "1:60:00", "0:04", "13:00:00", "3:0", ":30"):
        with pytest.raises(TextProblem):
            rules.read_length(typed)
    assert rules.read_length("0:00", least=0) == 0
    for typed in ("", "-1", "601", "ten", "9" * 400):
        with pytest.raises(TextProblem):
            rules.read_seconds(typed, 600)


def test_opening_and_closing_take_what_the_call_keeps() -> None:
    assert [rules.frame_seconds(kept) for kept in (0, 50, 240, 610)] == [120, 120, 120, 300]


# --- warnings --------------------------------------------------------------------------------------------------------


def test_over_the_hour_says_by_how_much_and_what_would_fit() -> None:
    eight = [thing(str(number)) for number in range(8)]  # 27:30
    assert warned(eight, minutes=28) == []
    assert warned(eight, minutes=26)[:2] == [
        ("", "over", "This is 0:01:30 longer than the gathering."),
        ("", "over", "Shorten change-overs to 15 s, or leave out 1 slot."),
    ]
    assert warned(eight, minutes=22)[1][2] == "Leave out 2 slots."
    assert warned([*eight, thing("b", "buffer", 120)], minutes=28)[1][2] == "Shorten the buffers by 0:01:30."
    assert warned(eight, minutes=28, offset=60)[1][2] == "Begin 0:00:30 earlier."
    assert warned(eight, minutes=26)[2][:2] == ("7", "past")
    assert warned([thing("o", "opening", 7200)])[1:] == [("o", "past", "Ends 1:00:00 after the gathering does.")]


@given(st.lists(st.integers(30, 600), min_size=1, max_size=12), st.integers(0, 120), st.integers(60, 5000))
def test_what_is_proposed_does_fit(lengths: list[int], change: int, room: int) -> None:
    items = [thing(str(number), seconds=seconds) for number, seconds in enumerate(lengths)]
    over = rules.total(items, change) - room
    if over <= 0:
        return
    from gatherings.slots.rules.warnings import fewer_slots, shorter_change

    shorter, fewer = shorter_change(items, change, over), fewer_slots(items, change, over)
    assert shorter is None or rules.total(items, shorter) <= room
    if fewer is not None:
        left = sorted(items, key=lambda item: item.seconds)[: len(items) - fewer]
        assert rules.total(left, change) <= room


def test_the_same_person_twice_is_found_as_a_co_presenter_and_by_a_typed_name() -> None:
    other = SimpleNamespace(person_id=1, name="Ada L.", zone=None)
    items = [
        thing("a", submission=offered(1, "Ada")),
        thing("b", submission=offered(2, "Bo", others=[other])),
        thing("c", speakers="Zoë, ADA"),
        thing("d", submission=offered(3, "Bo")),
    ]
    assert [(item, said) for item, kind, said in warned(items) if kind == "twice"] == [
        ("a", "Ada speaks a second time, in number 2."),
        ("a", "Ada speaks a second time, in number 3."),
        ("b", "Ada L. speaks a second time, in number 1."),
        ("c", "ADA speaks a second time, in number 1."),
    ]


def test_asleep_unconfirmed_withdrawn_and_longer_than_the_call_allows() -> None:
    items = [
        thing("a", submission=offered(1, "Kim", "Pacific/Auckland")),  # 07:00 on the next morning
        thing("b", submission=offered(2, "Lee", "Australia/Melbourne")),  # 05:03:30
        thing("c", submission=offered(3, "Mo", confirmed_at=None)),
        thing("d", submission=offered(4, "Nia", told="")),
        thing("e", submission=offered(5, "Ola", "Australia/Melbourne", state="withdrawn", confirmed_at=None)),
        thing("f", submission=offered(6, "Pat"), seconds=240),
        thing("g", speakers="Quin", seconds=240),
    ]
    assert warned(items) == [
        ("b", "asleep", "For Lee it is 05:03:30 at night, in Melbourne."),
        ("c", "unconfirmed", "Mo has not said yes yet."),
        ("d", "untold", "Nia has not been told of being accepted."),
        ("e", "withdrawn", "Ola has withdrawn. The slot is free."),
        ("f", "long", "Longer than the call allows: 0:03:00 at most."),
    ]


def test_a_change_of_clocks_close_by() -> None:
    starts = datetime(2026, 10, 25, 0, 55, tzinfo=UTC)
    found = warned([thing(name) for name in "abc"], starts=starts, now=starts - timedelta(days=9))
    assert [item for item, kind, _said in found if kind == "clock"] == ["b"]
    assert found[0][2].startswith("The clocks in London go from 02:00:00 to 01:00:00")


def test_after_the_run_there_is_nothing_to_look_at() -> None:
    late = [thing("a", submission=offered(1, confirmed_at=None)), thing("b", seconds=7200)]
    assert len(warned(late)) > 2
    assert warned(late, now=START + timedelta(hours=1)) == []
    held = [
        thing("a", submission=offered(1, confirmed_at=None), began_at=START),
        thing("b", skipped=True, seconds=9000),
    ]
    assert warned(held, now=START + timedelta(minutes=5)) == []
