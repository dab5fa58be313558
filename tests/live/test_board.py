"""What comes when: the rule of expectation (live/rules/board.py), by its facts and for any course of an evening."""

import itertools
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gatherings.live.rules import presses
from tests.live.parts import BEGINS, Stage, part, slots

PLANNED = [0, 210, 420, 630, 840, 1050, 1260, 1470]


def third_ends_late(stage: Stage, late: int) -> None:
    """Hold the first three slots; the third ends `late` seconds late."""
    stage.press(presses.start, 0)
    stage.press(presses.go_on, 180)
    stage.press(presses.go_on, 390)
    stage.press(presses.go_on, 600 + late)


def test_before_it_begins_all_is_as_planned_and_moves_once_the_start_is_late():
    stage = Stage(slots())
    assert stage.starts(-3600) == stage.starts(0) == PLANNED
    assert stage.look(0).state == "waiting"
    assert stage.look(0).following.title == "Talk 1"
    assert stage.starts(40) == [start + 40 for start in PLANNED]
    assert stage.starts(5000) == PLANNED  # the evening is over: nobody waits for it any more


def test_eight_slots_on_time_begin_to_the_second():
    stage = Stage(slots())
    stage.press(presses.start, 0)
    for number, start in enumerate(PLANNED):
        board = stage.look(start)
        assert board.current.title == f"Talk {number + 1}"
        assert not board.changing
        assert board.late == 0
        assert stage.starts(start) == PLANNED
        stage.press(presses.go_on, start + 180)
    assert stage.look(1650).state == "ended"
    assert stage.look(1650).late == 0


def test_an_overrun_moves_all_that_follows_by_the_same():
    stage = Stage(slots())
    third_ends_late(stage, 90)
    assert stage.starts(700)[7] == 1470 + 90
    assert stage.look(700).late == 90
    assert [one.seconds for one in stage.look(700).items] == [180] * 8  # and nobody's time is shorter


def test_while_it_runs_over_what_follows_is_expected_later_with_each_second():
    stage = Stage(slots())
    stage.press(presses.start, 0)
    assert (stage.look(180).over, stage.look(180).fixed) == (0, True)
    for over in (1, 45, 90):
        board = stage.look(180 + over)
        assert board.over == over
        assert not board.fixed
        assert stage.starts(180 + over)[1:] == [start + over for start in PLANNED[1:]]


def test_buffers_give_way_before_a_slot_moves():
    late = {0: 0, 30: 0, 60: 0, 90: 30, 200: 140}
    for seconds, moved in late.items():
        stage = Stage([*slots(5), part(20, "buffer", 60), *(part(number) for number in (6, 7, 8))])
        planned = stage.starts(0)
        third_ends_late(stage, seconds)
        starts = stage.starts(600 + seconds)
        assert starts[4] == planned[4] + seconds  # before the buffer: all of it
        assert [start - plan for start, plan in zip(starts[6:], planned[6:], strict=True)] == [moved] * 3
        assert stage.look(600 + seconds).air == max(0, 60 - seconds)
        assert stage.look(600 + seconds).late == moved


def test_several_buffers_share_an_overrun_and_one_at_the_end_keeps_the_end():
    stage = Stage([*slots(4), part(20, "buffer", 60), part(5), part(21, "buffer", 20), part(6), part(22, "buffer", 40)])
    planned = stage.starts(0)
    third_ends_late(stage, 90)
    starts = stage.starts(690)
    assert starts[5] == planned[5] + 30
    assert starts[7] == planned[7] + 10
    assert stage.look(690).late == 0


def test_a_press_makes_true_what_was_expected():
    stage = Stage([*slots(3), part(20, "buffer", 60), part(4)])
    stage.press(presses.start, 0)
    for number, (at, change) in enumerate([(180, 30), (390, 30), (600, 90)]):
        expected = stage.look(at).following.starts_at
        stage.press(presses.go_on, at)
        board = stage.look(at + 1)
        assert board.current.title == f"Talk {number + 2}"
        assert board.changing
        assert board.current.starts_at == board.since == expected == BEGINS + timedelta(seconds=at + change)
        assert board.until == expected + timedelta(seconds=180)


