"""Places for an order whose time had run out when its money came: taken again, all of them or none."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.rules import Address
from gatherings.config import Site
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.events.models import Event
from gatherings.registration import rules
from gatherings.registration.actions.ticketed import hold_ticket, live_tickets
from gatherings.registration.models import Consent, Registration
from gatherings.registration.rules import Wanted
from gatherings.tickets.actions.orders import recount
from gatherings.tickets.models import Order, Ticket, TicketKind
from gatherings.tickets.rules.states import HOLDING

_TAKEN = say("These places were given to somebody else meanwhile.")


def seat_again(session: Session, order: Order, event: Event, site: Site, *, now: datetime) -> bool:
    """Take the places of an expired order again, all or none; it is "open" then, and whoever calls goes on from there.

    The pools are locked, then the order. Not for an event that is over or called off, nor for who came back by another
    order meanwhile.
    """
    if order.state != "expired" or order.erased_at is not None or event.status != "published" or event.ends_at <= now:
        return False
    tickets = session.scalars(
        select(Ticket)
        .where(Ticket.order_id == order.id, Ticket.state == "cancelled", Ticket.cancelled_by == "expiry")
        .options(joinedload(Ticket.person), joinedload(Ticket.kind))
        .order_by(Ticket.id)
    ).all()
    if not tickets:
        return False
    try:
        with session.begin_nested():
            for ticket in tickets:
                _seat(session, ticket, order, event, now=now)
            order.state, order.closed_at, order.expires_at = "open", None, now
            recount(session, order, now=now)
    except Conflict:
        for row in (order, *tickets):
            session.refresh(row)
        return False
    return True


def _seat(session: Session, ticket: Ticket, order: Order, event: Event, *, now: datetime) -> None:
    kind: TicketKind = ticket.kind
    before = session.scalars(
        select(Registration).where(Registration.event_id == event.id, Registration.person_id == ticket.person_id)
    ).one_or_none()
    if before is not None and any(one.state in HOLDING for one in live_tickets(session, before.id)):
        raise Conflict(_TAKEN)
    agreed = before is not None and before.code_agreed_at is not None
    zone = before.zone if before is not None and before.erased_at is None else order.zone
    person = ticket.person
    if "@" not in person.key:
        raise Conflict(_TAKEN)
    wanted = Wanted(Address(person.address, person.key), ticket.name, zone, order.language, code_agreed=agreed)
    fresh = before is None or before.state not in rules.HOLDING
    registration = hold_ticket(session, ticket, kind, event, person, wanted, now=now)
    ticket.comes_back, ticket.cancelled_at, ticket.cancelled_by = 0, None, None
    session.flush()
    if fresh and before is not None:
        # What they agreed to when they ordered stands: they never said otherwise.
        session.execute(
            update(Consent)
            .where(Consent.registration_id == registration.id, Consent.withdrawn_at == now)
            .values(withdrawn_at=None)
        )
