"""Sessions and the unit of work: one writing transaction per action, in one spot."""

import logging
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from weakref import WeakKeyDictionary

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as _PlainSession
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from gatherings.core import clock
from gatherings.core.errors import Busy
from gatherings.db.base import Base
from gatherings.db.turns import BUSY_TIMEOUT, Turn, Turns

log = logging.getLogger(__name__)


class _Database(SQLAlchemy):
    """Flask-SQLAlchemy, whose farewell to a session does not spoil an answer that is finished."""

    def _teardown_session(self, error: BaseException | None) -> None:
        try:
            super()._teardown_session(error)
        except DBAPIError as trouble:
            # The answer is made, and only the end of its reading transaction met a database that has gone meanwhile.
            if not unavailable(trouble):
                raise
            log.warning("the database went away before a session was closed")
            self.session.registry().invalidate()
            self.session.registry.clear()


class _Session(_PlainSession):
    """A session that reads without a transaction on PostgreSQL, where nothing is gained by one.

    There each statement sees the newest state either way (READ COMMITTED). BEGIN and ROLLBACK are two round trips,
    and after a ROLLBACK the driver forgets the statements that it has prepared: planning them cost more than running.
    """

    def get_bind(self, *args: Any, **kwargs: Any) -> Any:
        """Give the engine to write with in a unit of work, else the one to read with."""
        engines = db.engines
        return engines[None] if self.info.get("writing") else engines.get(_READING, engines[None])


db = _Database(model_class=Base, session_options={"class_": _Session, "autoflush": True, "expire_on_commit": False})

P = ParamSpec("P")
T = TypeVar("T")

_READING = "reading"  # the name of PostgreSQL's engine to read with: the same pool, no transactions
_TRIES = 4
_WRONG = timedelta(seconds=5)  # from here on a machine's clock is worth a line in the log
_RETRIED = {"40001", "40P01"}  # PostgreSQL: serialisation failure, deadlock
_WAITED_IN_VAIN = "55P03"  # PostgreSQL: a lock was not to be had within lock_timeout

_turns: WeakKeyDictionary[Engine, Turns] = WeakKeyDictionary()  # of SQLite's engines


def configure_engine(engine: Engine, *, threads: int = 8) -> None:
    """Set pragmas and the way transactions begin; call once for each app, in its context, with its engine."""
    if engine.dialect.name != "sqlite":
        cast(dict[str | None, Engine], db.engines)[_READING] = engine.execution_options(isolation_level="AUTOCOMMIT")
        return
    _turns[engine] = Turns(str(engine.url.database), patient=max(1, threads // 2))

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, record: Any) -> None:
        # The driver's own BEGIN comes too late and is always deferred; we emit it ourselves below.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={BUSY_TIMEOUT * 1000}",
            "foreign_keys=ON",
            "cache_size=-2000",  # KiB for each connection; the system keeps the file in memory besides
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        options, driver = connection.get_execution_options(), connection.connection.driver_connection
        if not options.get("writing", False):
            driver.execute("BEGIN")  # takes no lock yet; straight to the driver, for it stands before each read
            return
        driver.execute(f"PRAGMA busy_timeout={options.get('patience', BUSY_TIMEOUT * 1000)}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def follow_clock(engine: Engine) -> None:
    """Go by a database server's clock, asked anew with each connection; a file has the clock of its machine.

    For processes that run for long (server, worker). Machines whose clocks differ agree by this (bar B14).
    """
    if engine.dialect.name != "postgresql":
        return

    @event.listens_for(engine, "connect")
    def set_clock(connection: Any, record: Any) -> None:
        asked = clock.machine_now()
        (shared,) = connection.execute("SELECT clock_timestamp()").fetchone()
        ahead = clock.follow(shared, asked, clock.machine_now())
        connection.rollback()
        if abs(ahead) >= _WRONG:
            log.warning("this machine's clock is %+.0f s from the database's; going by that", ahead.total_seconds())


def current_session() -> Session:
    """Give the request's session, for reading."""
    session: Session = db.session()
    return session


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Open one writing transaction and commit it at the end of the block; any error rolls all of it back.

    Ends the reading transaction first: a read begins a deferred transaction on SQLite, after which asking for
    the write lock comes too late ("database is locked" at once). What was read before must be read again inside.
    Raises Busy when the lock cannot be had in time; RuntimeError when the session holds unsaved changes or a
    unit of work is open already.
    """
    session = current_session()
    if session.info.get("writing"):
        raise RuntimeError("a unit of work is open already")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("the session has unsaved changes from outside a unit of work")
    session.rollback()
    session.expunge_all()
    with _turn(session) as turn:
        session.info["writing"] = True
        try:
            _begin(session, turn)
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop("writing", None)


def _turn(session: Session) -> AbstractContextManager[Turn | None]:
    turns = _turns.get(session.get_bind().engine)
    return turns.take() if turns is not None else nullcontext()


def _begin(session: Session, turn: Turn | None) -> None:
    patience = {} if turn is None else {"patience": max(0, int(turn.left * 1000))}
    try:
        session.connection(execution_options={"writing": True, **patience})
    except DBAPIError as error:
        if unavailable(error):
            raise Busy() from error
        raise
    if turn is not None:
        turn.began()


def transact(action: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `action(session, …)` in a unit of work; what PostgreSQL wants repeated is repeated, 3 times at most.

    The action must have no effect outside the database. Raises Busy when the database cannot take the write.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            with unit_of_work() as session:
                return action(session, *args, **kwargs)
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            if (state in _RETRIED or _slug_was_taken(error)) and attempt < _TRIES:
                time.sleep(random.uniform(0.005, 0.02) * attempt)
                continue
            if unavailable(error):
                raise Busy() from error
            raise
    raise AssertionError("unreachable")


def _slug_was_taken(error: DBAPIError) -> bool:
    """Tell whether PostgreSQL met an address that somebody else took since it was looked for: the next try sees it."""
    return "slug" in (getattr(getattr(error.orig, "diag", None), "constraint_name", None) or "")


def unavailable(error: DBAPIError) -> bool:
    """Tell whether an error means "the database is busy or away", which passes by itself."""
    if error.connection_invalidated:
        return True
    if not isinstance(error, OperationalError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    message = str(error.orig).lower()
    if state is not None:
        return state[:2] in {"08", "57", "53"} or state == _WAITED_IN_VAIN or state in _RETRIED
    return any(words in message for words in ("locked", "busy", "connection", "server closed", "starting up"))


def ping(session: Session) -> None:
    """Ask the database for something trivial; raises what the driver raises."""
    session.execute(text("SELECT 1"))
