"""Mails about orders of which no money has come: within the hour's five at once, else gathered in one, later.

Such an order's address was only typed. What its people are told of their places and calendars goes first.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.actions import limit_attempts
from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.words import say
from gatherings.jobs import actions as jobs
from gatherings.payments.actions.telling import post_order
from gatherings.registration.actions.sending import take_mail
from gatherings.tickets.actions.orders import lock_order
from gatherings.tickets.models import Order

JOB = "order_stands"
BOOKINGS_AN_HOUR = 5
_LATER = timedelta(hours=1)
_CALENDAR = 2  # of the hour's mails are left for an invite and for taking it out of a calendar again


def limit_bookings(session: Session, buyer_id: int, event_id: int, *, now: datetime) -> None:
    """Refuse more than five bookings an hour by one buyer for one event that nothing was paid for; raises TooMany."""
    limit_attempts(
        session, "booking", f"{buyer_id}:{event_id}", most=BOOKINGS_AN_HOUR, window=timedelta(hours=1), now=now,
        sentence=say("Several orders were made with this address in the last hour. Please try again later."),
    )  # fmt: skip


def post_or_gather(
    session: Session, order: Order, kind: str, site: Site, *, now: datetime, key: str = "", **more: Any
) -> None:
    """Post a mail about an order to its buyer, or say within an hour or two how the order stands by then."""
    buyer = session.get_one(Person, order.person_id)
    if order.received or take_mail(session, buyer, order.event_id, spare=_CALENDAR, now=now):
        post_order(session, order, kind, site, now=now, key=key, **more)
    else:
        _gather(session, order, now)


def send_gathered(session: Session, payload: dict[str, Any], site: Site, *, now: datetime) -> bool:
    """Tell a buyer how an order stands, where mails about it were held back; later, where the hour is full again."""
    order_id = session.scalars(select(Order.id).where(Order.public_id == payload["order"])).one_or_none()
    if order_id is None:
        return False
    order = lock_order(session, order_id)
    kind = _kind_of(order)
    if kind is None:
        return False
    if not take_mail(session, session.get_one(Person, order.person_id), order.event_id, spare=_CALENDAR, now=now):
        _gather(session, order, now)
        return False
    more = {"amount": 0} if kind == "order_left" else {}
    return post_order(session, order, kind, site, now=now, key=f"gathered-{_hour(now)}", **more) > 0


def _kind_of(order: Order) -> str | None:
    if order.erased_at is not None or order.received:  # of money that came, each mail went at once
        return None
    if order.state == "due":
        return f"order_{order.way}"
    return {"paid": "order_confirmed", "cancelled": "order_left"}.get(order.state)


def _gather(session: Session, order: Order, now: datetime) -> None:
    jobs.enqueue(
        session, kind=JOB, key=f"order-stands:{order.public_id}:{_hour(now)}", due_at=now + _LATER,
        payload={"order": order.public_id}, now=now,
    )  # fmt: skip


def _hour(now: datetime) -> int:
    return int(now.timestamp()) // 3600
