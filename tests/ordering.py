"""Wishes for tickets and orders for tests. All values can be overridden; the caller commits."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gatherings.accounts.rules import normalise_address
from gatherings.core.tokens import new_public_id
from gatherings.events.models import Event
from gatherings.payments.actions.placing import place_order
from gatherings.payments.rules.ordering import OrderWish, TicketWish
from gatherings.tickets.models import Order, TicketKind
from tests.factories import NOW, SITE


def wish_for(
    *kinds: TicketKind, address: str = "ada@example.org", name: str = "Ada Example", **values: Any
) -> OrderWish:
    """Wish for one ticket of each of these kinds, for the buyer; `values` are of OrderWish."""
    who = normalise_address(address)
    tickets = tuple(TicketWish(kind.public_id, name, who) for kind in kinds)
    given: dict[str, Any] = {"name": name, "address": who, "zone": "Europe/Stockholm", "tickets": tickets}
    return OrderWish(**(given | {"key": new_public_id()} | values))


def make_order(session: Session, event: Event, *kinds: TicketKind, now: datetime = NOW, **values: Any) -> Order:
    """Place an order for one ticket of each of these kinds, as a buyer does; `values` as `wish_for` takes them."""
    wait = values.pop("wait", False)
    placed = place_order(session, event.id, wish_for(*kinds, **values), SITE, now=now, wait=wait)
    assert placed.order_id is not None
    return session.get_one(Order, placed.order_id)
