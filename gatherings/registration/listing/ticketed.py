"""The tickets of who is registered: to be found by, and to be told beside their names."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, not_, select
from sqlalchemy.orm import Session

from gatherings.events.models import Event
from gatherings.registration.listing.filter import NO_TICKET
from gatherings.registration.models import Registration
from gatherings.tickets.models import Order, Ticket, TicketKind
from gatherings.tickets.rules.states import HOLDING

_LIVE = (*HOLDING, "wished")


@dataclass(frozen=True)
class Held:
    """One ticket of somebody, with how its order stands: `owed` in minor units, of the whole order."""

    kind: str
    kind_id: str  # public id
    days: list[str]
    state: str  # held, valid, wished
    reference: str
    order_id: str  # public id
    order_state: str
    way: str
    owed: int
    currency: str

    @property
    def paid(self) -> bool:
        """Tell whether nothing is owed for it any more."""
        return self.order_state == "paid" or (self.order_state == "due" and self.owed <= 0)


def sells(event: Event) -> bool:
    """Tell whether one comes to an event with a ticket."""
    return "tickets" in event.offers.split()


def tickets_of(session: Session, registrations: Collection[int]) -> Mapping[int, list[Held]]:
    """Give the tickets of registrations (by id) that are not cancelled, in the order of their kinds; one query."""
    found: dict[int, list[Held]] = {}
    if not registrations:
        return found
    rows = session.execute(
        select(
            Ticket.registration_id, TicketKind.name, TicketKind.public_id, TicketKind.days, Ticket.state,
            Order.reference, Order.public_id, Order.state, Order.way,
            Order.total - Order.received + Order.given_back, Order.currency,
        )
        .join(TicketKind, TicketKind.id == Ticket.kind_id)
        .join(Order, Order.id == Ticket.order_id)
        .where(Ticket.registration_id.in_(registrations), Ticket.state.in_(_LIVE))
        .order_by(TicketKind.position, Ticket.id)
    )  # fmt: skip
    for registration_id, *rest in rows:
        assert registration_id is not None  # asked for
        found.setdefault(registration_id, []).append(Held(*rest))
    return found


def kinds_on_list(session: Session, event: Event) -> list[tuple[str, str]]:
    """List the kinds that an event has, retired ones too: (public id, name)."""
    found = select(TicketKind.public_id, TicketKind.name).where(TicketKind.event_id == event.id)
    return [(public_id, name) for public_id, name in session.execute(found.order_by(TicketKind.position))]


def has_ticket(kind: str) -> ColumnElement[bool]:
    """Give the condition that somebody has or waits for a ticket of a kind (its public id); "none": has none."""
    mine = and_(Ticket.registration_id == Registration.id, Ticket.state.in_(_LIVE))
    if kind == NO_TICKET:
        return not_(exists().where(mine))
    return exists().where(mine, TicketKind.id == Ticket.kind_id, TicketKind.public_id == kind)


def is_paid(paid: bool) -> ColumnElement[bool]:
    """Give the condition that somebody's ticket is paid, or that it is still to be."""
    mine = and_(Ticket.registration_id == Registration.id, Ticket.state.in_(HOLDING), Order.id == Ticket.order_id)
    settled = Order.total - Order.received + Order.given_back <= 0
    if paid:
        return exists().where(mine, Ticket.state == "valid", Order.state.in_(("paid", "due")), settled)
    return exists().where(mine, not_(and_(Order.state.in_(("paid", "due")), settled)))
