"""A ticket that somebody waited for: offered while it can be paid, or theirs at once where nothing is to be paid."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.tokens import new_public_id
from gatherings.db import places
from gatherings.db.places import Places
from gatherings.registration import offer_facts, rules
from gatherings.registration.actions.ticket_places import confirm_tickets, keep_by_itself, wished_ticket
from gatherings.registration.models import Registration
from gatherings.tickets.actions.orders import lock_order, recount
from gatherings.tickets.models import Code, Order, Ticket, TicketKind
from gatherings.tickets.rules.offers import offered_until
from gatherings.tickets.rules.pricing import line_of
from gatherings.tickets.rules.references import new_reference


def offer(
    session: Session, registration: Registration, ticket: Ticket, pool: Places, site: Site, *, now: datetime
) -> int | None:
    """Take the places of a wished ticket and offer it to its buyer; what costs nothing is confirmed at once.

    `registration` comes with event, community, person and invite; all pools are locked, the kind's and `pool` (the
    event's side) have a place. Gives the id of a pool whose place became free by it: whoever came online before.
    """
    kind = session.get_one(TicketKind, ticket.kind_id)
    _claim(session, kind.places_id)
    held = registration.places_id
    if held != pool.id:
        _claim(session, pool.id)
    order = _own_order(session, ticket, now=now)
    _use_codes(session, ticket, order)
    if registration.state in rules.HOLDING:
        keep_by_itself(session, registration, now=now)
    else:
        registration.by_itself = False
    ticket.state = "held"
    registration.places_id = pool.id
    if registration.state not in rules.HOLDING:
        registration.state = "offered"
    registration.waits_for_id = registration.queue_number = None
    session.flush()
    _wait_on(session, registration, pool)
    recount(session, order, now=now)
    if order.total == 0:
        order.state, order.way, order.paid_at = "paid", "free", now
        confirm_tickets(session, order, [ticket], site, now=now)
    else:
        event = registration.event
        order.state = "open"
        order.expires_at = offered_until(now, order.zone, event.starts_at, event.ends_at)
        session.flush()
        buyer = session.get_one(Person, order.person_id)
        offer_facts.post(session, "ticket_offered", order, [(kind, ticket)], event, buyer, site, now=now)
    return held if held != pool.id else None


def _claim(session: Session, places_id: int) -> None:
    claimed = places.claim(session, places_id)
    assert claimed  # locked, and seen to have a place


def _wait_on(session: Session, registration: Registration, pool: Places) -> None:
    """Let somebody who wished for another ticket besides draw a number for that one."""
    if wished_ticket(session, registration.id) is not None:
        number = places.draw(session, pool.id)
        registration.waits_for_id, registration.queue_number = pool.id, number
        session.flush()


def _own_order(session: Session, ticket: Ticket, *, now: datetime) -> Order:
    """Give a wished ticket's order, locked; one that shares it with others who still wait gets an order of its own."""
    order = lock_order(session, ticket.order_id)
    others = select(Ticket.id).where(Ticket.order_id == order.id, Ticket.state == "wished", Ticket.id != ticket.id)
    if session.scalar(others.limit(1)) is None:
        return order
    own = Order(
        public_id=new_public_id(),
        reference=new_reference(),
        event_id=order.event_id,
        person_id=order.person_id,
        name=order.name,
        zone=order.zone,
        language=order.language,
        state="wished",
        currency=order.currency,
        vat_included=order.vat_included,
        codes=list(order.codes),
        bill_to=dict(order.bill_to),
        placed_at=order.placed_at,
    )
    session.add(own)
    session.flush()
    ticket.order_id = own.id
    recount(session, order, now=now)
    return own


def _use_codes(session: Session, ticket: Ticket, order: Order) -> None:
    """Use the codes of a wished ticket; its price is reckoned without those that were used up while it waited."""
    if not ticket.code_ids:
        return
    codes = session.scalars(select(Code).where(Code.id.in_(ticket.code_ids)).order_by(Code.id)).all()
    had = [code for code in codes if places.claim(session, code.places_id)]
    if len(had) == len(codes):
        return
    lowered = {cut["code"] for cut in ticket.discounts}
    line = line_of(
        ticket.price,
        [code for code in had if code.code in lowered],
        vat_rate=ticket.vat_rate,
        vat_included=order.vat_included,
        currency=order.currency,
    )
    ticket.code_ids = [code.id for code in had]
    ticket.discount, ticket.net, ticket.vat, ticket.gross = line.discount, line.net, line.vat, line.gross
    ticket.discounts = [cut.as_json() for cut in line.cuts]
