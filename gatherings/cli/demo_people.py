"""People for the demo: some dozens, from everywhere, at the next call and at a gathering in a room, and as members.

Invented names and addresses of example.org; nobody gets a mail. With them an organiser's screens have something to
show: whose hour it is, who waits, when people came.
"""

from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.actions import find_or_make_person
from gatherings.accounts.rules import normalise_address
from gatherings.communities.models import Member
from gatherings.config import Site
from gatherings.core.folding import fold
from gatherings.core.tokens import new_public_id
from gatherings.db import transact
from gatherings.events.models import Event
from gatherings.registration.actions import register
from gatherings.registration.rules import Wanted

_ZONES = (
    "Europe/London Europe/Stockholm America/New_York Australia/Melbourne Pacific/Auckland America/Toronto Asia/Kolkata "
    "Africa/Lagos Europe/Paris America/Los_Angeles Asia/Tokyo America/Sao_Paulo Europe/Dublin Africa/Johannesburg"
).split()
_NAMES = "Aroha Bo Chidi Dana Elin Farid Grace Hana Inês Jonas Kōwhai Léa Mei Noor Óscar Priya Rūta Søren".split()
_PEOPLE = 60
_HALL = "gathering-of-kindness-melbourne"


def fill_demo(app: Flask, site: Site, *, now: datetime) -> None:
    """Let people register at the next call and in the hall, and join the call's community; in one transaction."""
    with app.app_context():
        transact(_fill, site, now=now)


def _fill(session: Session, site: Site, *, now: datetime) -> None:
    call = session.scalars(
        select(Event).where(Event.series_rule_id.is_not(None), Event.starts_at > now).order_by(Event.starts_at)
    ).first()
    hall = session.scalars(select(Event).where(Event.slug == _HALL, Event.starts_at > now)).one_or_none()
    for number in range(_PEOPLE):
        zone, at = _ZONES[number * 5 % len(_ZONES)], now - timedelta(hours=9 * (_PEOPLE - number))
        if call is not None:
            _register(session, call, number, zone, site, now=at, wish=None)
            session.add(_member(session, call.community_id, number, zone, now=at))
        if hall is not None and number % 2:
            _register(session, hall, number, zone, site, now=at, wish="room" if number % 4 == 1 else "online")


def _name(number: int) -> str:
    return f"{_NAMES[number % len(_NAMES)]} {chr(ord('A') + number % 23)}."


def _register(session: Session, event: Event, number: int, zone: str, site: Site, *, now: datetime, wish: Any) -> None:
    address = normalise_address(f"person{number}@example.org")
    wanted = Wanted(address, _name(number), zone, wish=wish, code_agreed=True, mail=False)
    register(session, event.id, wanted, site, now=now)


def _member(session: Session, community_id: int, number: int, zone: str, *, now: datetime) -> Member:
    person = find_or_make_person(session, normalise_address(f"person{number}@example.org"), now=now)
    return Member(
        public_id=new_public_id(), community_id=community_id, person_id=person.id, name=_name(number),
        name_folded=fold(_name(number)), zone=zone, state="active", source="form", created_at=now,
    )  # fmt: skip
