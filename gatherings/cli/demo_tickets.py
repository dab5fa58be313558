"""Tickets for the demo: the next festival sells places, and some dozens have bought one, in every way there is.

Prices are those of the festival of the brief: 2,500 SEK a day, 6,500 for all three, without VAT, 15 % off for who
presents. Everything is made by the actions that the screens use; the money is invented, and so are the people.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.accounts.rules import normalise_address
from gatherings.config import Site
from gatherings.core.tokens import new_public_id
from gatherings.db import transact
from gatherings.events.models import Event
from gatherings.payments.actions.choosing import choose_way
from gatherings.payments.actions.placing import place_order
from gatherings.payments.actions.sellers import save_seller
from gatherings.payments.actions.settling import note_by_hand, settle
from gatherings.payments.providers import Seen
from gatherings.payments.rules.ordering import OrderWish, TicketWish
from gatherings.tickets.actions.codes import save_code
from gatherings.tickets.actions.kinds import save_kind
from gatherings.tickets.actions.selling import save_sale, set_state
from gatherings.tickets.models import Order, TicketKind
from gatherings.tickets.queries.kinds import kinds_of

_SLUG = "microsystem-festival-next"
_ORDERS = 36
_ZONES = "Europe/Stockholm Europe/London Pacific/Auckland America/Toronto Africa/Lagos Europe/Oslo".split()
_NAMES = "Alva Bongani Chiara Dag Esi Freja Gunnar Hedda Ivo Jun Karin Lwazi Marit Nils Olu Petra Qamar Ronja".split()
_BILL = {
    "name": "Karin Example", "organisation": "Region Example", "address": "Exempelgatan 1\n551 11 Jönköping",
    "country": "SE", "vat_number": "SE000000000001", "mark": "Ward 4",
}  # fmt: skip
_PLAIN = {
    "about": "", "price": "fixed", "amount": 0, "early_amount": None, "least": 0, "suggested": 0, "most": None,
    "vat_rate": 2500, "side": "", "days": [], "least_each": 1, "most_each": 10, "early_until": None, "quota": None,
    "opens": None, "closes": None, "shown": "all",
}  # fmt: skip


def fill_tickets(app: Flask, site: Site, *, by: str, now: datetime) -> None:
    """Put the next festival on sale as the organiser with this address, and let people buy; one transaction."""
    with app.app_context():
        transact(_fill, by, site, now=now)


def _fill(session: Session, address: str, site: Site, *, now: datetime) -> None:
    event = session.scalars(select(Event).where(Event.slug == _SLUG, Event.starts_at > now)).one_or_none()
    person = session.scalars(select(Person).where(Person.key == normalise_address(address).key)).one_or_none()
    if event is None or person is None:
        return
    start = now - timedelta(days=14)  # the last transfer comes two days after its order, and before now
    _sell(session, event, person, now=start)
    kinds = {kind.name: kind for kind in kinds_of(session, event.id)}
    for number in range(_ORDERS):
        _buy(session, event, kinds, number, person, site, now=start + timedelta(hours=7.5 * number))


def _refuse(_present: Mapping[str, Any]) -> None:
    """Refuse nothing: nobody else changes these details while the demo is made."""


def _sell(session: Session, event: Event, person: Person, *, now: datetime) -> None:
    save_seller(
        session, event.community_id,
        {
            "name": "Microsystem Festival, an invented association", "address": "Festivalgatan 2\n551 11 Jönköping",
            "country": "SE", "zone": "Europe/Stockholm", "org_number": "000000-0000", "vat_number": "SE000000000101",
            "bank": "Bankgiro 000-0000\nIBAN SE00 0000 0000 0000 0000 0000", "contact": "festival@example.org",
            "note": "",
        },
        refuse=_refuse, by=person.id, now=now,
    )  # fmt: skip
    sale = {
        "currency": "SEK", "vat_included": False, "ways": "card invoice door", "hold_minutes": 30, "invoice_days": 30,
        "stacking": "one", "comes_back": [{"days": 30, "percent": 100}, {"days": 7, "percent": 50}],
        "terms": "You may give your place to somebody else at any time.",
    }  # fmt: skip
    save_sale(session, event.id, sale, refuse=_refuse, by=person.id, now=now)
    first = event.starts_local.date()
    days = [(first + timedelta(days=number)) for number in range(3)]
    early = (event.starts_local - timedelta(days=60)).replace(hour=23, minute=59)
    made: list[dict[str, Any]] = [
        {"name": "All three days", "amount": 650_000, "early_amount": 585_000, "early_until": early, "quota": 200,
         "about": "Every talk, the walk on the first evening, and lunch."},
        *({"name": f"One day: {name}", "amount": 250_000, "days": [day.isoformat()]}
          for name, day in zip(("arrive", "exchange", "take home"), days, strict=True)),
        {"name": "Patients and students", "price": "choose", "suggested": 100_000, "most": 650_000, "quota": 40,
         "about": "Give what you can; nothing is fine."},
        {"name": "Bursary", "price": "free", "vat_rate": 0, "shown": "application", "quota": 10,
         "about": "For those who could not come otherwise. Tell us in a few words; we answer within a week."},
        {"name": "Crew", "price": "free", "vat_rate": 0, "shown": "code"},
    ]  # fmt: skip
    for kind in made:
        save_kind(session, event.id, new_public_id(), _PLAIN | kind, edits=None, by=person.id, now=now)
    plain = {"note": "", "effect": "percent", "value": 0, "kinds": [], "most_each": None, "stacks": False,
             "early": True, "uses": None, "opens": None, "closes": None}  # fmt: skip
    crew = next(kind.public_id for kind in kinds_of(session, event.id) if kind.hidden)
    codes: list[dict[str, Any]] = [
        {"code": "PRESENTER", "value": 1500, "note": "Whoever presents", "most_each": 1},
        {"code": "CREW", "effect": "unlock", "kinds": [crew], "uses": 20, "note": "Volunteers of the house"},
    ]
    for code in codes:
        save_code(session, event.id, new_public_id(), plain | code, edits=None, by=person.id, now=now)
    set_state(session, event.id, "on", by=person.id, now=now)


def _buy(
    session: Session,
    event: Event,
    kinds: Mapping[str, TicketKind],
    number: int,
    person: Person,
    site: Site,
    *,
    now: datetime,
) -> None:
    """Let one person buy: most by card, some by invoice, some at the door, some for what they can give."""
    name = f"{_NAMES[number % len(_NAMES)]} {chr(ord('A') + number % 25)}."
    who = normalise_address(f"guest{number}@example.org")
    kind = kinds[
        ("All three days", "One day: exchange", "All three days", "Patients and students", "One day: arrive")[
            number % 5
        ]
    ]
    tickets = [TicketWish(kind.public_id, name, who, 30_000 if kind.price == "choose" else None)]
    if number % 9 == 0:  # a team
        tickets += [
            TicketWish(
                kind.public_id, f"Colleague {more} of {name}", normalise_address(f"g{number}c{more}@example.org")
            )
            for more in range(1, 4)
        ]
    codes = ("PRESENTER",) if number % 10 == 2 else ()
    wish = OrderWish(
        name, who, _ZONES[number % len(_ZONES)], tuple(tickets), codes=codes, key=new_public_id(), code_agreed=True
    )
    placed = place_order(session, event.id, wish, site, now=now)
    if placed.order_id is None or placed.state != "open":
        return
    _pay(session, placed.order_id, number, person, site, now=now + timedelta(minutes=4))


def _pay(session: Session, order_id: int, number: int, person: Person, site: Site, *, now: datetime) -> None:
    if number % 4 == 1:
        choose_way(session, order_id, "invoice", _BILL, site, now=now)
        if number % 8 == 1:
            order = session.get_one(Order, order_id)
            note_by_hand(session, order_id, order.owed, "bank", person, "Bankgiro", site, now=now + timedelta(days=2))
    elif number % 6 == 2:
        choose_way(session, order_id, "door", {}, site, now=now)
    else:
        order = session.get_one(Order, order_id)
        seen = Seen(
            session_id=f"cs_demo_{number}", state="complete", paid=True, failed=False, amount=order.owed,
            currency=order.currency, order=order.public_id, payment=f"pi_demo_{number}", paid_at=now,
        )  # fmt: skip
        settle(session, order_id, seen, site, now=now)
