"""A few numbers that tell whether anything public has changed, read without a session and at next to no cost."""

import logging
import sqlite3
import threading
from typing import Any

from sqlalchemy import Engine, Select
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)
Stamp = tuple[Any, ...]


class Stamps:
    """Read a statement's one row as it stands now, from many threads.

    SQLite tells a connection by a number whether another one has written (`PRAGMA data_version`, some microseconds),
    so the statement runs after writes alone. PostgreSQL is asked each time, without a transaction around it.
    """

    def __init__(self, engine: Engine, statement: Select[Any]) -> None:
        self._engine = engine
        self._statement = str(statement.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True}))
        self._lock = threading.Lock()
        self._watcher: sqlite3.Connection | None = None
        self._version: int | None = None
        self._last: Stamp = ()

    def read(self) -> Stamp | None:
        """Give the row; None while the database cannot be asked."""
        try:
            return self._read_sqlite() if self._engine.dialect.name == "sqlite" else self._read_other()
        except (DBAPIError, sqlite3.Error) as error:
            log.debug("no stamp: %s", type(error).__name__)
            return None

    def _read_sqlite(self) -> Stamp:
        with self._lock:
            watcher = self._watcher
            if watcher is None:
                watcher = self._watcher = sqlite3.connect(
                    str(self._engine.url.database), isolation_level=None, check_same_thread=False, timeout=0
                )
                watcher.execute("PRAGMA query_only=ON")
            (version,) = watcher.execute("PRAGMA data_version").fetchone()
            if version != self._version:
                # The number is read first: a write between the two lines is seen now, or by the next look.
                self._last = watcher.execute(self._statement).fetchone()
                self._version = version
            return self._last

    def _read_other(self) -> Stamp:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return tuple(connection.exec_driver_sql(self._statement).one())
