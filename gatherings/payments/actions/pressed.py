"""One form is one order: what a second press, or going back and choosing otherwise, does to the first."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from gatherings.config import Site
from gatherings.core.tokens import new_public_id
from gatherings.events.models import Event
from gatherings.payments.rules.ordering import OrderWish, order_ids
from gatherings.registration.actions.ticketed import let_go
from gatherings.tickets.models import Order, Ticket, TicketKind
from gatherings.tickets.rules.states import LIVE

_STANDING = (*LIVE, "wished")


def find_pressed(
    session: Session, event: Event, wish: OrderWish, site: Site, *, now: datetime
) -> tuple[Order | None, str]:
    """Find the order that this very press made already, or the public id that a new one of this form has.

    Read after the pools are locked: whoever pressed at the same moment has written by then. A wish that is another
    than the one before replaces it, if nothing was paid or begun: its places are free for this one.
    """
    last: Order | None = None
    for public_id in order_ids(wish.key):
        found = session.scalars(
            select(Order)
            .where(Order.public_id == public_id, Order.event_id == event.id)
            .options(
                selectinload(Order.tickets).joinedload(Ticket.kind),
                selectinload(Order.tickets).joinedload(Ticket.person),
            )
            .with_for_update(of=Order)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if found is not None:
            last = found
            continue
        if last is not None and last.state in _STANDING and _is_same(last, wish):
            return last, ""
        if last is not None and last.state == "open" and not last.attempts:
            held = [ticket for ticket in last.tickets if ticket.state == "held"]
            let_go(session, held, event, site, by="person", now=now)
        return None, public_id
    return None, new_public_id()


def _is_same(order: Order, wish: OrderWish) -> bool:
    """Tell whether an order is what a wish asks for: the same people, kinds, codes and amounts."""
    live = [ticket for ticket in order.tickets if ticket.state != "cancelled"]
    there = sorted((ticket.kind.public_id, ticket.person.key, ticket.name, _chosen(ticket)) for ticket in live)
    wanted = sorted((one.kind, one.address.key, one.name, one.amount or 0) for one in wish.tickets)
    codes = list(dict.fromkeys(code.strip().upper() for code in wish.codes))
    return there == wanted and order.name == wish.name and order.codes == codes


def _chosen(ticket: Ticket) -> int:
    kind: TicketKind = ticket.kind
    return ticket.price if kind.price == "choose" else 0
