"""Who may write to a SQLite file next: threads of a process in turn, and processes in turn.

SQLite's own waiting is polling with growing pauses. Under load the process that has just written writes again and
again, while the other sleeps past its chances, for seconds. So a lock stands before it that is fair.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from gatherings.core.errors import Busy

BUSY_TIMEOUT = 10  # seconds that a write waits before the answer is 503
SHORT_WAIT = 1  # seconds that a thread waits when nothing moves and half of the threads wait already


class Turn:
    """Leave to begin a writing transaction; tell with `began` that SQLite has given its lock."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._since: float | None = time.monotonic()

    @property
    def left(self) -> float:
        """Give the seconds for which SQLite's lock may still be waited for."""
        return self._deadline - time.monotonic()

    @property
    def stands(self) -> bool:
        """Tell whether this one has waited for the file so long that somebody else must hold it."""
        since = self._since
        return since is not None and time.monotonic() - since >= SHORT_WAIT

    def began(self) -> None:
        """Note that the file is ours: things move."""
        self._since = None


class Turns:
    """The queue of one process before one SQLite file.

    While writes go on, everybody waits for their turn. When nothing moves, because a program that knows nothing of
    this holds the file, at most half of the threads stand here for long (the one whose turn it is among them) and
    the rest give up early with a 503, so that reading goes on.
    """

    def __init__(self, file: str, *, patient: int) -> None:
        self._patient = patient
        self._mine = threading.Lock()
        self._count = threading.Lock()
        self._waiting = 0
        self._turn: Turn | None = None
        self._gate = _Gate(file)

    @contextmanager
    def take(self) -> Iterator[Turn]:
        """Wait for a turn and hold it for the block; raises Busy."""
        turn = Turn(time.monotonic() + BUSY_TIMEOUT)
        with self._count:
            patient = self._waiting < self._patient
            self._waiting += 1
        try:
            self._wait(turn, patient)
        except BaseException:
            self._leave()
            raise
        try:
            turn = self._turn = Turn(time.monotonic() + turn.left)
            with self._gate.passed():
                yield turn
        finally:
            self._turn = None
            self._mine.release()
            self._leave()

    def _wait(self, turn: Turn, patient: bool) -> None:
        while not self._mine.acquire(timeout=max(0.0, min(SHORT_WAIT, turn.left))):
            first = self._turn
            if turn.left <= 0 or (not patient and first is not None and first.stands):
                raise Busy()

    def _leave(self) -> None:
        with self._count:
            self._waiting -= 1


class _Gate:
    """Let the processes that write to one file pass one after the other.

    Two locks on files beside it: who waits for the second holds the first, so that whoever has just written cannot
    be first again. A process that dies lets go of both. Nobody holds the second for longer than SQLite is waited for
    (BUSY_TIMEOUT) and one transaction takes.
    """

    def __init__(self, file: str) -> None:
        self._names = (f"{file}-next", f"{file}-turn")
        self._files: tuple[int, int] | None = None
        self._process = 0

    @contextmanager
    def passed(self) -> Iterator[None]:
        coming, writing = self._open()
        fcntl.flock(coming, fcntl.LOCK_EX)
        try:
            fcntl.flock(writing, fcntl.LOCK_EX)
        finally:
            fcntl.flock(coming, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(writing, fcntl.LOCK_UN)

    def _open(self) -> tuple[int, int]:
        if self._files is None or self._process != os.getpid():  # a forked child would share its parent's locks
            first, second = (os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for name in self._names)
            self._files, self._process = (first, second), os.getpid()
        return self._files
