"""Registrations that come with tickets: held while somebody pays, confirmed, let go; tickets follow them.

A registration lives as long as one of its tickets does. Pools are locked in ascending id, the event's and the kinds'
together, then orders; whoever frees a place serves the waiting list in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core import zones
from gatherings.db import places
from gatherings.events.models import Event
from gatherings.registration import offer_facts
from gatherings.registration.actions.ticket_places import (
    Full,
    confirm_tickets,
    hold_ticket,
    live_tickets,
    lock_for_tickets,
    registrations_of,
    wished_ticket,
)
from gatherings.registration.actions.waiting import free_place, lock_pools, serve_event
from gatherings.registration.models import Registration
from gatherings.tickets.actions.applications import give_back_unused
from gatherings.tickets.actions.orders import lock_order, recount
from gatherings.tickets.models import Code, Order, Sale, Ticket, TicketKind
from gatherings.tickets.rules.comes_back import percent_back
from gatherings.tickets.rules.pricing import part_back
from gatherings.tickets.rules.states import HOLDING

__all__ = [
    "Full", "close_tickets", "confirm_tickets", "hold_ticket", "let_go", "live_tickets", "lock_for_tickets",
]  # fmt: skip


def close_tickets(
    session: Session, tickets: Sequence[Ticket], site: Site, *, by: str, now: datetime, percent: int | None = None
) -> None:
    """Cancel tickets and give their kinds' places and codes back; their orders are reckoned again.

    `by`: "person", "host", "event", "expiry". `percent` (0 to 100) is what comes back; None: all of what was only
    held, and of what was valid what the sale's steps give a "person" today, nothing to who is cancelled by a "host"
    (the treasurer is told, and decides). Registrations are not touched: see `let_go` and `leaving.cancel`; but who is
    at the event already, and only waited for these, waits no more. The pools are locked (`waiting.lock_pools`).
    """
    closing = [ticket for ticket in tickets if ticket.state in (*HOLDING, "wished")]
    if not closing:
        return
    kinds = {
        kind.id: kind
        for kind in session.scalars(select(TicketKind).where(TicketKind.id.in_({one.kind_id for one in closing})))
    }
    held = [ticket for ticket in closing if ticket.state in HOLDING]
    wished = [ticket.registration_id for ticket in closing if ticket.state == "wished"]
    for ticket in closing:
        order = session.get_one(Order, ticket.order_id)
        # Who would have paid at the door, and does not come, owes nothing.
        whole = ticket.state != "valid" or by == "event" or (order.way == "door" and order.received == 0)
        share = 100 if whole else _share(session, kinds[ticket.kind_id], by, now)
        share = share if percent is None else percent
        ticket.comes_back = max(ticket.comes_back, part_back(ticket.gross, share, order.currency))
        ticket.state, ticket.cancelled_at, ticket.cancelled_by = "cancelled", now, by
    session.flush()
    for order_id in sorted({ticket.order_id for ticket in closing}):
        order = lock_order(session, order_id)
        recount(session, order, now=now)
        _end_order(session, order, by=by, now=now)
    for ticket in held:
        for pool_id in session.scalars(select(Code.places_id).where(Code.id.in_(ticket.code_ids)).order_by(Code.id)):
            places.release(session, pool_id)
        places.release(session, kinds[ticket.kind_id].places_id)
    _wait_no_more(session, wished)
    if held:
        for event_id in sorted({kind.event_id for kind in kinds.values()}):
            serve_event(session, event_id, site, now=now)


def _wait_no_more(session: Session, registrations: Sequence[int | None]) -> None:
    for registration in registrations_of(session, registrations):
        if registration.places_id is not None and wished_ticket(session, registration.id) is None:
            registration.waits_for_id = registration.queue_number = None
    session.flush()


def _share(session: Session, kind: TicketKind, by: str, now: datetime) -> int:
    if by != "person":
        return 0
    event = session.get_one(Event, kind.event_id)
    steps = session.scalars(select(Sale.comes_back).where(Sale.event_id == event.id)).one()
    today = zones.to_local(now, event.zone).date()
    return percent_back(steps, today=today, first_day=event.starts_local.date())


def _end_order(session: Session, order: Order, *, by: str, now: datetime) -> None:
    """Close an order that has nobody left; one that a host emptied, paid or still owed, is shown to the treasurer."""
    left = session.scalar(
        select(func.count(Ticket.id)).where(Ticket.order_id == order.id, Ticket.state.in_((*HOLDING, "wished")))
    )
    if by == "host" and (order.received > order.given_back or order.owed > 0):
        order.attention = "left-by-host"
    if not left and order.state not in ("expired", "cancelled"):
        if order.state in ("open", "wished"):
            give_back_unused(session, order)
        order.state, order.closed_at = "expired" if by == "expiry" else "cancelled", now


def let_go(session: Session, tickets: Sequence[Ticket], event: Event, site: Site, *, by: str, now: datetime) -> None:
    """Take back tickets that were held and not paid, and the registrations that had no other; nobody is mailed.

    For orders that expired or were left before they were paid: who never had an invite needs no CANCEL. But whose
    offer from the waiting list has ended is told so.
    """
    lock_pools(session, event, tickets_of=tickets[0].registration_id if tickets else None)
    offered = [one.id for one in _of_tickets(session, tickets) if one.state == "offered"]
    ended = [ticket for ticket in tickets if ticket.registration_id in offered] if by == "expiry" else []
    close_tickets(session, tickets, site, by=by, now=now)
    for registration in _of_tickets(session, tickets):
        if registration.state in ("confirmed", "cancelled"):
            continue
        left = live_tickets(session, registration.id)
        if any(ticket.state in HOLDING for ticket in left):
            continue
        held, registration.places_id = registration.places_id, None
        if left:  # they go on waiting for another one
            registration.state = "waitlisted"
        else:
            registration.state = "cancelled"
            registration.waits_for_id = registration.queue_number = None
            registration.cancelled_at, registration.cancelled_by = now, by
        session.flush()
        if held is not None:
            free_place(session, held, site, now=now)
    _tell_ended(session, ended, event, site, now=now)


def _of_tickets(session: Session, tickets: Sequence[Ticket]) -> list[Registration]:
    return registrations_of(session, [ticket.registration_id for ticket in tickets])


def _tell_ended(session: Session, tickets: Sequence[Ticket], event: Event, site: Site, *, now: datetime) -> None:
    for order_id in sorted({ticket.order_id for ticket in tickets}):
        order = session.get_one(Order, order_id)
        lines = [
            (session.get_one(TicketKind, ticket.kind_id), ticket) for ticket in tickets if ticket.order_id == order_id
        ]
        buyer = session.get_one(Person, order.person_id)
        offer_facts.post(session, "offer_ended", order, lines, event, buyer, site, now=now)
