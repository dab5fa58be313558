"""The host's presses on the database: what they keep, two hosts at once, a press that was made a while ago."""

import contextlib
import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update

from gatherings.audit.models import LogEntry
from gatherings.core.errors import Conflict, NotFound
from gatherings.db import transact
from gatherings.live import actions
from gatherings.live.actions import Press, press
from gatherings.live.models import Run
from gatherings.live.queries import held_of
from gatherings.live.rules import board
from gatherings.slots.models import Item
from tests.factories import make_event
from tests.races import at_once
from tests.slotting import make_call, make_item, make_order, make_submission


def reread(session, event_id: int, **how: bool) -> Any:
    return held_of(session, event_id, **how)


def make_show(session, count=3, **values):
    """Make an event with an order of `count` slots."""
    event = make_event(session, **values)
    call = make_call(session, event)
    order = make_order(
        session,
        event,
        [make_submission(session, call, f"p{number}@example.org", title=f"Talk {number}") for number in range(count)],
    )
    session.commit()
    return event, order


def at(event, seconds):
    return event.starts_at + timedelta(seconds=seconds)


def items(session, order):
    return session.scalars(
        select(Item).where(Item.order_id == order.id).order_by(Item.position).execution_options(populate_existing=True)
    ).all()


def show(session, event, *made, seen=0):
    """Make presses one after the other, each a (name, second) or a Press without its turn."""
    for name, second in made:
        outcome = press(session, event.id, Press(name, seen, by="Anna"), now=at(event, second))
        assert outcome.done, name
        seen = outcome.run.turn
    session.commit()
    return outcome.run


def test_an_evening_is_kept_as_it_was(session):
    event, order = make_show(session)
    run = show(
        session, event, ("start", 5), ("next", 170), ("pause", 230), ("resume", 250), ("next", 420), ("next", 640)
    )
    assert (run.state, run.turn) == ("ended", 6)
    first, second, third = items(session, order)
    assert (first.began_at, first.ended_at) == (at(event, 5), at(event, 170))
    assert (second.began_at, second.ended_at, second.paused_seconds) == (at(event, 200), at(event, 420), 20)
    assert (third.began_at, third.ended_at) == (at(event, 450), at(event, 640))
    assert session.scalars(select(LogEntry.action).where(LogEntry.about == f"event:{event.public_id}")).all() == [
        "live_begun",
        "live_ended",
    ]


def test_a_press_on_an_old_turn_does_nothing_and_says_who_was_quicker(session):
    event, order = make_show(session)
    show(session, event, ("start", 0), ("next", 180))
    outcome = press(session, event.id, Press("next", 1, by="Ben"), now=at(event, 182))
    assert (outcome.done, outcome.stale) == (False, True)
    assert (outcome.run.pressed_by, outcome.run.pressed, outcome.run.turn) == ("Anna", "next", 2)
    assert outcome.run.pressed_at == at(event, 180)
    assert items(session, order)[1].ended_at is None


def test_a_press_made_while_the_network_was_down_counts_from_then(session):
    event, order = make_show(session)
    show(session, event, ("start", 0))
    press(session, event.id, Press("next", 1, age=40), now=at(event, 220))
    assert items(session, order)[0].ended_at == at(event, 180)
    outcome = press(session, event.id, Press("next", 2, age=9999), now=at(event, 500))
    assert outcome.run.pressed_at == at(event, 380)  # two minutes, no more
    assert outcome.run.turn == 3
    held = press(session, event.id, Press("next", 3, age=100), now=at(event, 400))
    assert held.run.pressed_at == at(event, 380)  # and never before the last press


def test_a_rehearsal_leaves_nothing_behind(session):
    event, order = make_show(session)
    run = show(session, event, ("try", -9000), ("next", -8990), ("next", -8980), ("forget", -8970))
    assert (run.state, run.item_id, run.rehearsal) == ("waiting", None, False)
    assert all(item.began_at is None and item.ended_at is None for item in items(session, order))
    assert session.scalars(select(LogEntry)).all() == []
    # A press that was kept back from the rehearsal does not reach the evening.
    show(session, event, ("start", 0), seen=run.turn)
    assert not press(session, event.id, Press("next", 2), now=at(event, 1)).done


