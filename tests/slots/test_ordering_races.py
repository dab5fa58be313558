"""Two organisers order at once: no slot is lost or doubled, whoever comes second."""

import random
import threading
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gatherings.core.errors import Conflict
from gatherings.db import current_session, transact
from gatherings.slots.actions import items, ordering
from gatherings.slots.actions.ordering import By, Moved, Place
from gatherings.slots.models import Item, RunningOrder
from gatherings.slots.queries import find_order
from tests.factories import NOW, make_event
from tests.races import at_once
from tests.slotting import make_call, make_order, make_submission

TITLES = "ABCDEFGH"


@pytest.fixture
def by(app):
    return By("somebody", app.config["GATHERINGS"].site)


@pytest.fixture
def event(session):
    return make_event(session)


@pytest.fixture
def offered(session, event):
    call = make_call(session, event)
    return [make_submission(session, call, f"{title}@example.org", state="accepted", title=title) for title in TITLES]


def standing(session: Session, event_id: int) -> tuple[list[tuple[int, int | None]], int]:
    """Give (position, submission) of each thing, and how often the order was changed."""
    session.commit()
    order_id, edits = session.execute(
        select(RunningOrder.id, RunningOrder.edits).where(RunningOrder.event_id == event_id)
    ).one()
    rows = session.execute(
        select(Item.position, Item.submission_id).where(Item.order_id == order_id).order_by(Item.position, Item.id)
    )
    return [(position, submission) for position, submission in rows], edits


def ids_of(session: Session, order: RunningOrder) -> list[str]:
    return list(session.scalars(select(Item.public_id).where(Item.order_id == order.id).order_by(Item.position)))


def in_app(app, action, *args, **values) -> Any:
    with app.app_context():
        return transact(action, *args, **values, now=NOW)


def test_many_moves_at_once_lose_and_double_nothing(app, session, event, offered, by) -> None:
    order = make_order(session, event, offered)
    event_id, drawn = event.id, random.Random(5)
    for _round in range(4):
        session.expire_all()
        ids, (_rows, before) = ids_of(session, order), standing(session, event_id)
        presses = []
        for one in drawn.sample(ids, 6):
            rest = [other for other in ids if other != one]
            at = drawn.randrange(len(rest) + 1)
            place = Place(rest[at - 1] if at else "", rest[at] if at < len(rest) else "")
            presses.append(partial(in_app, app, ordering.move_item, event_id, one, place, edits=before, by=by))
        found = at_once(app, presses)
        assert all(isinstance(one, Moved | Conflict) for one in found), found
        rows, edits = standing(session, event_id)
        assert [position for position, _one in rows] == list(range(1, 9))
        assert sorted(submission or 0 for _position, submission in rows) == sorted(one.id for one in offered)
        assert edits == before + sum(isinstance(one, Moved) and one.changed for one in found)


def two_moves(app, session, event, by) -> tuple[list[Any], list[int], int]:
    """One organiser swaps the first two, another brings the third to the front; both had seen the same order."""
    order = session.scalars(select(RunningOrder).where(RunningOrder.event_id == event.id)).one()
    a, b, c, _d, *_rest = ids_of(session, order)
    event_id = event.id
    found = at_once(app, [
        lambda: in_app(app, ordering.move_item, event_id, b, Place("", a), edits=0, by=by),
        lambda: in_app(app, ordering.move_item, event_id, c, Place("", a), edits=0, by=by),
    ])  # fmt: skip
    rows, edits = standing(session, event_id)
    return found, [position for position, _one in rows], edits


def test_of_two_moves_to_the_same_place_the_second_is_told(app, session, event, offered, by) -> None:
    make_order(session, event, offered)
    found, positions, edits = two_moves(app, session, event, by)
    assert sorted(type(one).__name__ for one in found) == ["Conflict", "Moved"]
    assert (positions, edits) == (list(range(1, 9)), 1)


def test_without_the_lock_slots_would_be_doubled_or_a_move_lost(
    app, session, event, offered, by, database_kind, monkeypatch
) -> None:
    """The counter-test: what the lock on the order's row is for does happen on PostgreSQL.

    SQLite lets one transaction write at a time whatever we do: there both are served one after the other.
    """
    make_order(session, event, offered)
    gate = threading.Barrier(2)

    def unlocked(session: Session, event_id: int) -> RunningOrder:
        order = find_order(session, event_id)
        assert order is not None
        with suppress(threading.BrokenBarrierError):
            gate.wait(1)
        return order

    monkeypatch.setattr(ordering, "lock_order", unlocked)
    found, positions, edits = two_moves(app, session, event, by)
    both_were_told_yes = all(isinstance(one, Moved) for one in found)
    assert both_were_told_yes is (database_kind == "postgres")
    assert (edits, positions == list(range(1, 9))) in ((1, True), (1, False))


def test_who_writes_the_whole_list_as_it_was_seen_loses_the_others_move(app, session, event, offered, by) -> None:
    """The counter-test of moving one thing: on both databases, a list that is written whole undoes the other's move."""
    order = make_order(session, event, offered)
    a, b, *_rest, g, h = ids_of(session, order)
    event_id, gate = event.id, threading.Barrier(2)

    def write(session: Session, wanted: list[str]) -> None:
        for public_id in sorted(wanted):
            position = wanted.index(public_id) + 1
            session.execute(update(Item).where(Item.public_id == public_id).values(position=position))

    def naive(first: str, second: str) -> None:
        with app.app_context():
            found = find_order(current_session(), event_id)
            assert found is not None
            seen = [item.public_id for item in found.items]
            gate.wait(10)
            at, to = seen.index(first), seen.index(second)
            seen[at], seen[to] = seen[to], seen[at]
            transact(write, seen)

    assert at_once(app, [lambda: naive(a, b), lambda: naive(g, h)]) == [None, None]
    session.expire_all()
    now = ids_of(session, order)
    assert (now[0] == b) is not (now[-1] == g)  # one of the two moves is gone


def test_all_that_can_be_pressed_at_once_leaves_every_slot_once(app, session, event, offered, by) -> None:
    order = make_order(session, event, offered[:6])
    event_id, ids = event.id, ids_of(session, order)
    found = at_once(app, [
        lambda: in_app(app, ordering.place_accepted, event_id, by=by),
        lambda: in_app(app, ordering.place_accepted, event_id, by=by),
        lambda: in_app(app, items.remove_item, event_id, ids[2], by=by),
        lambda: in_app(app, items.remove_item, event_id, ids[2], by=by),
        lambda: in_app(app, ordering.move_item, event_id, ids[5], Place("", ids[0]), edits=0, by=by),
        lambda: in_app(app, items.undo_last, event_id, edits=1, by=by),
    ])  # fmt: skip
    assert [one for one in found if isinstance(one, Exception) and not isinstance(one, Conflict)] == []
    transact_again = in_app(app, ordering.place_accepted, event_id, by=by)
    assert len(transact_again) in (0, 1)
    rows, _edits = standing(session, event_id)
    assert [position for position, _one in rows] == list(range(1, 9))
    assert sorted(submission or 0 for _position, submission in rows) == sorted(one.id for one in offered)


def test_started_twice_at_once_there_is_one_order(app, session, event, offered, by) -> None:
    event_id = event.id
    found = at_once(app, [lambda: in_app(app, ordering.start_order, event_id, by=by) for _press in range(4)])
    assert sorted(found) == [False, False, False, True]
    assert len(standing(session, event_id)[0]) == len(TITLES) + 2