def test_next_in_a_change_over_begins_at_once_and_loses_nobody():
    stage = Stage(slots(3))
    stage.press(presses.start, 0)
    stage.press(presses.go_on, 180)
    stage.press(presses.go_on, 185)
    board = stage.look(186)
    assert board.current.title == "Talk 2"
    assert not board.changing
    assert board.until == BEGINS + timedelta(seconds=185 + 180)
    assert stage.parts[1].began_at == BEGINS + timedelta(seconds=185)


def test_time_won_stays_won():
    stage = Stage([*slots(4), part(20, "buffer", 60), part(5)])
    planned = stage.starts(0)
    stage.press(presses.start, 0)
    assert stage.starts(100) == planned  # while somebody speaks, their time is theirs
    stage.press(presses.go_on, 120)
    assert stage.starts(120)[1:] == [start - 60 for start in planned[1:]]
    assert stage.look(120).late == -60
    assert stage.look(120).air == 60


def test_paused_all_that_follows_moves_by_the_second():
    stage = Stage(slots())
    stage.press(presses.start, 0)
    stage.press(presses.pause, 100)
    for stood in (0, 1, 59):
        board = stage.look(100 + stood)
        assert (board.state, board.left, board.until, board.fixed) == ("paused", 80, None, False)
        assert stage.starts(100 + stood)[1:] == [start + stood for start in PLANNED[1:]]
    stage.press(presses.resume, 160)
    assert stage.look(160).until == BEGINS + timedelta(seconds=240)
    assert stage.parts[0].paused_seconds == 60


def test_a_pause_in_a_change_over_makes_that_longer():
    stage = Stage(slots(2))
    stage.press(presses.start, 0)
    stage.press(presses.go_on, 180)
    stage.press(presses.pause, 190)
    assert stage.look(200).changing
    assert stage.look(200).left == 180
    assert stage.starts(200)[1] == 220
    stage.press(presses.resume, 250)
    assert stage.look(250).since == stage.parts[1].began_at == BEGINS + timedelta(seconds=270)
    assert stage.parts[1].paused_seconds == 0


def test_a_pause_while_it_runs_over_goes_on_running_over():
    stage = Stage(slots(2))
    stage.press(presses.start, 0)
    stage.press(presses.pause, 200)
    board = stage.look(230)
    assert board.left == -20
    assert board.over == 20
    assert stage.starts(230)[1] == 260


def test_more_time_and_less_again():
    stage = Stage(slots(2))
    stage.press(presses.start, 0)
    assert stage.press(presses.extend, 10, seconds=60)
    assert stage.starts(10)[1] == 270
    assert stage.press(presses.extend, 11, seconds=-30)
    assert stage.starts(11)[1] == 240
    assert not stage.press(presses.extend, 12, seconds=-60)
    assert stage.parts[0].extended_seconds == 30
    assert stage.look(12).current.extended == 30
    stage.press(presses.go_on, 210)
    assert stage.look(210).current.extended == 0


def test_what_is_skipped_takes_no_time_and_can_be_taken_up_again():
    stage = Stage(slots(4))
    stage.press(presses.start, 0)
    assert stage.press(presses.skip, 5, item="part-3")
    board = stage.look(5)
    assert [one.state for one in board.items] == ["now", "next", "skipped", "later"]
    assert stage.starts(5)[3] == 420
    assert board.late == -210
    assert stage.press(presses.unskip, 6, item="part-3")
    assert stage.starts(6)[3] == 630
    assert stage.press(presses.skip, 7, item="part-1")  # what is on: the next is called
    assert stage.look(8).current.title == "Talk 2"
    assert stage.look(8).items[0].state == "skipped"
    assert not stage.press(presses.unskip, 9, item="part-1")  # it is over; there is Back


