"""Places: taken by one guarded statement. Sixteen threads get exactly what there is, on both databases."""

import threading
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import IntegrityError

from gatherings.db import places
from gatherings.db.places import Claimed, Places
from gatherings.db.session import transact
from tests.db.helpers import make_pool, taken_of, together

THREADS, CAPACITY = 16, 5


def pool_of(session, pool_id: int) -> tuple[int, int]:
    session.rollback()
    row = session.get_one(Places, pool_id, populate_existing=True)
    return row.taken, row.queue


def test_claim_takes_until_the_capacity_and_no_further(session):
    pool = make_pool(session, 2)
    assert [places.claim(session, pool) for _ in range(4)] == [True, True, False, False]
    session.commit()
    assert pool_of(session, pool) == (2, 0)


def test_a_pool_without_a_capacity_is_never_full(session):
    pool = make_pool(session, None)
    assert all(places.claim(session, pool) for _ in range(50))
    assert places.claim_or_queue(session, pool) == Claimed(True)


def test_nothing_is_had_of_a_pool_of_none_or_of_one_that_is_not(session):
    pool = make_pool(session, 0)
    assert places.claim(session, pool) is False
    assert places.claim(session, pool + 1000) is False


def test_a_pool_made_smaller_than_what_is_taken_gives_nothing(session):
    pool = make_pool(session, 5, taken=7)
    assert places.claim(session, pool) is False
    assert places.claim_or_queue(session, pool) == Claimed(False, 1)
    places.release(session, pool)
    assert places.claim(session, pool) is False  # 6 of 5 are still taken


def test_numbers_are_drawn_only_by_those_who_get_no_place(session):
    pool = make_pool(session, 1)
    drawn = [places.claim_or_queue(session, pool) for _ in range(4)]
    assert drawn == [Claimed(True), Claimed(False, 1), Claimed(False, 2), Claimed(False, 3)]


def test_a_number_is_not_drawn_twice_after_people_left_the_list(session):
    pool = make_pool(session, 0)
    assert [places.claim_or_queue(session, pool).number for _ in range(2)] == [1, 2]
    session.commit()
    assert places.claim_or_queue(session, pool).number == 3


def test_a_released_place_can_be_claimed_again(session):
    pool = make_pool(session, 1)
    assert places.claim(session, pool)
    places.release(session, pool)
    assert places.claim(session, pool)
    assert not places.claim(session, pool)


def test_more_released_than_taken_is_refused_by_the_table(session):
    pool = make_pool(session, 3)
    with pytest.raises(IntegrityError):
        places.release(session, pool)


def test_what_is_taken_back_with_its_transaction_was_never_taken(session):
    pool = make_pool(session, 1)
    assert places.claim(session, pool)
    session.rollback()
    assert places.claim(session, pool)


def test_lock_reads_pools_afresh_in_ascending_order(session, engine):
    ids = [make_pool(session, number) for number in range(3)]
    stale = session.get_one(Places, ids[0])
    session.commit()
    with engine.begin() as connection:
        connection.execute(update(Places).where(Places.id == ids[0]).values(taken=3))
    assert stale.taken == 0
    locked = places.lock(session, [ids[2], ids[0], ids[2], ids[1]])
    assert list(locked) == sorted(ids)
    assert locked[ids[0]] is stale
    assert stale.taken == 3


def test_threads_get_exactly_the_capacity(app, session):
    pool = make_pool(session, CAPACITY)
    results = together(app, THREADS, lambda number: transact(places.claim, pool))
    assert sorted(results) == [False] * (THREADS - CAPACITY) + [True] * CAPACITY
    assert pool_of(session, pool) == (CAPACITY, 0)


def test_counting_first_and_then_inserting_would_oversell(app, session):
    """The counter-test: with the guard off, the race does happen."""
    pool = make_pool(session, CAPACITY)
    all_have_looked = threading.Barrier(THREADS)

    def count_first(number: int) -> bool:
        def look(session) -> bool:
            row = session.get_one(Places, pool)
            return row.taken < row.capacity

        def take(session) -> None:
            session.execute(update(Places).where(Places.id == pool).values(taken=Places.taken + 1))

        free = transact(look)
        all_have_looked.wait(20)
        if free:
            transact(take)
        return free

    results = together(app, THREADS, count_first)
    assert sum(each is True for each in results) > CAPACITY
    assert taken_of(session, pool) > CAPACITY


def test_threads_get_a_place_or_a_number_of_their_own(app, session):
    pool = make_pool(session, CAPACITY)
    results = together(app, THREADS, lambda number: transact(places.claim_or_queue, pool))
    assert sum(each.got for each in results) == CAPACITY
    assert sorted(each.number for each in results if not each.got) == list(range(1, THREADS - CAPACITY + 1))
    assert pool_of(session, pool) == (CAPACITY, THREADS - CAPACITY)


def test_numbers_follow_the_order_of_commits(app, session):
    """Whoever draws a lower number has committed earlier: nobody is overtaken by somebody who came later."""
    pool = make_pool(session, 0)
    order, guard = [], threading.Lock()

    def draw(writing) -> int:
        number = places.claim_or_queue(writing, pool).number
        assert number is not None
        with guard:  # the row is locked from the drawing until the commit
            order.append(number)
        return number

    results = together(app, THREADS, lambda number: transact(draw))
    assert order == sorted(order) == list(range(1, THREADS + 1))
    assert sorted(results) == order


def test_claims_and_releases_at_once_end_with_the_right_count(app, session):
    pool = make_pool(session, CAPACITY)
    highest: list[Any] = []

    def come_and_go(number: int) -> int:
        kept = 0
        for turn in range(4):
            if not transact(places.claim, pool):
                continue
            highest.append(transact(lambda session: session.scalar(select(Places.taken).where(Places.id == pool))))
            if turn % 2:
                kept += 1
            else:
                transact(places.release, pool)
        return kept

    kept = together(app, 8, come_and_go)
    assert max(highest) <= CAPACITY
    assert taken_of(session, pool) == sum(kept)


def test_a_place_freed_between_asking_and_drawing_is_had(only_postgres, session, engine):
    """PostgreSQL: the claim finds the pool full, somebody leaves, then the number would be drawn: no number is."""
    pool = make_pool(session, 1)
    places.claim(session, pool)
    session.commit()
    places.release(session, pool)  # not committed yet: the claim below does not see it, and waits for the row
    results = []
    waiting = threading.Thread(
        target=lambda: results.extend(together(only_postgres, 1, lambda number: transact(places.claim_or_queue, pool)))
    )
    waiting.start()
    waiting.join(0.3)
    session.commit()
    waiting.join(10)
    assert results == [Claimed(True)]
    assert pool_of(session, pool) == (1, 0)


def test_a_place_freed_after_the_claim_failed_is_claimed_again(session, engine):
    """The same, step by step, on both databases: the first claim fails, then a place is free."""
    pool = make_pool(session, 1, taken=1)
    updates = []

    @event.listens_for(engine, "after_cursor_execute")
    def free_it_after_the_first(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("UPDATE places"):
            updates.append(statement)
            if len(updates) == 1:
                connection.exec_driver_sql(f"UPDATE places SET taken = taken - 1 WHERE id = {pool}")

    assert places.claim_or_queue(session, pool) == Claimed(True)
    # The claim that failed, the place freed, the number that was not drawn, the claim that succeeded.
    assert len(updates) == 4
    session.commit()
    assert pool_of(session, pool) == (1, 0)
