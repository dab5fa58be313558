"""A few numbers that tell whether anything public has changed, read without a session and at next to no cost."""

import logging
import sqlite3
import threading
from typing import Any, Protocol

from sqlalchemy import Engine, Select, event

log = logging.getLogger(__name__)
Stamp = tuple[Any, ...]
_MOST = 4  # connections of a process to a server: a crowd in the hall must not take those that everybody needs …
_PATIENCE = 0.5  # … and who waits longer for one, in seconds, goes on without


class Stamps:
    """Read a statement's one row as it stands now, from many threads, on connections of its own."""

    def __init__(self, engine: Engine, statement: Select[Any]) -> None:
        text = str(statement.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True}))
        self._source: _Source
        self._source = _Sqlite(engine, text) if engine.dialect.name == "sqlite" else _Server(engine, text)
        event.listen(engine, "engine_disposed", lambda engine: self._source.close())

    def read(self) -> Stamp | None:
        """Give the row; None while the database cannot be asked."""
        try:
            return self._source.read()
        except self._source.errors as error:
            log.debug("no stamp: %s", type(error).__name__)
            self._source.close()
            return None


class _Source(Protocol):
    errors: type[Exception]

    def read(self) -> Stamp | None: ...

    def close(self) -> None: ...


class _Sqlite:
    """SQLite tells a connection by a number whether another one has written, in some microseconds.

    So the statement itself runs after writes alone (`PRAGMA data_version`).
    """

    errors: type[Exception] = sqlite3.Error

    def __init__(self, engine: Engine, statement: str) -> None:
        self._file = str(engine.url.database)
        self._statement = statement
        self._lock = threading.Lock()
        self._watcher: sqlite3.Connection | None = None
        self._version: int | None = None
        self._last: Stamp = ()

    def read(self) -> Stamp:
        with self._lock:
            watcher = self._watcher
            if watcher is None:
                watcher = self._watcher = sqlite3.connect(
                    self._file, isolation_level=None, check_same_thread=False, timeout=0
                )
                watcher.execute("PRAGMA query_only=ON")
                self._version = None  # each connection counts for itself
            (version,) = watcher.execute("PRAGMA data_version").fetchone()
            if version != self._version:
                # The number is read first: a write between the two lines is seen now, or by the next look.
                self._last = watcher.execute(self._statement).fetchone()
                self._version = version
            return self._last

    def close(self) -> None:
        with self._lock:
            if self._watcher is not None:
                self._watcher.close()
                self._watcher = None


class _Server:
    """A server is asked each time, in one round trip: a prepared statement without a transaction around it."""

    def __init__(self, engine: Engine, statement: str) -> None:
        self._engine = engine
        self._statement = statement
        self._idle: list[Any] = []  # connections; append and pop are safe between threads
        self._turns = threading.BoundedSemaphore(_MOST)
        self.errors: type[Exception] = engine.dialect.loaded_dbapi.Error

    def read(self) -> Stamp | None:
        if not self._turns.acquire(timeout=_PATIENCE):
            return None
        try:
            return self._ask()
        finally:
            self._turns.release()

    def _ask(self) -> Stamp:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            row: Stamp = connection.execute(self._statement, prepare=True).fetchone()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return row

    def _connect(self) -> Any:
        words, values = self._engine.dialect.create_connect_args(self._engine.url)
        return self._engine.dialect.connect(*words, **{"connect_timeout": 5, **values}, autocommit=True)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
