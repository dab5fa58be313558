"""Reads of orders: one with everything that its page, its mails and its papers need, in a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.core.errors import NotFound
from gatherings.core.tokens import PUBLIC_ID, Claim
from gatherings.core.words import say
from gatherings.events.models import Event
from gatherings.events.queries import WITH_ALL
from gatherings.payments.models import Attempt, Document, Payment, Refund, Seller
from gatherings.registration.models import Registration
from gatherings.tickets.models import Order, Sale, Ticket
from gatherings.tickets.rules.states import HOLDING

_GONE = say("This link is not valid any more. You can ask for a new one by your e-mail address.")

# Two queries: the order with its event, community and buyer; its tickets, each with its kind and who comes.
WHOLE = (
    joinedload(Order.person),
    joinedload(Order.event).options(*WITH_ALL),
    selectinload(Order.tickets).options(joinedload(Ticket.kind), joinedload(Ticket.person)),
)


def get_order_by_link(session: Session, claim: Claim) -> Order:
    """Read the order that a link names, with event, community, buyer, tickets, kinds and persons; raises NotFound."""
    order = session.scalars(
        select(Order).where(Order.public_id == claim.public_id, Order.erased_at.is_(None)).options(*WHOLE)
    ).one_or_none()
    if order is None or order.link_version != claim.version:
        raise NotFound(_GONE)
    return order


def load_order(session: Session, order_id: int) -> Order:
    """Read an order afresh, with event, community, buyer, tickets, kinds and persons; raises NotFound."""
    order = session.scalars(
        select(Order).where(Order.id == order_id).options(*WHOLE).execution_options(populate_existing=True)
    ).one_or_none()
    if order is None:
        raise NotFound()
    return order


def get_order_of_event(session: Session, event_id: int, public_id: str) -> Order:
    """Read one order of an event as organisers need it; raises NotFound, also for an erased one."""
    if PUBLIC_ID.fullmatch(public_id) is None:
        raise NotFound()
    found = session.scalars(
        select(Order).where(Order.public_id == public_id, Order.event_id == event_id).options(*WHOLE)
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def ticket_in(order: Order, public_id: str) -> Ticket:
    """Give one ticket of an order that was read whole; raises NotFound for another order's."""
    for ticket in order.tickets:
        if ticket.public_id == public_id:
            return ticket
    raise NotFound()


def get_sale(session: Session, event_id: int) -> Sale:
    """Give the sale of an event that has orders."""
    return session.scalars(select(Sale).where(Sale.event_id == event_id)).one()


def find_seller(session: Session, event: Event) -> Seller | None:
    """Give who sells for an event's community, as far as its organisers have said so."""
    return session.get(Seller, event.community_id)


def registrations_of(session: Session, tickets: Iterable[Ticket]) -> dict[int, Registration]:
    """Give the registrations that tickets belong to, by id."""
    ids = {ticket.registration_id for ticket in tickets if ticket.registration_id is not None}
    if not ids:
        return {}
    return {row.id: row for row in session.scalars(select(Registration).where(Registration.id.in_(ids)))}


@dataclass(frozen=True)
class Moved:
    """What happened with an order's money, and the papers about it; each oldest first."""

    attempts: Sequence[Attempt]
    payments: Sequence[Payment]
    refunds: Sequence[Refund]
    documents: Sequence[Document]

    @property
    def last_attempt(self) -> Attempt | None:
        """Give the newest try to pay by card."""
        return self.attempts[-1] if self.attempts else None


def moved_of(session: Session, order_id: int) -> Moved:
    """Read all money and papers of an order, in four queries."""
    return Moved(
        session.scalars(select(Attempt).where(Attempt.order_id == order_id).order_by(Attempt.id)).all(),
        session.scalars(select(Payment).where(Payment.order_id == order_id).order_by(Payment.id)).all(),
        session.scalars(select(Refund).where(Refund.order_id == order_id).order_by(Refund.id)).all(),
        session.scalars(select(Document).where(Document.order_id == order_id).order_by(Document.id)).all(),
    )


def with_a_code(session: Session, order: Order) -> set[int]:
    """Give the ids of an order's tickets whose code for the door its buyer may see: nobody else paid for who comes.

    Anybody can type anybody's address: who is at the event by another order, or was there without a ticket, keeps
    their code to themselves.
    """
    mine = brought_by(session, order)
    return {one.id for one in order.tickets if one.state == "valid" and one.registration_id in mine}


def brought_by(session: Session, order: Order) -> set[int]:
    """Give the ids of the registrations that are there by this order alone."""
    mine = {one.registration_id for one in order.tickets if one.state in HOLDING and one.registration_id is not None}
    if not mine:
        return set()
    others = select(Ticket.registration_id).where(
        Ticket.registration_id.in_(mine), Ticket.order_id != order.id, Ticket.state != "wished"
    )
    before = select(Registration.id).where(Registration.id.in_(mine), Registration.by_itself)
    return mine - set(session.scalars(others)) - set(session.scalars(before))


def newest_attempt(session: Session, order_id: int) -> Attempt | None:
    """Give the newest try to pay an order by card."""
    return session.scalars(
        select(Attempt).where(Attempt.order_id == order_id).order_by(Attempt.number.desc()).limit(1)
    ).one_or_none()