def test_next_that_comes_a_moment_after_a_slot_began_by_itself_does_not_end_it(session):
    event, order = make_show(session)
    run = show(session, event, ("start", 0), ("next", 180))
    for second in (210, 211.9):  # they wanted to begin it at once
        outcome = press(session, event.id, Press("next", run.turn), now=at(event, second))
        assert (outcome.done, outcome.stale) == (False, False)
    show(session, event, ("next", 212), seen=run.turn)
    assert items(session, order)[1].ended_at == at(event, 212)


def test_what_cannot_be_pressed(session):
    event, _order = make_show(session)
    with pytest.raises(NotFound):
        press(session, event.id, Press("dance", 0), now=at(event, 0))
    with pytest.raises(NotFound):
        press(session, make_event(session).id, Press("start", 0), now=at(event, 0))
    outcome = press(session, event.id, Press("pause", 0), now=at(event, 0))
    assert (outcome.done, outcome.stale) == (False, False)
    event.status = "cancelled"
    session.flush()
    with pytest.raises(Conflict):
        press(session, event.id, Press("start", 0), now=at(event, 0))


def test_the_order_is_read_with_names_and_without_what_is_for_hosts(session):
    event = make_event(session)
    call = make_call(session, event)
    told = {"state": "accepted", "told": "accepted"}
    one = make_submission(session, call, name="Zoë", pronunciation="zo-EE", title="Tea", **told)
    order = make_order(session, event, [one])
    make_item(session, order, 2, kind="closing", title="Goodbye", speakers="Anna", notes="thank the nurses")
    session.commit()
    shown = board(reread(session, event.id).plan, None, at(event, -60)).items
    assert [(item.title, item.speakers, item.notes, item.pronunciation) for item in shown] == [
        ("Tea", "Zoë", "", ""),
        ("Goodbye", "Anna", "", ""),
    ]
    shown = board(reread(session, event.id, for_hosts=True).plan, None, at(event, -60)).items
    assert [(item.notes, item.pronunciation) for item in shown] == [("", "zo-EE"), ("thank the nurses", "")]


# --- two hosts at once -----------------------------------------------------------------------------------------------


def press_at_once(app, event, made, second):
    """Make presses at the same moment, each in a request of its own; tell how many did something."""

    def one(single):
        with app.app_context():
            return transact(press, event.id, single, now=at(event, second))

    outcomes = at_once(app, [partial(one, single) for single in made])
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    return sum(outcome.done for outcome in outcomes)


def test_of_hosts_who_press_at_once_one_is_first(app, session):
    event, order = make_show(session, count=2)
    hosts = ("Anna", "Ben", "Chidi", "Dora")
    assert press_at_once(app, event, [Press("start", 0, by=name) for name in hosts], 0) == 1
    assert press_at_once(app, event, [Press("next", 1, by=name) for name in hosts], 180) == 1
    made = [Press("pause", 2), Press("extend", 2, seconds=30), Press("next", 2), Press("back", 2)]
    assert press_at_once(app, event, made, 250) == 1
    held = reread(session, event.id)
    assert held.run.turn == 3
    assert session.scalars(select(Run)).one().pressed_by == ""
    assert next(item.began_at is not None for item in items(session, order))


def test_without_the_guard_two_presses_would_count_twice(app, session, monkeypatch):
    """The counter-test: both read the same turn, and nothing in the UPDATE asks for it."""
    event, _order = make_show(session, count=3)
    show(session, event, ("start", 0))
    gate = threading.Barrier(2)
    read = held_of

    def read_together(session, event_id):
        held = read(session, event_id)
        assert held is not None
        if not gate.broken and held.run.turn == 1:
            with contextlib.suppress(threading.BrokenBarrierError):
                gate.wait(1)
        return held

    monkeypatch.setattr(actions, "held_of", read_together)
    monkeypatch.setattr(actions, "_take_turn", unguarded)
    # SQLite lets one write at a time and reads in that turn too: there the second finds the new turn by itself.
    alone = session.get_bind().dialect.name == "sqlite"
    assert press_at_once(app, event, [Press("next", 1), Press("next", 1)], 180) == (1 if alone else 2)


def unguarded(session, held, change, made, at):
    """Write how the run stands, whoever has pressed."""
    statement = update(Run).where(Run.order_id == held.event.order_id)
    session.execute(statement.values(turn=Run.turn + 1, item_id=change.run.item_id))
    return True