def test_a_slot_behind_a_skipped_break_gets_its_change_over():
    stage = Stage([part(1), part(2), part(9, "break", 300), part(3)])
    stage.press(presses.start, 0)
    stage.press(presses.skip, 1, item="part-9")
    assert stage.starts(1)[3] == 420


def test_back_goes_on_with_the_time_that_was_left():
    stage = Stage(slots(3))
    stage.press(presses.start, 0)
    stage.press(presses.go_on, 100)
    stage.press(presses.back, 110)
    board = stage.look(110)
    assert board.current.title == "Talk 1"
    assert board.until == BEGINS + timedelta(seconds=190)
    assert stage.parts[1].began_at is None
    assert stage.parts[0].ended_at is None
    assert stage.parts[0].paused_seconds == 10
    assert not stage.press(presses.back, 111)  # there is nothing before the first
    stage.press(presses.go_on, 190)
    stage.press(presses.go_on, 400)
    stage.press(presses.back, 410)
    stage.press(presses.back, 415)
    assert stage.look(415).current.title == "Talk 1"
    assert stage.look(416).over == 1


def test_an_end_by_mistake_is_taken_back():
    stage = Stage(slots(3))
    stage.press(presses.start, 0)
    stage.press(presses.go_on, 180)
    stage.press(presses.end, 300)
    board = stage.look(310)
    assert (board.state, board.current, board.following) == ("ended", None, None)
    assert [one.state for one in board.items] == ["past", "past", "skipped"]
    stage.press(presses.reopen, 330)
    board = stage.look(330)
    assert board.current.title == "Talk 2"
    assert board.until == BEGINS + timedelta(seconds=420)


def test_a_rehearsal_is_forgotten():
    stage = Stage([part(20, "buffer", 60), *slots(3)])
    fresh = stage.parts
    stage.press(presses.start, -86400, rehearsal=True)
    assert stage.look(-86400).rehearsal
    assert stage.look(-86400).current.title == "Talk 1"
    stage.press(presses.skip, -86390, item="part-3")
    stage.press(presses.go_on, -86300)
    stage.press(presses.forget, -86200)
    assert stage.parts == fresh
    assert stage.look(-86200).state == "waiting"
    assert stage.press(presses.start, 0)
    assert not stage.look(0).rehearsal


def test_what_was_really_held_is_not_forgotten():
    stage = Stage(slots(2))
    stage.press(presses.start, -600)
    assert stage.press(presses.forget, -590)  # a start by mistake
    stage.press(presses.start, 0)
    assert not stage.press(presses.forget, 10)
    stage.press(presses.end, 200)
    assert not stage.press(presses.forget, 300)


def test_presses_that_mean_nothing_change_nothing():
    stage = Stage(slots(2))
    for press in (presses.go_on, presses.pause, presses.resume, presses.back, presses.end, presses.reopen):
        assert not stage.press(press, 0)
    stage.press(presses.start, 0)
    for press in (presses.start, presses.resume, presses.reopen, presses.back):
        assert not stage.press(press, 1)
    assert not stage.press(presses.skip, 1, item="part-99")
    assert not Stage([]).press(presses.start, 0)
    assert not Stage([part(1, "buffer")]).press(presses.start, 0)
    assert Stage([]).look(0).items == ()


def test_what_was_on_may_be_taken_out_of_the_order():
    stage = Stage(slots(4))
    stage.press(presses.start, 0)
    stage.press(presses.go_on, 180)
    stage.parts = [one for one in stage.parts if one.id != 2]
    board = stage.look(220)
    assert board.current is None
    assert board.following.title == "Talk 3"
    stage.press(presses.go_on, 230)
    assert stage.look(270).current.title == "Talk 3"


