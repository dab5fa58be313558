"""Followers of doors go: at their own wish, and by themselves once there is nothing more to send."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from gatherings.db import changed
from gatherings.doors.models import Door, DoorCalendar, DoorFollower
from gatherings.mail.actions import forget

KEPT = timedelta(days=30)  # after the last door, after somebody stopped, after a link to confirm was never pressed


def forget_follower(session: Session, person_id: int) -> None:
    """Forget that somebody follows calendars of doors, and the mails about it."""
    keys = session.scalars(select(DoorFollower.public_id).where(DoorFollower.person_id == person_id)).all()
    session.execute(delete(DoorFollower).where(DoorFollower.person_id == person_id))
    forget(session, [f"doors:{key}" for key in keys])


def let_go_of_followers(session: Session, *, now: datetime) -> int:
    """Forget followers of whom nothing more is needed; return how many."""
    before = now - KEPT
    never = DoorFollower.confirmed_at.is_(None) & (DoorFollower.asked_at < before)
    stopped = DoorFollower.ended_at < before
    over = DoorFollower.calendar_id.in_(_over(session, before))
    return changed(session, delete(DoorFollower).where(or_(never, stopped, over)))


def _over(session: Session, before: datetime) -> list[int]:
    """List the calendars whose last door opened long ago, everywhere on earth."""
    rows = session.execute(
        select(DoorCalendar.id, DoorCalendar.first_day, func.max(Door.number))
        .join(Door, Door.calendar_id == DoorCalendar.id)
        .where(DoorCalendar.first_day < before.date())
        .group_by(DoorCalendar.id, DoorCalendar.first_day)
    )
    return [number for number, first, doors in rows if first + timedelta(days=doors) < before.date()]
