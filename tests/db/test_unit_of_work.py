"""The unit of work: one writing transaction, begun as such, whole or not at all."""

import threading

import pytest
from sqlalchemy import event, select, text

from gatherings.core.errors import Busy
from gatherings.db.places import Places
from gatherings.db.session import current_session, db, transact, unit_of_work
from tests.db.helpers import add_one, make_pool, taken_of, together

THREADS = 32


def test_threads_that_read_and_then_write_all_succeed(app, session):
    pool = make_pool(session)

    def visit(number: int) -> int:
        seen = current_session().get_one(Places, pool).taken  # begins a reading transaction
        transact(add_one, pool)
        return seen

    results = together(app, THREADS, visit)
    assert [each for each in results if isinstance(each, Exception)] == []
    assert taken_of(session, pool) == THREADS


def test_without_ending_the_reading_transaction_writers_would_fail(only_sqlite, session):
    """The counter-test: what unit_of_work is for does happen on SQLite."""
    pool = make_pool(session)
    have_read = threading.Barrier(4)

    def visit(number: int) -> None:
        mine = current_session()
        assert mine.get_one(Places, pool).taken == 0
        have_read.wait()
        add_one(mine, pool)
        mine.commit()

    results = together(only_sqlite, 4, visit)
    assert sum("database is locked" in str(each) for each in results) >= 1
    assert taken_of(session, pool) < 4


def test_what_was_read_before_is_read_afresh_inside(app, session):
    pool = make_pool(session)
    with app.app_context():
        before = current_session().get_one(Places, pool)
        add_one(session, pool)
        session.commit()
        assert before.taken == 0
        with unit_of_work() as writing:
            assert writing.get_one(Places, pool).taken == 1


def test_block_is_committed_once_at_its_end(app, session, engine):
    pool = make_pool(session)
    commits = []
    event.listen(engine, "commit", lambda connection: commits.append(1))
    with app.app_context():
        with unit_of_work() as writing:
            add_one(writing, pool)
            add_one(writing, pool)
            assert commits == []
        assert commits == [1]
    assert taken_of(session, pool) == 2


@pytest.mark.parametrize("error", [RuntimeError("a fault"), KeyboardInterrupt()])
def test_any_error_takes_everything_back(app, session, error):
    pool = make_pool(session)

    def add_and_fail(writing):
        add_one(writing, pool)
        writing.flush()
        raise error

    with app.app_context():
        with pytest.raises(type(error)):
            transact(add_and_fail)
        assert taken_of(session, pool) == 0
        transact(add_one, pool)  # the next one is not in anybody's way
    assert taken_of(session, pool) == 1


def test_a_unit_of_work_inside_another_is_refused(app, session):
    pool = make_pool(session)

    def add_within_another(outer):
        add_one(outer, pool)
        transact(add_one, pool)

    with app.app_context():
        with pytest.raises(RuntimeError, match="open already"):
            transact(add_within_another)
        assert taken_of(session, pool) == 0
        transact(add_one, pool)


def test_unsaved_changes_from_outside_are_refused(app, session):
    pool = make_pool(session)
    with app.app_context():
        for spoil in (
            lambda mine: mine.add(Places(capacity=1, taken=0, queue=0)),
            lambda mine: setattr(mine.get_one(Places, pool), "capacity", 7),
            lambda mine: mine.delete(mine.get_one(Places, pool)),
        ):
            spoil(current_session())
            with pytest.raises(RuntimeError, match="unsaved changes"), unit_of_work():
                pass
            current_session().rollback()
            current_session().expunge_all()
    assert session.scalars(select(Places.capacity)).all() == [None]


def test_action_gives_back_what_it_returns_and_takes_its_arguments(app):
    def action(session, one, *, two):
        return session.scalar(text("SELECT 1")), one, two

    with app.app_context():
        assert transact(action, "a", two="b") == (1, "a", "b")


def test_reading_begins_no_writing_transaction(only_sqlite, engine):
    begins = []

    @event.listens_for(engine, "checkout")
    def listen(connection, record, proxy):
        connection.set_trace_callback(lambda text: begins.append(text) if text.startswith("BEGIN") else None)

    with only_sqlite.app_context():
        current_session().scalar(text("SELECT 1"))
        transact(lambda session: session.scalar(text("SELECT 1")))
        current_session().scalar(text("SELECT 1"))
    assert begins == ["BEGIN", "BEGIN IMMEDIATE", "BEGIN"]


def test_sqlite_is_set_up_to_lose_nothing_and_to_let_readers_through(only_sqlite):
    with only_sqlite.app_context():
        pragmas = {
            name: db.session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_busy_says_when_to_come_again():
    assert Busy().retry_after == 5
    assert "try again in a few seconds" in str(Busy())
