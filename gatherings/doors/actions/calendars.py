"""Making a calendar of doors, changing its days, publishing it and taking it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.audit.actions import log
from gatherings.core.errors import Conflict, InvalidInput, NotFound, Problem
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.doors.actions.planning import replan
from gatherings.doors.models import Door, DoorCalendar
from gatherings.doors.queries import find_of_event, list_slots, thing_of
from gatherings.doors.rules import MOST_DOORS
from gatherings.events.actions import touch_communities
from gatherings.events.models import Event
from gatherings.events.offering import set_offer
from gatherings.slots.models import Item


@dataclass(frozen=True)
class Settings:
    """What organisers say of a calendar as a whole; `count` doors."""

    title: str
    intro: str
    first_day: date
    zone: str
    opening: str
    count: int


@dataclass(frozen=True)
class By:
    """Who does something, when."""

    actor: str  # their public id
    now: datetime


def get_locked(session: Session, event_id: int) -> DoorCalendar:
    """Read an event's calendar inside the transaction, its row locked; raises NotFound."""
    held = session.scalar(select(DoorCalendar.id).where(DoorCalendar.event_id == event_id).with_for_update())
    found = find_of_event(session, event_id) if held is not None else None
    if found is None:
        raise NotFound(say("There is no calendar of doors here yet."))
    return found


def make(session: Session, event_id: int, wanted: Settings, by: By, *, from_order: bool) -> bool:
    """Make an event's calendar: a door for each slot of the running order, or `wanted.count` empty ones.

    Tells whether it is new: pressed twice, or by two, it is made once. Raises InvalidInput, NotFound.
    """
    # Locked, so that the second of two finds what the first has made.
    event = session.scalars(select(Event).where(Event.id == event_id).with_for_update()).one_or_none()
    if event is None:
        raise NotFound()
    if find_of_event(session, event_id) is not None:
        return False
    slots: Sequence[Item] = list_slots(session, event_id)[:MOST_DOORS] if from_order else ()
    if from_order and not slots:
        raise InvalidInput([Problem("start", say("There are no slots in the running order yet."))])
    calendar = DoorCalendar(
        public_id=new_public_id(), event_id=event_id, title=wanted.title, intro=wanted.intro,
        first_day=wanted.first_day, zone=wanted.zone, opening=wanted.opening, changed_at=by.now, created_at=by.now,
    )  # fmt: skip
    calendar.doors = [_door(number) for number in range(1, (len(slots) or wanted.count) + 1)]
    for door, item in zip(calendar.doors, slots, strict=False):
        door.kind, door.item_id = "slot", item.id
    session.add(calendar)
    session.flush()
    told(session, calendar, event, "make_doors", by, count=len(calendar.doors))
    return True


def change(session: Session, event_id: int, wanted: Settings, by: By) -> None:
    """Change what is said of a calendar as a whole; doors are added at its end, and empty ones taken from there.

    Raises InvalidInput where fewer doors would throw away what stands behind one.
    """
    calendar = get_locked(session, event_id)
    present = len(calendar.doors)
    if any(not thing_of(door, for_hosts=True).empty for door in calendar.doors[wanted.count :]):
        sentence = say("One of the last doors has something behind it. Please move it, or empty it first.")
        raise InvalidInput([Problem("count", sentence)])
    calendar.doors = calendar.doors[: wanted.count] + [_door(number) for number in range(present + 1, wanted.count + 1)]
    calendar.title, calendar.intro = wanted.title, wanted.intro
    calendar.first_day, calendar.zone, calendar.opening = wanted.first_day, wanted.zone, wanted.opening
    told(session, calendar, calendar.event, "edit_doors", by)
    replan(session, calendar, now=by.now)


def publish(session: Session, event_id: int, by: By) -> bool:
    """Let everybody see the calendar; tells whether that changed anything.

    Raises Conflict where its event is a draft or cancelled.
    """
    calendar = get_locked(session, event_id)
    if calendar.event.status == "draft":
        raise Conflict(say("The event itself is a draft. Please publish the event first, then its doors."))
    if calendar.event.status == "cancelled":
        raise Conflict(say("This gathering is cancelled, so its doors stay closed. Publish it again to open them."))
    return _set_state(session, calendar, "published", by)


def take_back(session: Session, event_id: int, by: By) -> bool:
    """Make the calendar a draft again: its pages are gone, nobody gets mail; tells whether that changed anything."""
    return _set_state(session, get_locked(session, event_id), "draft", by)


def _set_state(session: Session, calendar: DoorCalendar, state: str, by: By) -> bool:
    if calendar.state == state:
        return False
    calendar.state = state
    event = calendar.event
    set_offer(session, event.id, "doors", state == "published")
    told(session, calendar, event, "publish_doors" if state == "published" else "unpublish_doors", by)
    replan(session, calendar, now=by.now)
    return True


def told(session: Session, calendar: DoorCalendar, event: Event, action: str, by: By, **details: int) -> None:
    """Note a change: feeds get a higher SEQUENCE, kept pages are made anew, the log has its line."""
    calendar.edits += 1
    # Never back: two who change something in the same second, by two clocks, still move it forward.
    calendar.changed_at = max(calendar.changed_at, by.now)
    session.flush()
    touch_communities(session, [event.id])
    log(
        session, actor=by.actor, action=action, about=f"event:{event.public_id}", now=by.now,
        community_id=event.community_id, **details,
    )  # fmt: skip


def _door(number: int) -> Door:
    return Door(public_id=new_public_id(), number=number, kind="text")
