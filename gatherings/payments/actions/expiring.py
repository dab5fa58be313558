"""Orders that were not paid in time: their sessions are ended at the provider first, then their places are free."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.config import Site
from gatherings.db.session import transact
from gatherings.payments.actions.looking import close_attempts
from gatherings.payments.actions.money import lock_for_money
from gatherings.payments.actions.telling import post_order
from gatherings.payments.models import Attempt
from gatherings.payments.providers import Provider
from gatherings.payments.rules.settling import DEAD_AFTER
from gatherings.registration.actions.ticketed import let_go
from gatherings.registration.models import Registration
from gatherings.tickets.models import Order, Ticket
from gatherings.tickets.rules.states import HOLDING


def list_expired(session: Session, now: datetime, limit: int) -> list[int]:
    """List the orders whose time to pay is over."""
    over = select(Order.id).where(Order.state == "open", Order.expires_at <= now)
    return list(session.scalars(over.order_by(Order.expires_at).limit(limit)))


def expire_order(provider: Provider | None, order_id: int, site: Site, *, now: datetime) -> bool:
    """Give the places of an order back whose time is over, unless it was paid; outside of any transaction.

    Raises Away where the provider cannot be asked and somebody may still pay: then they are kept for a while.
    """
    if close_attempts(provider, order_id, site, now=now) != "open":
        return True
    return transact(expire, order_id, site, now=now)


def expire(session: Session, order_id: int, site: Site, *, now: datetime) -> bool:
    """Let an order's places go whose time is over; False where it was begun to be paid again meanwhile."""
    order, event = lock_for_money(session, order_id)
    if order.state != "open" or order.expires_at is None or order.expires_at > now:
        return False
    live = select(Attempt.id).where(Attempt.order_id == order.id, Attempt.state.in_(("starting", "open")))
    if session.scalars(live.where(Attempt.expires_at > now - DEAD_AFTER).limit(1)).first() is not None:
        return False
    tickets = session.scalars(
        select(Ticket).where(Ticket.order_id == order.id, Ticket.state.in_(HOLDING)).order_by(Ticket.id)
    ).all()
    offered = session.scalars(
        select(Registration.id)
        .where(Registration.id.in_({one.registration_id for one in tickets}), Registration.state == "offered")
        .limit(1)
    ).first()
    let_go(session, tickets, event, site, by="expiry", now=now)
    session.refresh(order)
    if order.state == "open":  # nobody was left in it
        order.state, order.closed_at = "expired", now
    session.flush()
    if order.attempts and offered is None:
        post_order(session, order, "order_expired", site, now=now)
    return True
