"""Which date goes where when a rule changes, some of them staying."""

from datetime import UTC, datetime

import pytest

from gatherings.planning.rules.stretches import Move, NoRoom, Stretch, matched, moves

NOW = datetime(2026, 12, 10, 12, tzinfo=UTC)
LIVE = [datetime(2026, 12, 17, 18), datetime(2027, 1, 21, 18), datetime(2027, 2, 18, 18), datetime(2027, 3, 18, 18)]


def tuesdays(rule: str = "FREQ=MONTHLY;BYDAY=2TU", starts: datetime = datetime(2026, 1, 13, 20)) -> Stretch:
    return Stretch.of(rule, starts, "Europe/London")


def test_without_staying_each_goes_to_the_nearest_that_is_free() -> None:
    going = moves(LIVE, tuesdays(), NOW)
    assert [move.original for move in going] == [datetime(2027, month, day, 20) for month, day in
                                                 ((1, 12), (2, 9), (3, 9), (4, 13))]  # fmt: skip
    assert matched(LIVE[:2], [datetime(2027, 1, 12, 20)]) == [datetime(2027, 1, 12, 20), None]


def test_those_that_stay_take_dates_before_past_ones_too() -> None:
    going = moves(LIVE, tuesdays(), NOW, kept=2)
    assert going == [
        Move(datetime(2026, 12, 8, 20), stays=True),  # two days ago: an exception needs a date of the rule, no more
        Move(datetime(2027, 1, 12, 20), stays=True),
        Move(datetime(2027, 2, 9, 20)),
        Move(datetime(2027, 3, 9, 20)),
    ]


def test_a_sparser_rule_can_wait_and_a_denser_one_cannot() -> None:
    sparse = moves(LIVE, tuesdays("FREQ=MONTHLY;INTERVAL=2;BYDAY=2TU"), NOW, kept=2)
    assert [(move.original, move.stays) for move in sparse] == [
        (datetime(2026, 11, 10, 20), True), (datetime(2027, 1, 12, 20), True),
        (datetime(2027, 3, 9, 20), False), (datetime(2027, 5, 11, 20), False),
    ]  # fmt: skip
    for wanted, kept in ((tuesdays("FREQ=WEEKLY"), 2), (tuesdays(), 4), (tuesdays(starts=datetime(2027, 2, 9, 20)), 2)):
        with pytest.raises(NoRoom):
            moves(LIVE, wanted, NOW, kept=kept)
