"""The one place where the present moment comes from; rules and actions take it as `now`."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Give the present moment as an aware UTC datetime, to the microsecond."""
    return datetime.now(UTC)
