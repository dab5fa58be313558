"""Placing orders: what is held, what it costs, what is refused, and that one press is one order."""

from gatherings.accounts.rules import normalise_address
from gatherings.payments.actions.placing import place_order
from gatherings.payments.rules.ordering import OrderWish, TicketWish
from sqlalchemy import select
from gatherings.tickets.models import Order
from tests.factories import SITE
from tests.ticketing import festival, make_code, make_kind


def wish_for(*kinds, address="ada@example.org", name="Ada Example", **values):
    who = normalise_address(address)
    tickets = tuple(TicketWish(kind.public_id, name, who) for kind in kinds)
    return OrderWish(**({"name": name, "address": who, "zone": "Europe/Stockholm", "tickets": tickets} | values))


def test_first(session, now):
    event, kind = festival(session)
    make_code(session, event)
    session.commit()
    placed = place_order(session, event.id, wish_for(kind, codes=("presenter",)), SITE, now=now)
    session.commit()
    order = session.scalars(select(Order)).one()
    assert (placed.state, order.total, order.vat, order.discount) == ("open", 690_625, 138_125, 97_500)
