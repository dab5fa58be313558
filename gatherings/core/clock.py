"""The one place where the present moment comes from; rules and actions take it as `now`."""

import time
from datetime import UTC, datetime, timedelta

_NEAR = timedelta(seconds=1)  # clocks of machines that keep time differ by less
_ahead = timedelta(0)  # how far this machine's clock is ahead of the one that all share


_test_file: str | None = None  # says by how many seconds a test has set the clock of an installation forward
_test_read = (0.0, timedelta(0))  # when (monotonic) the file was read last, and what it said
_TEST_READ_EVERY = 0.05  # seconds


def utc_now() -> datetime:
    """Give the present moment as an aware UTC datetime, to the microsecond, on the clock that all machines share."""
    if _test_file is not None:
        return datetime.now(UTC) + _set_forward(_test_file)
    return datetime.now(UTC) - _ahead


def follow(shared: datetime, asked: datetime, answered: datetime) -> timedelta:
    """Set this process's clock by a shared one that showed `shared` between two moments of this machine's own.

    All machines that work on one database go by its clock: a link made on one is not too old on another, and what
    waits sixty seconds waits sixty. Differences under a second are left alone. Gives how far ahead this machine is.
    """
    global _ahead
    ahead = asked + (answered - asked) / 2 - shared
    _ahead = ahead if abs(ahead) >= _NEAR else timedelta(0)
    return _ahead


def machine_now() -> datetime:
    """Give the moment that this machine's own clock shows (UTC)."""
    return datetime.now(UTC)


def use_test_clock(path: str | None) -> None:
    """Let a file say by how many seconds this process's clock is set forward; None: the true clock again.

    For rehearsals and tests of what takes weeks, over all processes of one installation. Whoever calls this has made
    sure that the installation is nobody's real one.
    """
    global _test_file, _test_read
    _test_file, _test_read = path, (0.0, timedelta(0))


def _set_forward(path: str) -> timedelta:
    global _test_read
    read_at, forward = _test_read
    if not read_at or time.monotonic() - read_at > _TEST_READ_EVERY:
        try:
            with open(path, encoding="ascii") as file:
                forward = timedelta(seconds=float(file.read(40) or 0))
        except (OSError, ValueError, OverflowError):
            pass  # not there yet, or just being written: as it was
        _test_read = (time.monotonic(), forward)
    return forward
