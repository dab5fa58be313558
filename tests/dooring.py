"""Calendars of doors for tests; the caller commits."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.core.tokens import new_public_id
from gatherings.doors.models import Door, DoorCalendar, DoorFollower
from gatherings.events.models import Event
from tests.factories import NOW

FIRST = date(2026, 12, 1)


def make_calendar(session: Session, event: Event, count: int = 24, **values: Any) -> DoorCalendar:
    """Publish a calendar from 1 December 2026, London: each door with a text "Secret n" under the title "Title n"."""
    columns: dict[str, Any] = {
        "public_id": new_public_id(),
        "event_id": event.id,
        "state": "published",
        "title": "Advent of kindness",
        "first_day": FIRST,
        "zone": "Europe/London",
        "changed_at": NOW,
        "created_at": NOW,
    }
    calendar = DoorCalendar(**(columns | values))
    calendar.doors = [
        Door(public_id=new_public_id(), number=n, kind="text", title=f"Title {n}.", body=f"Secret {n}.")
        for n in range(1, count + 1)
    ]
    session.add(calendar)
    if calendar.state == "published":
        event.offers = " ".join(sorted({*event.offers.split(), "doors"}))
    session.flush()
    return calendar


def make_follower(session: Session, calendar: DoorCalendar, person: Person, **values: Any) -> DoorFollower:
    """Let somebody in London follow a calendar, at seven; their next mail is not planned yet."""
    columns: dict[str, Any] = {
        "public_id": new_public_id(),
        "calendar_id": calendar.id,
        "person_id": person.id,
        "zone": "Europe/London",
        "hour": 7,
        "language": "en",
        "link_version": 1,
        "sent_up_to": 0,
        "created_at": NOW,
        "asked_at": NOW,
        "confirmed_at": NOW,
    }
    follower = DoorFollower(**(columns | values))
    session.add(follower)
    session.flush()
    return follower
