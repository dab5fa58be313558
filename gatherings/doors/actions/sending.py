"""The morning's mails: each follower's own door of the day, once, and one mail after a night without a worker."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.calls.models import Submission
from gatherings.config import Site
from gatherings.doors.actions.following import about, facts_of
from gatherings.doors.actions.planning import plan_next
from gatherings.doors.models import Door, DoorCalendar, DoorFollower
from gatherings.doors.queries import days_of, thing_of
from gatherings.doors.rules import due
from gatherings.events.models import Event
from gatherings.mail import actions as mail
from gatherings.slots.models import Item

BATCH = 100
LOOK_AGAIN = timedelta(hours=1)


def any_due(session: Session, now: datetime) -> bool:
    """Tell whether somebody's mail is due, without writing anything."""
    return session.scalar(select(DoorFollower.id).where(DoorFollower.next_at <= now).limit(1)) is not None


def send_due(session: Session, site: Site, *, now: datetime) -> int:
    """Post the mails of the next hundred followers whose hour has come; return how many rows were dealt with.

    Rows that another worker holds are passed over; a mail's key holds follower, door and day, so none is sent twice.
    """
    # Rows that are held: locked alone, without what is joined to them.
    ids = session.scalars(
        select(DoorFollower.id)
        .where(DoorFollower.next_at <= now)
        .order_by(DoorFollower.next_at, DoorFollower.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    followers = session.scalars(
        select(DoorFollower)
        .where(DoorFollower.id.in_(ids))
        .order_by(DoorFollower.id)
        .options(
            joinedload(DoorFollower.person),
            joinedload(DoorFollower.calendar).joinedload(DoorCalendar.event).joinedload(Event.community),
            joinedload(DoorFollower.calendar)
            .selectinload(DoorCalendar.doors)
            .joinedload(Door.item)
            .joinedload(Item.submission)
            .selectinload(Submission.others),
        )
    ).all()
    mails = [made for follower in followers if (made := _next_of(follower, now)) is not None]
    mail.post_many(session, mails, now=now, domain=site.domain)
    return len(followers)


def _next_of(follower: DoorFollower, now: datetime) -> mail.NewMail | None:
    """Move a follower on to the last door that is due, and make the mail of it; None where there is none to send."""
    calendar = follower.calendar
    days = days_of(calendar)
    if calendar.event.status == "draft":  # nobody sees it now, and it may come back
        follower.next_at = now + LOOK_AGAIN
        return None
    shown = calendar.state == "published"
    number, before = due(days, follower.zone, follower.hour, now), follower.sent_up_to
    wanted = shown and follower.confirmed_at is not None and follower.ended_at is None and number > before
    if wanted:
        follower.sent_up_to = number
    plan_next(follower, days, published=shown)
    if not wanted:
        return None
    day = days.day(number).isoformat()
    told = _door_facts(calendar.doors[number - 1], day) | {"missed": list(range(before + 1, number))}
    return mail.NewMail(
        key=f"door:{follower.public_id}:{number}:{day}",
        kind="door",
        recipient=follower.person.address,
        sender=calendar.event.community.sender,
        zone=follower.zone,
        language=follower.language,
        about=about(follower),
        facts=facts_of(follower, calendar) | told,
    )


def _door_facts(door: Door, day: str) -> dict[str, Any]:
    thing = thing_of(door)
    return {
        "door": {
            "number": door.number,
            "day": day,
            "title": thing.title,
            "speakers": thing.speakers,
            "about": thing.about,
            "ask": thing.ask,
            "body": thing.body,
            "recording": bool(thing.recording),
            "picture": thing.picture_alt if thing.picture_id else "",
        }
    }
