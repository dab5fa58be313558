"""What a feed holds at a moment: a year back, and what was cancelled for six weeks (calendars.md 24)."""

from datetime import datetime, timedelta
from typing import Any

YEAR_BACK = timedelta(days=366)
CANCELLED_STAYS = timedelta(weeks=6)


def start_of_day(now: datetime) -> datetime:
    """Give midnight (UTC) before `now`: feeds change by the calendar's day at most once, not with each second."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def oldest_end(now: datetime) -> datetime:
    """Give the instant before which what is over has left the feeds."""
    return start_of_day(now) - YEAR_BACK


def still_told(cancelled_at: datetime | None, now: datetime) -> bool:
    """Tell whether something cancelled at an instant is still said to be cancelled; then it goes."""
    return cancelled_at is not None and cancelled_at > start_of_day(now) - CANCELLED_STAYS


def sequence_of(invite: Any, revision: int) -> int:
    """Give the SEQUENCE that the next mail would have, or the last one had: never below what a calendar knows."""
    return int(max(invite.sequence, revision + invite.steps, 0))


def stamp_of(invite: Any, *changed_at: datetime) -> datetime:
    """Give the DTSTAMP: the last moment at which the entry or its event changed; it never moves by itself."""
    return max([*changed_at, *([invite.sent_at] if invite.sent_at else [])])
