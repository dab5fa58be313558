"""What the board means for one presenter: how many come before, and what their clock shows between two presses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gatherings.live.rules import Part, State, board
from gatherings.live.rules.turns import is_sure, turn_of, until_start
from gatherings.slots.rules.timing import plan

STARTS = datetime(2026, 12, 15, 18, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return STARTS + timedelta(seconds=seconds)


def parts(*kinds: str) -> list[Part]:
    """Slots of 180 s, s1 being the submission of the first …; everything else 60 s."""
    made, slots = [], 0
    for number, kind in enumerate(kinds, 1):
        slots += kind == "slot"
        own = f"s{slots}" if kind == "slot" else None
        made.append(Part(number, f"i{number}", kind, kind, "", 180 if kind == "slot" else 60, submission_id=own))
    return made


ORDER = parts("opening", "slot", "slot", "buffer", "slot", "break", "slot", "closing")


def shown(run: State, seconds: float, order: list[Part] = ORDER):
    return board(plan(order, STARTS, 30), run, at(seconds))


def running(number: int, since: float, **more) -> State:
    return State(state="running", item_id=number, item_since=at(since), turn=1, **more)


def begun(order: list[Part], *numbers: int) -> list[Part]:
    return [replace(one, began_at=STARTS) if one.id in numbers else one for one in order]


def test_where_a_presenter_stands():
    def told(run: State, seconds: float, order: list[Part] = ORDER) -> list[tuple[str, int, int, bool]]:
        made = shown(run, seconds, order)
        turns = [turn_of(made, f"s{number}", over=False) for number in (1, 2, 3, 4)]
        return [(one.phase, one.before, one.between, one.after_break) for one in turns if one is not None]

    assert told(State(), -60) == [("waiting", n, n, n == 3) for n in range(4)]
    # While the welcome is on, the first is next, and nobody has been heard yet.
    assert told(running(1, 0), 30) == [("coming", n, n, n == 3) for n in range(4)]
    assert told(running(3, 300), 310, begun(ORDER, 1, 2)) == [
        ("spoken", 0, 0, False),
        ("on", 0, 0, False),
        ("coming", 1, 0, False),
        ("coming", 2, 1, True),
    ]
    # In the break the last one is next, with no break before them any more; who was skipped is told so.
    left_out = [replace(one, skipped=one.id == 5) for one in begun(ORDER, 1, 2, 3)]
    assert told(running(6, 700), 710, left_out)[2:] == [("skipped", 0, 0, False), ("coming", 0, 0, False)]
    # One who is skipped does not stand between.
    assert told(running(3, 300), 310, [replace(one, skipped=one.id == 5) for one in begun(ORDER, 1, 2)])[3][1:3] == (
        1,
        0,
    )
    ended = State(state="ended", item_id=3, item_since=at(300), ended_at=at(400))
    assert [phase for phase, *_ in told(ended, 500, begun(ORDER, 1, 2, 3))] == ["spoken", "spoken", "missed", "missed"]
    assert turn_of(shown(State(), 0), "nobody", over=False) is None
    never = turn_of(shown(State(), 90000), "s1", over=True)
    assert never is not None
    assert never.phase == "over"


def test_a_clock_counts_by_itself_what_the_next_answer_says():
    """Asked once before an overrun, a presenter's clock shows each second what a fresh answer would show."""
    order = begun(ORDER, 1)
    run = running(2, 60)  # the first slot: until 240
    for submission in ("s2", "s3", "s4"):
        first = shown(run, 200, order)
        mine = next(one for one in first.items if one.submission_id == submission)
        kept = until_start(first, mine, at(200))
        for seconds in range(201, 420):
            fresh = shown(run, seconds, order)
            expected = next(one for one in fresh.items if one.submission_id == submission)
            real = round((expected.starts_at - at(seconds)).total_seconds())
            assert kept.shown(at(seconds)) == real, (submission, seconds)
            assert until_start(fresh, expected, at(seconds)).shown(at(seconds)) == real


def test_the_clock_stands_in_a_pause_and_never_runs_below_nothing():
    order = begun(ORDER, 1)
    paused = replace(running(2, 60), state="paused", paused_at=at(100))
    counts = [
        until_start(made, made.items[2], at(seconds))
        for seconds in (101, 160)
        for made in [shown(paused, seconds, order)]
    ]
    assert counts[0] == counts[1]
    assert (counts[0].until, counts[0].left) == (None, 140 + 30)
    early = shown(State(), -30)
    assert until_start(early, early.items[0], at(-30)).shown(at(-29.5)) == 30
    assert until_start(early, early.items[0], at(-30)).shown(at(99)) == 0


def test_seconds_that_move_on_are_not_called_sure():
    order = begun(ORDER, 1)
    over = shown(running(2, 60), 250, order)
    assert [is_sure(over, one) for one in over.items if one.submission_id] == [True, False, True, True]
    assert all(is_sure(made, one) for made in [shown(running(2, 60), 200, order)] for one in made.items)
