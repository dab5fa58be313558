"""Sessions and the unit of work: one writing transaction per action, in one spot."""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from gatherings.core.errors import Busy
from gatherings.db.base import Base

db = SQLAlchemy(model_class=Base, session_options={"autoflush": True, "expire_on_commit": False})

BUSY_TIMEOUT = 10  # seconds that a write waits for another process's lock before the answer is 503
SHORT_WAIT = 1  # seconds that a thread waits here once half of the threads wait already
P = ParamSpec("P")
T = TypeVar("T")

_TRIES = 4
_RETRIED = {"40001", "40P01"}  # PostgreSQL: serialisation failure, deadlock
_WAITED_IN_VAIN = "55P03"  # PostgreSQL: a lock was not to be had within lock_timeout


class _WriteQueue:
    """Let the threads of one process write to SQLite one after the other, and keep half of them free to read.

    SQLite's own waiting is unfair polling; a lock in front of it keeps the order within a process. When another
    process holds the file, at most half of the threads wait for long (the one whose turn it is among them), the
    rest give up early with a 503.
    """

    def __init__(self) -> None:
        self.limit = 4
        self._turn = threading.Lock()
        self._count = threading.Lock()
        self._waiting = 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._count:
            patient = self._waiting < self.limit
            self._waiting += 1
        try:
            if not self._turn.acquire(timeout=BUSY_TIMEOUT if patient else SHORT_WAIT):
                raise Busy()
            try:
                yield
            finally:
                self._turn.release()
        finally:
            with self._count:
                self._waiting -= 1


_write_queue = _WriteQueue()


def configure_engine(engine: Engine, *, threads: int = 8) -> None:
    """Set pragmas and the way transactions begin; call once for each engine."""
    if engine.dialect.name != "sqlite":
        return
    _write_queue.limit = max(1, threads // 2)

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
            "cache_size=-8000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


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
    sqlite = session.get_bind().dialect.name == "sqlite"
    with _write_queue() if sqlite else _no_queue():
        session.info["writing"] = True
        try:
            _begin(session)
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop("writing", None)


def _begin(session: Session) -> None:
    try:
        session.connection(execution_options={"writing": True})
    except DBAPIError as error:
        if unavailable(error):
            raise Busy() from error
        raise


@contextmanager
def _no_queue() -> Iterator[None]:
    yield


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
            if state in _RETRIED and attempt < _TRIES:
                time.sleep(random.uniform(0.005, 0.02) * attempt)
                continue
            if unavailable(error):
                raise Busy() from error
            raise
    raise AssertionError("unreachable")


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
