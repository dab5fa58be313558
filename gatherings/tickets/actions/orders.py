"""What an order comes to, reckoned again from its tickets."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.tickets.models import Order, Ticket
from gatherings.tickets.rules.pricing import vat_back


def lock_order(session: Session, order_id: int) -> Order:
    """Lock an order and read it afresh; whatever moves its state or its money does so first. After the pools."""
    return session.scalars(
        select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def sums_of(tickets: Iterable[Ticket]) -> tuple[int, int, int]:
    """Give (total, VAT in it, discount) of tickets, in minor units: what is to be paid after what comes back."""
    total = vat = discount = 0
    for ticket in tickets:
        total += ticket.gross - ticket.comes_back
        vat += ticket.vat - vat_back(ticket.gross, ticket.vat, 0, ticket.comes_back)
        discount += ticket.discount
    return total, vat, discount


def recount(session: Session, order: Order, *, now: datetime) -> None:
    """Reckon an order's sums from its tickets, and let the worker look after refunds and documents (`follow_at`)."""
    session.flush()
    tickets = session.scalars(select(Ticket).where(Ticket.order_id == order.id))
    order.total, order.vat, order.discount = sums_of(tickets)
    order.follow_at = now
