"""When each follower's next mail is due, worked out anew whenever days, zone or state of a calendar change."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.doors.models import DoorCalendar, DoorFollower
from gatherings.doors.queries import days_of, goes_on
from gatherings.doors.rules import Days, due, next_mail


def replan(session: Session, calendar: DoorCalendar, *, now: datetime) -> None:
    """Set when the next mail of each follower is due, after a change of the calendar (read with its doors).

    Where doors come later than they did, what was sent ahead of the new days counts as not sent: each of the new
    mornings brings its door.
    """
    days = days_of(calendar)
    for follower in session.scalars(
        select(DoorFollower)
        .where(DoorFollower.calendar_id == calendar.id, DoorFollower.confirmed_at.is_not(None))
        .where(DoorFollower.ended_at.is_(None))
        .with_for_update()
    ):
        follower.sent_up_to = min(follower.sent_up_to, due(days, follower.zone, follower.hour, now))
        plan_next(follower, days, going=goes_on(calendar))
    session.flush()


def plan_next(follower: DoorFollower, days: Days, *, going: bool) -> None:
    """Set when the next mail of one follower is due; None while nothing is to come (`going`: queries.goes_on)."""
    going = going and follower.confirmed_at is not None and follower.ended_at is None
    follower.next_at = next_mail(days, follower.sent_up_to, follower.zone, follower.hour) if going else None
