"""Reads of doors. What of a closed door is read here goes no further than the caller's own rules let it."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from gatherings.calls.models import Submission
from gatherings.core.errors import NotFound
from gatherings.core.tokens import Claim
from gatherings.doors.models import Door, DoorCalendar, DoorFollower
from gatherings.doors.rules import Days
from gatherings.events.models import Event, OldSlug
from gatherings.slots.models import Item
from gatherings.slots.queries import find_order, slot_words


@dataclass(frozen=True)
class Moved:
    """An event's old slug: where it leads now."""

    slug: str


@dataclass(frozen=True)
class Thing:
    """What stands behind a door, ready to be shown: a slot's own words with the organisers'."""

    title: str
    speakers: str = ""
    about: str = ""  # plain text, by the presenter
    ask: str = ""
    links: tuple[str, ...] = ()
    recording: str = ""
    body: str = ""  # Markdown, by the organisers
    picture_id: str = ""
    picture_alt: str = ""

    @property
    def empty(self) -> bool:
        """Tell whether nothing is behind the door yet."""
        return not (self.title or self.about or self.recording or self.body or self.picture_id)


# What organisers' screens show of an event around it.
_OF_EVENT = (Event.community, Event.series, Event.series_rule, Event.room, Event.online)
_WITH_DOORS = (
    selectinload(DoorCalendar.doors).joinedload(Door.item).joinedload(Item.submission).selectinload(Submission.others)
)


def days_of(calendar: DoorCalendar, count: int | None = None) -> Days:
    """Give what decides when the doors of a calendar (read with its doors, or told how many) open."""
    doors = len(calendar.doors) if count is None else count
    return Days(calendar.first_day, doors, calendar.zone, calendar.opening)


def goes_on(calendar: DoorCalendar) -> bool:
    """Tell whether doors open and are mailed: the calendar is published, its event (loaded) not called off."""
    return calendar.state == "published" and calendar.event.status != "cancelled"


def get_public(session: Session, slug: str) -> DoorCalendar | Moved:
    """Read a published calendar of an event that is no draft, with event, community and doors; raises NotFound.

    Gives Moved for an event's old slug. Of an event that was called off nothing behind a door may be shown: its screens
    give `closed` (routes/blueprint.py).
    """
    calendar = session.scalars(
        select(DoorCalendar)
        .join(DoorCalendar.event)
        .where(Event.slug == slug, Event.status != "draft", DoorCalendar.state == "published")
        .options(joinedload(DoorCalendar.event).joinedload(Event.community), _WITH_DOORS)
    ).one_or_none()
    if calendar is not None and calendar.doors:
        return calendar
    old = session.scalar(
        select(Event.slug)
        .join(OldSlug, OldSlug.object_id == Event.id)
        .join(DoorCalendar, DoorCalendar.event_id == Event.id)
        .where(OldSlug.kind == "event", OldSlug.slug == slug, Event.status != "draft")
        .where(DoorCalendar.state == "published", Event.slug != slug)
    )
    if old is None:
        raise NotFound()
    return Moved(old)


def find_of_event(session: Session, event_id: int) -> DoorCalendar | None:
    """Read the calendar of an event in whatever state, with its doors, event and community."""
    return session.scalars(
        select(DoorCalendar)
        .where(DoorCalendar.event_id == event_id)
        .options(*(joinedload(DoorCalendar.event).joinedload(one) for one in _OF_EVENT), _WITH_DOORS)
        .execution_options(populate_existing=True)
    ).one_or_none()


def find_days(session: Session, slug: str) -> Days | None:
    """Read what decides when a published calendar's doors open; two small queries' worth in one."""
    rows = session.execute(
        select(DoorCalendar.first_day, DoorCalendar.zone, DoorCalendar.opening, Door.number)
        .join(DoorCalendar.event)
        .join(Door, Door.calendar_id == DoorCalendar.id)
        .where(Event.slug == slug, DoorCalendar.state == "published")
    ).all()
    return Days(rows[0].first_day, len(rows), rows[0].zone, rows[0].opening) if rows else None


def find_picture(session: Session, slug: str, picture_id: str) -> Door | None:
    """Find the door of a published calendar whose picture has this address, with its bytes and calendar."""
    return session.scalars(
        select(Door)
        .join(Door.calendar)
        .join(DoorCalendar.event)
        .where(Door.picture_id == picture_id, Event.slug == slug, Event.status == "published")
        .where(DoorCalendar.state == "published")
        .options(undefer(Door.picture), joinedload(Door.calendar).selectinload(DoorCalendar.doors))
    ).one_or_none()


def thing_of(door: Door, *, for_hosts: bool = False) -> Thing:
    """Give what a door shows; `door` as read with its calendar.

    A slot's recording is shown only where its presenter agreed to be recorded; what was withdrawn or erased, or is not
    accepted any more, shows nothing of its presenter. One whom no letter has told yet is shown to hosts alone.
    """
    said = Thing(door.title, body=door.body)
    if door.kind == "recording":
        return Thing(door.title, body=door.body, recording=door.url or "")
    if door.kind == "picture":
        alt = door.picture_alt
        return Thing(door.title, body=door.body, picture_id=door.picture_id or "", picture_alt=alt)
    if door.kind != "slot" or door.item is None:
        return said
    item, submission = door.item, door.item.submission
    if submission is None:
        title, speakers = slot_words(item)
        return Thing(door.title or title, speakers, body=door.body, recording=item.recording_url or "")
    if submission.erased_at is not None or submission.state != "accepted":
        return said
    if submission.told != "accepted" and not for_hosts:
        return said
    title, speakers = slot_words(item)
    return Thing(
        title=door.title or title,
        speakers=speakers,
        about=submission.about,
        ask=submission.ask,
        links=tuple(submission.links),
        recording=(item.recording_url or "") if submission.recording else "",
        body=door.body,
    )


def find_follower(session: Session, calendar_id: int, person_id: int) -> DoorFollower | None:
    """Find somebody's row; locked where the database locks rows."""
    return session.scalars(
        select(DoorFollower)
        .where(DoorFollower.calendar_id == calendar_id, DoorFollower.person_id == person_id)
        .with_for_update()
    ).one_or_none()


def get_follower(session: Session, claim: Claim) -> DoorFollower:
    """Read what a follower's link names, with calendar, doors, event and community; raises NotFound."""
    follower = session.scalars(
        select(DoorFollower)
        .where(DoorFollower.public_id == claim.public_id, DoorFollower.link_version == claim.version)
        .options(
            joinedload(DoorFollower.person),
            joinedload(DoorFollower.calendar).joinedload(DoorCalendar.event).joinedload(Event.community),
            joinedload(DoorFollower.calendar).selectinload(DoorCalendar.doors),
        )
    ).one_or_none()
    if follower is None:
        raise NotFound()
    return follower  # of a draft as well: the link to stop stands in mails that were sent


def list_slots(session: Session, event_id: int) -> list[Item]:
    """List the slots of an event's running order, in order, with their submissions and co-presenters."""
    order = find_order(session, event_id)
    return [item for item in order.items if item.kind == "slot"] if order is not None else []


def count_followers(session: Session, calendar_id: int) -> int:
    """Count who gets each door by mail."""
    found = session.scalar(
        select(func.count(DoorFollower.id)).where(
            DoorFollower.calendar_id == calendar_id,
            DoorFollower.confirmed_at.is_not(None),
            DoorFollower.ended_at.is_(None),
        )
    )
    return found or 0
