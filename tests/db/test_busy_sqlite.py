"""While another process holds SQLite's write lock: writers wait, then are told; half of the threads still read."""

import threading
import time

import pytest
from flask import Flask
from sqlalchemy import select

from gatherings.core.errors import Busy
from gatherings.db import turns
from gatherings.db.places import Places
from gatherings.db.session import _turns, current_session, db, transact, unit_of_work
from tests.db.helpers import add_one, another_process_holds_the_file, make_pool, taken_of, together

PATIENCE, HASTE = 0.9, 0.1


@pytest.fixture
def short_waits(monkeypatch):
    monkeypatch.setattr(turns, "BUSY_TIMEOUT", PATIENCE)
    monkeypatch.setattr(turns, "SHORT_WAIT", HASTE)


def queue_of(app: Flask) -> turns.Turns:
    with app.app_context():
        return _turns[db.engine]


def test_writers_wait_for_a_lock_that_is_released_in_time(short_waits, only_sqlite, session):
    pool = make_pool(session)
    with another_process_holds_the_file(only_sqlite):
        writer = threading.Thread(target=together, args=(only_sqlite, 1, lambda number: transact(add_one, pool)))
        writer.start()
        time.sleep(PATIENCE / 3)
        assert writer.is_alive()
        assert taken_of(session, pool) == 0
    writer.join(10)
    assert taken_of(session, pool) == 1


@pytest.mark.parametrize("bare", [True, False])
def test_a_lock_that_is_not_released_is_busy_and_nothing_is_written(short_waits, only_sqlite, session, bare):
    pool = make_pool(session)
    began = time.monotonic()
    with another_process_holds_the_file(only_sqlite), only_sqlite.app_context():
        if bare:
            with pytest.raises(Busy), unit_of_work() as writing:
                add_one(writing, pool)
        else:
            with pytest.raises(Busy):
                transact(add_one, pool)
        assert PATIENCE * 0.9 < time.monotonic() - began < PATIENCE + 2
        assert current_session().get_one(Places, pool).taken == 0  # and the session still reads
        current_session().rollback()
    with only_sqlite.app_context():
        transact(add_one, pool)
    assert taken_of(session, pool) == 1


def test_reading_goes_on_while_the_lock_is_held(short_waits, only_sqlite, session):
    pool = make_pool(session)
    with another_process_holds_the_file(only_sqlite):
        began = time.monotonic()
        seen = together(only_sqlite, 8, lambda number: current_session().scalars(select(Places.taken)).all())
        took = time.monotonic() - began
    assert seen == [[0]] * 8
    assert took < PATIENCE
    assert taken_of(session, pool) == 0


def test_half_of_the_threads_are_free_again_at_once(short_waits, only_sqlite, session):
    """Eight threads want to write while nobody can: four wait out their time, four are told early and may read."""
    pool = make_pool(session)

    def write_then_read(number: int) -> tuple[float, bool]:
        began = time.monotonic()
        with pytest.raises(Busy):
            transact(add_one, pool)
        waited = time.monotonic() - began
        return waited, current_session().get_one(Places, pool).taken == 0

    with another_process_holds_the_file(only_sqlite):
        results = together(only_sqlite, 8, write_then_read)
    waits = sorted(waited for waited, read in results if read)
    assert len(waits) == 8
    assert sum(waited < PATIENCE / 2 for waited in waits) == 4
    assert waits[4] >= PATIENCE * 0.9
    assert taken_of(session, pool) == 0


def test_fewer_threads_keep_fewer_waiting(short_waits, only_sqlite, session, monkeypatch):
    pool = make_pool(session)
    monkeypatch.setattr(queue_of(only_sqlite), "_patient", 1)

    def write(number: int) -> float:
        began = time.monotonic()
        with pytest.raises(Busy):
            transact(add_one, pool)
        return time.monotonic() - began

    with another_process_holds_the_file(only_sqlite):
        waits = sorted(together(only_sqlite, 4, write))
    assert sum(waited < PATIENCE / 2 for waited in waits) == 3


def test_limit_is_half_of_the_threads(make_another, only_sqlite):
    for threads, limit in ((1, 1), (2, 1), (8, 4), (9, 4), (16, 8)):
        assert queue_of(make_another(GATHERINGS_THREADS=str(threads)))._patient == limit


def test_a_thread_that_gave_up_leaves_no_trace_in_the_queue(short_waits, only_sqlite, session):
    pool = make_pool(session)
    for _ in range(3):
        with another_process_holds_the_file(only_sqlite):
            together(only_sqlite, 4, lambda number: transact(add_one, pool))
    assert queue_of(only_sqlite)._waiting == 0
    results = together(only_sqlite, 8, lambda number: transact(add_one, pool))
    assert results == [None] * 8
    assert taken_of(session, pool) == 8
