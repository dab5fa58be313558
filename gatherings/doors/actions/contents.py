"""What stands behind each door: words, links, slots, pictures; and doors that change places."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from gatherings.core.errors import Conflict, InvalidInput, NotFound, Problem
from gatherings.core.pictures import Written
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.doors.actions.calendars import By, get_locked, told
from gatherings.doors.models import Door, DoorCalendar
from gatherings.doors.queries import list_slots
from gatherings.doors.rules import moved

OVERTAKEN = say(
    "Somebody else changed this door while you had it open. What you typed stands below; open the door afresh to see "
    "theirs, or save again to put yours in its place."
)


@dataclass(frozen=True)
class Content:
    """What an organiser puts behind a door; `slot` is a running order item's public id, or ""."""

    kind: str
    title: str = ""
    body: str = ""
    url: str = ""
    slot: str = ""


def stamp_of(door: Door) -> str:
    """Give a text that differs whenever what stands behind a door differs: of who changes it on an older state."""
    said = (door.kind, door.title, door.body, door.url or "", door.item_id, door.picture_id or "", door.picture_alt)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def get_door(calendar: DoorCalendar, number: int) -> Door:
    """Give a door of a calendar; raises NotFound."""
    if not 1 <= number <= len(calendar.doors):
        raise NotFound(say("There is no door of this number."))
    return calendar.doors[number - 1]


def fill(session: Session, event_id: int, number: int, wanted: Content, by: By, *, seen: str) -> None:
    """Put something behind a door. Raises Conflict where somebody else changed it since `seen`, InvalidInput."""
    calendar = get_locked(session, event_id)
    door = get_door(calendar, number)
    if seen != stamp_of(door):
        raise Conflict(OVERTAKEN)
    item = None
    if wanted.kind == "slot":
        item = next((one for one in list_slots(session, event_id) if one.public_id == wanted.slot), None)
        if item is None:
            raise InvalidInput([Problem("slot", say("Please choose one of the slots."))])
    if wanted.kind == "recording" and not wanted.url:
        raise InvalidInput([Problem("url", say("Please give the address of the recording."))])
    door.kind, door.title, door.body = wanted.kind, wanted.title, wanted.body
    door.url = wanted.url or None
    door.item_id = item.id if item is not None else None
    told(session, calendar, calendar.event, "fill_door", by, door=number)


def set_picture(session: Session, event_id: int, number: int, written: Written | None, alt: str, by: By) -> None:
    """Put a picture behind a door, or (None) change the words that go with it."""
    calendar = get_locked(session, event_id)
    door = get_door(calendar, number)
    if written is None and door.picture_id is None:
        raise InvalidInput([Problem("picture", say("Please choose a picture."))])
    if written is not None:
        # Under a new address each time: what an address names never changes.
        door.picture, door.picture_id = written.data, new_public_id()
        door.kind = "picture"
    door.picture_alt = alt
    told(session, calendar, calendar.event, "fill_door", by, door=number)


def drop_picture(session: Session, event_id: int, number: int, by: By) -> bool:
    """Take a door's picture away; tells whether there was one."""
    calendar = get_locked(session, event_id)
    door = get_door(calendar, number)
    if door.picture_id is None:
        return False
    door.picture, door.picture_id, door.picture_alt = None, None, ""
    door.kind = "text" if door.kind == "picture" else door.kind
    told(session, calendar, calendar.event, "fill_door", by, door=number)
    return True


def place(session: Session, event_id: int, number: int, to: int, by: By, *, swap: bool) -> None:
    """Put a door's content on another day: in exchange with that one, or in its place while those between move."""
    calendar = get_locked(session, event_id)
    get_door(calendar, number)
    get_door(calendar, to)
    if number == to:
        return
    numbers = [door.number for door in calendar.doors]
    new = {number: to, to: number} if swap else moved(numbers, number, to)
    _renumber(session, calendar, new)
    told(session, calendar, calendar.event, "move_door", by, door=number, to=to)


def _renumber(session: Session, calendar: DoorCalendar, new: dict[int, int]) -> None:
    """Give doors new numbers; by way of numbers below zero, as no two may have one number for a moment."""
    of = {door.number: door.id for door in calendar.doors}
    for sign in (-1, 1):
        for old, number in new.items():
            changing = update(Door).where(Door.id == of[old]).values(number=sign * number)
            session.execute(changing.execution_options(synchronize_session=False))