def test_what_was_held_is_not_called_again_when_it_is_moved_behind():
    stage = Stage(slots(3))
    stage.press(presses.start, 0)
    stage.press(presses.go_on, 180)
    first, second, third = stage.parts
    stage.parts = [second, first, third]
    board = stage.look(220)
    assert [one.state for one in board.items] == ["now", "past", "next"]
    assert board.following.title == "Talk 3"
    stage.press(presses.go_on, 390)
    assert stage.look(390).current.title == "Talk 3"


def test_how_old_a_press_may_be():
    stage = Stage(slots(2))
    at = BEGINS + timedelta(seconds=500)
    assert presses.pressed_at(stage.run, at, 30) == at - timedelta(seconds=30)
    assert presses.pressed_at(stage.run, at, 9999) == at - timedelta(seconds=120)
    assert presses.pressed_at(stage.run, at, -5) == at
    stage.run = stage.run.__class__(pressed_at=at - timedelta(seconds=10))
    assert presses.pressed_at(stage.run, at, 30) == at - timedelta(seconds=10)


# --- any course of an evening --------------------------------------------------------------------------------------

orders = st.lists(
    st.tuples(st.sampled_from(["slot", "slot", "slot", "break", "buffer", "opening"]), st.integers(10, 600)),
    min_size=1,
    max_size=10,
)
courses = st.lists(
    st.tuples(
        st.sampled_from(["go_on", "go_on", "pause", "resume", "extend", "skip", "unskip", "back", "end", "reopen"]),
        st.integers(0, 400),
        st.integers(1, 10),
    ),
    max_size=25,
)


@given(orders, courses, st.sampled_from([0, 30]), st.integers(-900, 900))
def test_whatever_is_pressed_the_board_holds(order, course, change, begins):
    stage = Stage([part(number, kind, seconds) for number, (kind, seconds) in enumerate(order, 1)], change)
    at = float(begins)
    stage.press(presses.start, at)
    for name, later, number in course:
        at += later
        item = {"item": f"part-{number}"}
        values: dict[str, dict[str, Any]] = {"extend": {"seconds": 30}, "skip": item, "unskip": item}
        before = stage.look(at)
        done = stage.press(getattr(presses, name), at, **values.get(name, {}))
        board = stage.look(at)
        there = [one for one in board.items if one.state != "skipped"]
        # What takes place comes one after the other, and nobody's time is shortened by somebody else's.
        assert all(one.ends_at >= one.starts_at for one in there)
        coming = [one for one in there if one.state in ("now", "next", "later")]
        assert all(one.ends_at <= other.starts_at for one, other in itertools.pairwise(coming))
        for one in coming[1:]:
            length = (one.ends_at - one.starts_at).total_seconds()
            assert length <= one.seconds if one.kind == "buffer" else length == one.seconds
        if name == "go_on" and done and before.following and board.current and not before.changing:
            assert board.current.public_id == before.following.public_id  # the button named who comes …
            said = before.following.starts_at  # … and all screens said when, if nobody stops early
            assert board.current.starts_at == said if before.over else board.current.starts_at <= said
        assert all(one.began_at and one.ended_at >= one.began_at for one in stage.parts if one.ended_at)
        assert all(one.paused_seconds >= 0 for one in stage.parts)
        assert (board.current is None) == (board.state in ("waiting", "ended"))


@given(orders, st.integers(0, 3000), st.integers(0, 3000))
def test_more_lateness_never_brings_anything_forward(order, late, more):
    """All of what follows moves by at most what was lost, and by no less when more was lost."""

    def expected(lost: int) -> list[float]:
        stage = Stage([part(0), *(part(number, kind, seconds) for number, (kind, seconds) in enumerate(order, 1))])
        stage.press(presses.start, 0)
        return stage.starts(180 + lost)[1:]

    planned, once, twice = expected(0), expected(late), expected(late + more)
    for plan, first, second in zip(planned, once, twice, strict=True):
        assert plan <= first <= second <= plan + late + more
        assert first <= plan + late
