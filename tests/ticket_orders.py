"""Orders for tests, made through the actions that screens use: held, valid, or waiting. The caller commits."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gatherings.accounts.actions import find_or_make_person
from gatherings.accounts.rules import normalise_address
from gatherings.config import Site
from gatherings.core.tokens import new_public_id
from gatherings.events.models import Event
from gatherings.payments.models import Payment
from gatherings.registration.actions.registering import get_open_event
from gatherings.registration.actions.ticketed import confirm_tickets, hold_ticket, lock_for_tickets
from gatherings.registration.actions.ticketed_waiting import wish_ticket
from gatherings.registration.rules import Wanted
from gatherings.tickets.actions.orders import recount
from gatherings.tickets.models import Code, Order, Ticket, TicketKind
from gatherings.tickets.queries.kinds import find_sale
from gatherings.tickets.rules.pricing import line_of, price_of
from gatherings.tickets.rules.references import new_reference
from tests.factories import NOW, SITE


def make_order(
    session: Session,
    event: Event,
    kind: TicketKind,
    *people: str,
    state: str = "paid",
    way: str = "",
    codes: tuple[Code, ...] = (),
    zone: str = "Europe/Stockholm",
    side: str = "room",
    name: str = "",
    now: datetime = NOW,
    site: Site = SITE,
) -> Order:
    """Order one ticket of a kind for each address, the first being the buyer's; "ada@…" is called Ada Example.

    `state`: "open" (held), "due" and "paid" (valid, mailed), "wished" (waits).
    """
    event = get_open_event(session, event.id, now=now, by_host=True)
    buyer = find_or_make_person(session, normalise_address(people[0]), now=now)
    sale = find_sale(session, event.id)
    assert sale is not None
    order = Order(
        public_id=new_public_id(), reference=new_reference(), event_id=event.id, person_id=buyer.id,
        name=name or _name(people[0]), zone=zone, state=state, way=way, currency=sale.currency,
        vat_included=sale.vat_included, placed_at=now, codes=[code.code for code in codes],
        expires_at=now + timedelta(minutes=30) if state == "open" else None,
    )  # fmt: skip
    session.add(order)
    session.flush()
    price = price_of(kind, now)
    line = line_of(
        price, codes, vat_rate=kind.vat_rate, vat_included=sale.vat_included, currency=sale.currency
    )  # fmt: skip
    if state != "wished":
        lock_for_tickets(session, event, [kind], codes)
    tickets = []
    for address in people:
        person = find_or_make_person(session, normalise_address(address), now=now)
        ticket = Ticket(
            public_id=new_public_id(), order_id=order.id, kind_id=kind.id, person_id=person.id,
            name=name or _name(address),
            side=side, price=line.price, discount=line.discount, net=line.net, vat=line.vat, gross=line.gross,
            vat_rate=line.vat_rate, discounts=[cut.as_json() for cut in line.cuts], code_ids=[c.id for c in codes],
        )  # fmt: skip
        wanted = Wanted(address=normalise_address(address), name=name or _name(address), zone=zone, code_agreed=True)
        if state == "wished":
            wish_ticket(session, ticket, kind, event, person, wanted, site, now=now)
        else:
            hold_ticket(session, ticket, kind, event, person, wanted, now=now)
        session.add(ticket)
        tickets.append(ticket)
    session.flush()
    recount(session, order, now=now)
    if state in ("due", "paid"):
        confirm_tickets(session, order, tickets, site, now=now)
    if state == "paid":
        order.paid_at = now
        if order.total:
            _pay(session, order, now)
    order.follow_at = None
    session.flush()
    return order


def _pay(session: Session, order: Order, now: datetime) -> None:
    order.received = order.total
    session.add(
        Payment(
            public_id=new_public_id(), order_id=order.id, provider="bank", reference=f"by-hand-{order.public_id}",
            amount=order.total, currency=order.currency, counts=True, received_at=now, created_at=now,
        )
    )  # fmt: skip


def _name(address: str) -> str:
    return f"{address.partition('@')[0].capitalize()} Example"
