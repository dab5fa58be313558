"""Rows of sales, kinds, codes and orders for tests. All values can be overridden; the caller commits."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gatherings.communities.models import Community
from gatherings.core.tokens import new_public_id
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.events.offering import set_offer
from gatherings.payments.models import Seller
from gatherings.tickets.models import Code, Sale, TicketKind
from tests.factories import NOW, make_event


def make_sale(session: Session, event: Event, **values: Any) -> Sale:
    """Let an event sell tickets: in SEK, prices without VAT, by card, by invoice and at the door."""
    columns: dict[str, Any] = {
        "event_id": event.id, "state": "on", "currency": "SEK", "vat_included": False,
        "ways": "card invoice door", "hold_minutes": 30, "invoice_days": 30, "stacking": "one",
        "comes_back": [{"days": 30, "percent": 100}, {"days": 7, "percent": 50}], "created_at": NOW,
    }  # fmt: skip
    sale = Sale(**(columns | values))
    session.add(sale)
    session.flush()
    if sale.state == "on":
        set_offer(session, event.id, "tickets", True)
    return sale


def make_kind(session: Session, event: Event, quota: int | None = None, **values: Any) -> TicketKind:
    """Make a kind of ticket: all three days, 6,500 SEK without 25 % VAT."""
    pool = Places(capacity=quota)
    session.add(pool)
    session.flush()
    columns: dict[str, Any] = {
        "public_id": new_public_id(), "event_id": event.id, "name": "All three days", "price": "fixed",
        "amount": 650_000, "vat_rate": 2500, "places_id": pool.id, "created_at": NOW,
    }  # fmt: skip
    kind = TicketKind(**(columns | values))
    session.add(kind)
    session.flush()
    return kind


def make_code(session: Session, event: Event, code: str = "PRESENTER", uses: int | None = None, **values: Any) -> Code:
    """Make a code: 15 % off."""
    pool = Places(capacity=uses)
    session.add(pool)
    session.flush()
    columns: dict[str, Any] = {
        "public_id": new_public_id(), "event_id": event.id, "code": code, "effect": "percent", "value": 1500,
        "places_id": pool.id, "created_at": NOW,
    }  # fmt: skip
    made = Code(**(columns | values))
    session.add(made)
    session.flush()
    return made


def festival(session: Session, **values: Any) -> tuple[Event, TicketKind]:
    """Make the Microsystem Festival's three days in Jönköping with one kind for all of them, on sale."""
    columns: dict[str, Any] = {
        "title": "Microsystem Festival", "mode": "in person", "zone": "Europe/Stockholm",
        "starts_local": datetime(2027, 3, 2, 9), "ends_local": datetime(2027, 3, 4, 16),
    }  # fmt: skip
    event = make_event(session, **(columns | values))
    make_sale(session, event)
    return event, make_kind(session, event)


def make_seller(session: Session, community: Community, **values: Any) -> Seller:
    """Say who sells for a community: an association in Jönköping."""
    columns: dict[str, Any] = {
        "community_id": community.id, "name": "Microsystem Festival", "address": "Festivalgatan 2\n551 11 Jönköping",
        "country": "SE", "zone": "Europe/Stockholm", "org_number": "000000-0000", "vat_number": "SE000000000101",
        "bank": "Bankgiro 000-0000", "contact": "festival@example.org",
    }  # fmt: skip
    seller = Seller(**(columns | values))
    session.add(seller)
    session.flush()
    return seller
