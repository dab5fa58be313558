"""Everybody's money back when a gathering is cancelled: asked for once, worked in steps by the worker, resumable.

Each step closes some orders in one transaction; the refunds and credit notes are then made as for any order whose
tickets were cancelled (following.py), with the same keys, so that nothing goes back twice however often it stops.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.config import Site
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.db.upsert import insert_once
from gatherings.events.models import Event, EventChange
from gatherings.events.queries import WITH_ALL
from gatherings.payments.actions.telling import post_order
from gatherings.payments.models import GivingBack
from gatherings.registration.actions.leaving import cancel
from gatherings.registration.actions.ticketed import close_tickets
from gatherings.registration.actions.waiting import lock_pools
from gatherings.registration.models import Registration
from gatherings.tickets.actions.orders import lock_order
from gatherings.tickets.models import Order, Ticket
from gatherings.tickets.rules.states import HOLDING, LIVE

BATCH = 20  # orders of one step

_TAKES_PLACE = say("This gathering is not cancelled, so its tickets stay as they are.")


def ask(session: Session, event_id: int, *, person: Person, now: datetime) -> bool:
    """Ask that everybody gets back what they paid for a cancelled event. Gives False when it was asked for before.

    What is asked again, after the gathering took place anew and was cancelled once more, begins anew.
    """
    event = session.scalars(select(Event).where(Event.id == event_id).with_for_update()).one()
    if event.status != "cancelled":
        raise Conflict(_TAKES_PLACE)
    wanted = {"event_id": event_id, "asked_by": person.id, "asked_at": now, "up_to": 0, "orders": 0, "amount": 0}
    if not insert_once(session, GivingBack, wanted, ["event_id"]):
        row = session.scalars(select(GivingBack).where(GivingBack.event_id == event_id).with_for_update()).one()
        if row.finished_at is None or not count_open(session, event_id):
            return False
        row.asked_by, row.asked_at, row.up_to, row.finished_at = person.id, now, 0, None
    session.flush()
    log(
        session, actor=person.public_id, action="give_everybody_back", about=f"event:{event.public_id}",
        community_id=event.community_id, now=now,
    )  # fmt: skip
    return True


def to_close() -> ColumnElement[bool]:
    """Tell of orders whether they are closed by this: whatever costs something, and has people in it."""
    return and_(Order.state.in_(LIVE), or_(Order.total > 0, Order.received > Order.given_back))


def count_open(session: Session, event_id: int) -> int:
    """Count the orders that are still to be closed."""
    return session.scalar(select(func.count(Order.id)).where(Order.event_id == event_id, to_close())) or 0


def list_asked(session: Session) -> list[int]:
    """List the events for which there is something to do, asked for first."""
    rows = select(GivingBack.event_id).where(GivingBack.finished_at.is_(None)).order_by(GivingBack.asked_at)
    return list(session.scalars(rows))


def step(session: Session, site: Site, *, now: datetime, event_id: int | None = None) -> bool:
    """Close the next orders of one event; True when something was done and there may be more.

    It begins when those registered were told that the gathering is off, so that their calendars have let go of it.
    """
    wanted = select(GivingBack).where(GivingBack.finished_at.is_(None)).order_by(GivingBack.asked_at).limit(1)
    if event_id is not None:
        wanted = wanted.where(GivingBack.event_id == event_id)
    untold = select(EventChange.event_id).where(EventChange.event_id.is_not(None), EventChange.finished_at.is_(None))
    wanted = wanted.where(GivingBack.event_id.not_in(untold))
    row = session.scalars(wanted.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return False
    event = session.scalars(select(Event).where(Event.id == row.event_id).options(*WITH_ALL)).one()
    if event.status != "cancelled":  # it takes place after all
        row.finished_at = now
        return True
    orders = session.scalars(
        select(Order.id)
        .where(Order.event_id == event.id, Order.id > row.up_to, to_close())
        .order_by(Order.id)
        .limit(BATCH)
    ).all()
    actor = session.get(Person, row.asked_by) if row.asked_by else None
    if orders:
        lock_pools(session, event, tickets_of=0)
    for order_id in orders:
        back = _close(session, order_id, event, actor, site, now=now)
        row.up_to, row.orders, row.amount = order_id, row.orders + 1, row.amount + back
    if len(orders) < BATCH:
        row.finished_at = now
        log(
            session, actor=actor.public_id if actor else "worker", action="giving_back_done",
            about=f"event:{event.public_id}", community_id=event.community_id, now=now, orders=row.orders,
        )  # fmt: skip
    session.flush()
    return True


def _close(session: Session, order_id: int, event: Event, actor: Person | None, site: Site, *, now: datetime) -> int:
    """Cancel all tickets of an order with all of their money, and their registrations; give what is to go back."""
    tickets = session.scalars(
        select(Ticket).where(Ticket.order_id == order_id, Ticket.state.in_(HOLDING)).order_by(Ticket.id)
    ).all()
    ids = {ticket.registration_id for ticket in tickets if ticket.registration_id is not None}
    rows = session.scalars(
        select(Registration)
        .where(Registration.id.in_(ids))
        .order_by(Registration.id)
        .options(
            joinedload(Registration.event).options(*WITH_ALL),
            joinedload(Registration.person),
            joinedload(Registration.invite),
        )
    ).all()
    name = actor.public_id if actor is not None else "worker"
    for registration in rows:
        cancel(session, registration, site, now=now, by="event", tell=False, actor=name)
    left = [ticket for ticket in tickets if ticket.state in HOLDING]
    close_tickets(session, left, site, by="event", now=now, percent=100)
    order = lock_order(session, order_id)
    if order.state not in ("expired", "cancelled"):
        order.state, order.closed_at = "cancelled", now
    order.follow_at = now
    session.flush()
    if order.received <= order.given_back:  # nothing to go back: they learn that nothing is to be paid any more
        post_order(session, order, "order_left", site, now=now, key="event", amount=0)
    return max(0, -order.owed)
