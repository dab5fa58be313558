"""The morning's mails: each follower's own door of the day, once, and one mail after a night without a worker.

When an event is called off its followers are told once, and get no more doors; when it takes place after all their
doors come again. Whoever changes the event need not remember them: what is due is found by comparing.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from gatherings.calls.models import Submission
from gatherings.config import Site
from gatherings.doors.actions.following import about, facts_of
from gatherings.doors.actions.planning import plan_next
from gatherings.doors.models import Door, DoorCalendar, DoorFollower
from gatherings.doors.queries import days_of, goes_on, thing_of
from gatherings.doors.rules import due
from gatherings.events.models import Event
from gatherings.mail import actions as mail
from gatherings.slots.models import Item

BATCH = 100
LOOK_AGAIN = timedelta(hours=1)
COMES_BACK = timedelta(days=7)  # how long after a change of an event the worker looks whether its doors go on


def any_due(session: Session, site: Site, now: datetime) -> bool:
    """Tell whether somebody's mail is due, or their event was called off or came back; writes nothing."""
    waiting = (DoorFollower.next_at <= now, _turned(site, now))
    return any(session.scalar(select(DoorFollower.id).where(one).limit(1)) is not None for one in waiting)


def _turned(site: Site, now: datetime) -> ColumnElement[bool]:
    """Find who waits for doors of an event that was called off some minutes ago, or for none of one that came back."""
    calendars = select(DoorCalendar.id).join(DoorCalendar.event).where(DoorCalendar.state == "published")
    settled = now - timedelta(seconds=site.change_delay)
    off = calendars.where(Event.status == "cancelled", Event.changed_at <= settled)
    back = calendars.where(Event.status == "published", Event.changed_at > now - COMES_BACK)
    doors = select(func.count(Door.id)).where(Door.calendar_id == DoorFollower.calendar_id).scalar_subquery()
    wants = and_(DoorFollower.confirmed_at.is_not(None), DoorFollower.ended_at.is_(None))
    return or_(
        and_(DoorFollower.next_at.is_not(None), DoorFollower.calendar_id.in_(off)),
        and_(
            DoorFollower.next_at.is_(None), wants, DoorFollower.calendar_id.in_(back), DoorFollower.sent_up_to < doors
        ),
    )


def send_due(session: Session, site: Site, *, now: datetime) -> int:
    """Post the mails of the next hundred followers whose hour has come; return how many rows were dealt with.

    Rows that another worker holds are passed over; a mail's key holds follower, door and day, so none is sent twice.
    """
    # Rows that are held: locked alone, without what is joined to them.
    ids = session.scalars(
        select(DoorFollower.id)
        .where(or_(DoorFollower.next_at <= now, _turned(site, now)))
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
    mails = [made for follower in followers if (made := _next_of(follower, site, now)) is not None]
    mail.post_many(session, mails, now=now, domain=site.domain)
    return len(followers)


def _next_of(follower: DoorFollower, site: Site, now: datetime) -> mail.NewMail | None:
    """Move a follower on to the last door that is due, and make the mail of it; None where there is none to send."""
    calendar = follower.calendar
    days = days_of(calendar)
    if calendar.event.status == "draft":  # nobody sees it now, and it may come back
        follower.next_at = now + LOOK_AGAIN
        return None
    if calendar.event.status == "cancelled":
        return _called_off(follower, site, now)
    shown = goes_on(calendar)
    number, before = due(days, follower.zone, follower.hour, now), follower.sent_up_to
    wanted = shown and follower.confirmed_at is not None and follower.ended_at is None and number > before
    if wanted:
        follower.sent_up_to = number
    plan_next(follower, days, going=shown)
    if not wanted:
        return None
    day = days.day(number).isoformat()
    told = _door_facts(calendar.doors[number - 1], day) | {"missed": list(range(before + 1, number))}
    return _mail(follower, "door", f"door:{follower.public_id}:{number}:{day}", told)


def _called_off(follower: DoorFollower, site: Site, now: datetime) -> mail.NewMail | None:
    """Let a follower wait for no door of an event that was called off, and make the mail that says so, once.

    Not within the minutes in which a change of an event can be taken back unnoticed.
    """
    calendar, event = follower.calendar, follower.calendar.event
    settled = event.changed_at + timedelta(seconds=site.change_delay)
    if settled > now:
        follower.next_at = settled
        return None
    follower.next_at = None
    if calendar.state != "published" or follower.confirmed_at is None or follower.ended_at is not None:
        return None
    told = {"event": {"title": event.title}}
    return _mail(follower, "doors_off", f"doors_off:{follower.public_id}:{event.revision}", told)


def _mail(follower: DoorFollower, kind: str, key: str, told: dict[str, Any]) -> mail.NewMail:
    calendar = follower.calendar
    return mail.NewMail(
        key=key,
        kind=kind,
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
