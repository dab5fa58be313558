"""What all that moves money shares: the order of locks, the log, money that goes back."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.audit.actions import log
from gatherings.config import Site
from gatherings.core.tokens import new_public_id
from gatherings.events.models import Event
from gatherings.payments.actions.telling import post_order
from gatherings.payments.models import Payment, Refund
from gatherings.registration.actions.waiting import lock_pools
from gatherings.tickets.actions.orders import lock_order
from gatherings.tickets.models import Order

BY_HAND = ("bank", "door")


def lock_for_money(session: Session, order_id: int) -> tuple[Order, Event]:
    """Lock the pools of an order's event, then the order; give both, read afresh, the event with its community."""
    event_id = session.scalars(select(Order.event_id).where(Order.id == order_id)).one()
    event = session.scalars(
        select(Event)
        .where(Event.id == event_id)
        .options(joinedload(Event.community))
        .execution_options(populate_existing=True)
    ).one()
    lock_pools(session, event, tickets_of=order_id)
    return lock_order(session, order_id), event


def log_money(
    session: Session, order: Order, action: str, *, now: datetime, actor: str = "system", **more: Any
) -> None:
    """Write what happened to an order's money into the log of its community."""
    community_id = session.scalars(select(Event.community_id).where(Event.id == order.event_id)).one()
    about = f"order:{order.public_id}"
    log(session, actor=actor, action=action, about=about, community_id=community_id, now=now, **more)


def notify(session: Session, order: Order, why: str, site: Site, *, now: datetime, key: str, **more: Any) -> None:
    """Tell the organisers who look after money that something about it needs their eyes."""
    post_order(session, order, "money_notice", site, now=now, key=key, why=why, **more)


def make_refund(
    session: Session,
    order: Order,
    payment: Payment,
    amount: int,
    reason: str,
    *,
    tickets: dict[str, int] | None = None,
    person_id: int | None = None,
    now: datetime,
) -> Refund:
    """Write that an amount of a payment goes back; the worker sends it, or an organiser by hand. Counted from now on.

    The order is locked.
    """
    refund = Refund(
        public_id=new_public_id(), order_id=order.id, payment_id=payment.id, amount=amount, currency=payment.currency,
        reason=reason, tickets=tickets or {}, state="by_hand" if payment.provider in BY_HAND else "due",
        asked_by=person_id, due_at=now, created_at=now,
    )  # fmt: skip
    session.add(refund)
    count_back(order, payment, amount)
    session.flush()
    return refund


def count_back(order: Order, payment: Payment, amount: int) -> None:
    """Count money that goes back (or, below nothing, that did not) on its payment, and on the order it paid for."""
    payment.given_back += amount
    if payment.counts:
        order.given_back += amount
