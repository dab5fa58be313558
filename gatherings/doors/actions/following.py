"""Following a calendar by mail: asked on its page, begun by the button behind the mailed link, ended with one press."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.actions import count_attempt, limit_attempts, meet_person
from gatherings.accounts.models import Person
from gatherings.accounts.rules import Address
from gatherings.config import Site
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.tokens import Claim, new_public_id
from gatherings.core.words import say
from gatherings.doors.actions.planning import plan_next
from gatherings.doors.models import DoorCalendar, DoorFollower
from gatherings.doors.queries import days_of, find_follower, get_follower, goes_on
from gatherings.doors.rules import due
from gatherings.events.models import Event
from gatherings.mail import actions as mail

PER_HOUR = 5  # mails to one address about one calendar (reliability.md C32)
MAIL_PAUSE = timedelta(minutes=10)  # before the same mail goes to the same address again
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Wish:
    """Who would like each door by mail, at which hour of which clock."""

    address: Address
    hour: int
    zone: str
    language: str = "en"


def ask(
    session: Session, calendar_id: int, wish: Wish, site: Site, *, now: datetime, network: str, network_limit: int
) -> None:
    """Mail a link behind which somebody can begin to follow; nothing else is sent before that.

    The same address again gets the link again, not within ten minutes. Who follows already is changed in nothing:
    anybody can type an address. Raises NotFound, TooMany.
    """
    calendar = session.scalars(
        select(DoorCalendar)
        .where(DoorCalendar.id == calendar_id, DoorCalendar.state == "published")
        .options(joinedload(DoorCalendar.event).joinedload(Event.community))
    ).one_or_none()
    if calendar is None or calendar.event.status != "published":
        raise NotFound()
    person, _new = meet_person(session, wish.address, now=now)
    follower = find_follower(session, calendar.id, person.id)
    if follower is None:
        follower = DoorFollower(
            public_id=new_public_id(), calendar_id=calendar.id, person_id=person.id, created_at=now, link_version=1
        )
        session.add(follower)
    if follower.confirmed_at is None or follower.ended_at is not None:
        follower.zone, follower.hour, follower.language = wish.zone, wish.hour, wish.language
    follower.asked_at = now
    session.flush()
    _post_link(session, follower, calendar, person, site, now=now)
    limit_attempts(session, "follow-doors", network, most=network_limit, window=timedelta(minutes=10), now=now)


def _post_link(
    session: Session, follower: DoorFollower, calendar: DoorCalendar, person: Person, site: Site, *, now: datetime
) -> bool:
    who = f"{person.id}:{calendar.id}"
    if not count_attempt(session, "doors-pause", who, most=1, window=MAIL_PAUSE, now=now):
        return False
    if not count_attempt(session, "doors-mail", who, most=PER_HOUR, window=_HOUR, now=now):
        return False
    return mail.post(
        session,
        key=f"doors_link:{follower.public_id}:{follower.link_version}:{int(now.timestamp()) // 60}",
        kind="doors_link",
        recipient=person.address,
        sender=calendar.event.community.sender,
        zone=follower.zone,
        language=follower.language,
        about=about(follower),
        facts=facts_of(follower, calendar),
        now=now,
        domain=site.domain,
    )


def about(follower: DoorFollower) -> str:
    """Give what a follower's mails are filed under."""
    return f"doors:{follower.public_id}"


def facts_of(follower: DoorFollower, calendar: DoorCalendar) -> dict[str, object]:
    """Give what all mails about a calendar need; nothing of what stands behind its doors."""
    event, community = calendar.event, calendar.event.community
    return {
        "follower": {"public_id": follower.public_id, "version": follower.link_version, "hour": follower.hour},
        "calendar": {"title": calendar.title or event.title, "slug": event.slug, "opening": calendar.opening},
        "community": {"name": community.name, "slug": community.slug, "accent": community.accent},
    }


def confirm(session: Session, claim: Claim, *, now: datetime) -> bool:
    """Begin (or begin again) to follow; tells whether that changed anything.

    The first mail is that of the next morning: what is open already stands on the page.
    """
    follower = _locked(session, claim)
    if follower.calendar.event.status == "draft" or not goes_on(follower.calendar):
        raise Conflict(say("This calendar is not open at the moment. Please try again later."))
    if follower.confirmed_at is not None and follower.ended_at is None:
        return False
    follower.confirmed_at, follower.ended_at = now, None
    days = days_of(follower.calendar)
    follower.sent_up_to = max(follower.sent_up_to, due(days, follower.zone, follower.hour, now))
    plan_next(follower, days, going=True)
    return True


def change(session: Session, claim: Claim, *, hour: int, zone: str, now: datetime) -> None:
    """Change the hour and the clock of somebody's mails."""
    follower = _locked(session, claim)
    follower.hour, follower.zone = hour, zone
    days = days_of(follower.calendar)
    plan_next(follower, days, going=goes_on(follower.calendar))


def stop(session: Session, claim: Claim, *, now: datetime) -> bool:
    """Send no more doors; tells whether that changed anything. What waits to be sent does not go."""
    follower = _locked(session, claim)
    mail.forget(session, [about(follower)])
    if follower.ended_at is not None:
        return False
    follower.ended_at, follower.next_at = now, None
    return True


def _locked(session: Session, claim: Claim) -> DoorFollower:
    session.execute(select(DoorFollower.id).where(DoorFollower.public_id == claim.public_id).with_for_update())
    return get_follower(session, claim)
