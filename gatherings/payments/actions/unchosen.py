"""Orders whose buyer went away before choosing how to pay: one mail with the link, while the places are held."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.jobs import actions as jobs
from gatherings.payments.actions.telling import post_order
from gatherings.registration.actions.sending import may_mail
from gatherings.tickets.actions.orders import lock_order
from gatherings.tickets.models import Order

JOB = "order_held"
# Whoever pays at once gets no mail of it; and the shortest hold (tickets/rules/selling.py) leaves time to follow it.
AFTER = timedelta(minutes=7)


def look_later(session: Session, order: Order, *, now: datetime) -> None:
    """Let the worker look in a few minutes whether an order that was just placed still waits for its buyer."""
    jobs.enqueue(
        session, kind=JOB, key=f"order-held:{order.public_id}", due_at=now + AFTER,
        payload={"order": order.public_id}, now=now,
    )  # fmt: skip


def send_link(session: Session, payload: dict[str, Any], site: Site, *, now: datetime) -> bool:
    """Mail the link of an order that nobody chose a way to pay for, once; 5 mails an hour at most.

    Whoever began to pay by card is written to when it is over, whichever way it ends.
    """
    order_id = session.scalars(select(Order.id).where(Order.public_id == payload["order"])).one_or_none()
    if order_id is None:
        return False
    order = lock_order(session, order_id)
    over = order.expires_at is None or order.expires_at <= now
    if order.state != "open" or order.attempts or over or order.erased_at is not None:
        return False
    if not may_mail(session, session.get_one(Person, order.person_id), order.event_id, now=now):
        return False
    return post_order(session, order, "order_held", site, now=now) > 0
