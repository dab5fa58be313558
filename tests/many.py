"""Thousands of registrations in a moment: written as rows, as if everybody had registered one by one."""

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.core.folding import fold
from gatherings.core.tokens import new_public_id
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.invites.models import Invite
from gatherings.registration.models import Registration

ZONES = (
    "Europe/London Europe/Stockholm America/New_York Australia/Melbourne Pacific/Auckland America/Toronto Asia/Kolkata "
    "Africa/Lagos Europe/Paris America/Los_Angeles Asia/Tokyo America/Sao_Paulo Europe/Dublin Africa/Johannesburg "
    "Asia/Singapore Europe/Berlin America/Chicago Australia/Perth Pacific/Honolulu Asia/Dubai Europe/Oslo "
    "Asia/Kathmandu America/St_Johns Africa/Nairobi Europe/Madrid America/Bogota Asia/Manila Africa/Cairo "
    "Europe/Helsinki Atlantic/Reykjavik"
).split()
NAMES = [
    "Zoë & Sons <3",
    "李雷",
    "محمد العربي",
    "Ada Example",
    "Göran",
    "O'Brien Siobhán",
    "Anna-Karin Österström",
    "Māui",
]


def fill_event(session: Session, event: Event, count: int, *, now: datetime, prefix: str = "many") -> None:
    """Register `count` people from 30 zones online: one of nine cancelled, the others confirmed. No mail is written."""
    people = [
        {"public_id": new_public_id(), "key": address, "address": address, "created_at": now}
        for address in (f"{prefix}{number}@example.org" for number in range(count))
    ]
    persons = _insert(session, Person, people)
    invites = _insert(
        session, Invite, [{"uid": event.uid, "address": one["address"], "sequence": 0, "steps": 0} for one in people]
    )
    rows = []
    for number, (person, invite) in enumerate(zip(persons, invites, strict=True)):
        gone = number % 9 == 8
        name = f"{NAMES[number % len(NAMES)]} {number}"
        rows.append(
            {
                "public_id": new_public_id(),
                "event_id": event.id,
                "person_id": person,
                "invite_id": invite,
                "name": name,
                "name_folded": fold(name),
                "zone": ZONES[number * number % len(ZONES)],
                "language": "en",
                "state": "cancelled" if gone else "confirmed",
                "places_id": None if gone else event.online_id,
                "created_at": now - timedelta(minutes=count - number),
                "cancelled_at": now if gone else None,
                "confirmed_at": now - timedelta(minutes=count - number),
            }
        )
    _insert(session, Registration, rows)
    taken = select(func.count(Registration.id)).where(Registration.places_id == event.online_id).scalar_subquery()
    session.query(Places).where(Places.id == event.online_id).update({"taken": taken}, synchronize_session=False)
    session.flush()


def _insert(session: Session, model: Any, rows: list[dict[str, Any]]) -> list[int]:
    """Insert rows a thousand at a time; give their ids in order."""
    table, first = cast(Table, model.__table__), session.scalar(select(func.max(model.id))) or 0
    for start in range(0, len(rows), 1000):
        session.execute(insert(table), rows[start : start + 1000])
    return list(session.scalars(select(model.id).where(model.id > first).order_by(model.id)))
