"""What PostgreSQL wants repeated is repeated; what passes by itself is Busy; the pool recovers by itself."""

import threading

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError, OperationalError

from gatherings.core.errors import Busy
from gatherings.db.places import Places
from gatherings.db.session import transact, unavailable
from tests.db.helpers import add_one, make_pool, taken_of, together

pytestmark = pytest.mark.usefixtures("only_postgres")


def fail_with(state: str) -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = '{state}'; END $$"


def test_deadlocked_actions_are_repeated_and_both_succeed(app, session):
    pools = [make_pool(session), make_pool(session)]
    tries = [0, 0]
    both_hold_one = threading.Barrier(2)

    def crosswise(session, number: int) -> None:
        tries[number] += 1
        first, second = pools if number == 0 else reversed(pools)
        add_one(session, first)
        if tries[number] == 1:
            both_hold_one.wait(10)
        add_one(session, second)

    assert together(app, 2, lambda number: transact(crosswise, number)) == [None, None]
    assert sorted(tries) == [1, 2]  # one was chosen as the victim, and came again
    assert [taken_of(session, pool) for pool in pools] == [2, 2]


def test_a_serialisation_failure_is_repeated(app, session):
    pool = make_pool(session)
    tries = [0, 0]
    both_have_read = threading.Barrier(2)

    def read_then_write(session, number: int) -> None:
        tries[number] += 1
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        taken = session.get_one(Places, pool).taken
        if tries[number] == 1:
            both_have_read.wait(10)
        session.execute(update(Places).where(Places.id == pool).values(taken=taken + 1))

    assert together(app, 2, lambda number: transact(read_then_write, number)) == [None, None]
    assert sorted(tries) == [1, 2]
    assert taken_of(session, pool) == 2  # no update was lost


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_what_never_succeeds_is_repeated_three_times_and_then_busy(app, session, state):
    pool, tries = make_pool(session), []

    def action(session) -> None:
        tries.append(1)
        add_one(session, pool)
        session.execute(text(fail_with(state)))

    with app.app_context(), pytest.raises(Busy):
        transact(action)
    assert len(tries) == 1 + 3
    assert taken_of(session, pool) == 0


@pytest.mark.parametrize("state", ["55P03", "57014", "53300", "53200"])
def test_what_passes_by_itself_is_busy_at_once(app, state):
    tries = []

    def action(session) -> None:
        tries.append(1)
        session.execute(text(fail_with(state)))

    with app.app_context(), pytest.raises(Busy):
        transact(action)
    assert len(tries) == 1


@pytest.mark.parametrize("state", ["23505", "42P01", "22P02", "XX000", "P0001"])
def test_a_fault_of_ours_is_neither_repeated_nor_called_busy(app, state):
    tries = []

    def action(session) -> None:
        tries.append(1)
        session.execute(text(fail_with(state)))

    with app.app_context(), pytest.raises(DBAPIError):
        transact(action)
    assert len(tries) == 1


def test_a_row_that_somebody_keeps_locked_is_busy(app, session):
    pool = make_pool(session)
    add_one(session, pool)  # not committed: the row is locked

    def action(writing) -> None:
        writing.execute(text("SET LOCAL lock_timeout = '200ms'"))
        add_one(writing, pool)

    with app.app_context(), pytest.raises(Busy):
        transact(action)
    session.rollback()
    assert taken_of(session, pool) == 0


def test_a_connection_that_is_cut_is_busy_and_the_next_one_works(app, session):
    pool = make_pool(session)

    def cut(writing) -> None:
        number = writing.scalar(text("SELECT pg_backend_pid()"))
        session.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})
        session.commit()
        add_one(writing, pool)

    with app.app_context():
        with pytest.raises(Busy):
            transact(cut)
        transact(add_one, pool)
    assert taken_of(session, pool) == 1


def test_idle_connections_that_were_cut_are_replaced(app, session):
    pool = make_pool(session)
    with app.app_context():
        transact(add_one, pool)
        session.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                 "WHERE pid <> pg_backend_pid() AND datname = current_database()")
        )  # fmt: skip
        session.commit()
        transact(add_one, pool)
    assert taken_of(session, pool) == 2


def test_a_server_that_is_away_is_unavailable(make_another, tmp_path):
    away = make_another(DATABASE_URL=f"postgresql://postgres@/nothing?host={tmp_path}")
    with away.app_context(), pytest.raises(Busy) as told:
        transact(add_one, 1)
    assert isinstance(told.value.__cause__, OperationalError)
    assert unavailable(told.value.__cause__)
