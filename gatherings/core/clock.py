"""The one place where the present moment comes from; rules and actions take it as `now`."""

from datetime import UTC, datetime, timedelta

_NEAR = timedelta(seconds=1)  # clocks of machines that keep time differ by less
_ahead = timedelta(0)  # how far this machine's clock is ahead of the one that all share


def utc_now() -> datetime:
    """Give the present moment as an aware UTC datetime, to the microsecond, on the clock that all machines share."""
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
