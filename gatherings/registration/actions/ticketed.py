"""Registrations that come with tickets: held while somebody pays, confirmed, let go; tickets follow them.

A registration lives as long as one of its tickets does. Pools are locked in ascending id, the event's and the kinds'
together, then orders; whoever frees a place serves the waiting list in the same transaction.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core import zones
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.db import places
from gatherings.events.models import Event
from gatherings.registration import rules
from gatherings.registration.actions.registering import insert_registration, keep_answers, new_registration, revive
from gatherings.registration.actions.sending import post_own_state
from gatherings.registration.actions.waiting import free_place
from gatherings.registration.models import Registration
from gatherings.registration.rules import Wanted
from gatherings.tickets.actions.orders import lock_order, recount
from gatherings.tickets.models import Code, Order, Sale, Ticket, TicketKind
from gatherings.tickets.rules.comes_back import percent_back
from gatherings.tickets.rules.pricing import part_back
from gatherings.tickets.rules.states import HOLDING


class Full(Conflict):
    """A place that was asked for is gone. `kind_id` is the kind whose quota is used up, None for the event's side."""

    def __init__(self, kind_id: int | None = None) -> None:
        super().__init__(say("The last place was taken a moment ago."))
        self.kind_id = kind_id


def lock_for_tickets(session: Session, event: Event, kinds: Iterable[TicketKind], codes: Iterable[Code] = ()) -> None:
    """Lock all pools that tickets of these kinds and codes are taken from, in ascending id."""
    places.lock(session, [*event.pool_ids, *(kind.places_id for kind in kinds), *(code.places_id for code in codes)])


def hold_ticket(
    session: Session,
    ticket: Ticket,
    kind: TicketKind,
    event: Event,
    person: Person,
    wanted: Wanted,
    *,
    now: datetime,
) -> Registration:
    """Take all places of one ticket and a registration for who comes with it; the ticket is then "held".

    The pools are locked (`lock_for_tickets`); `ticket` is not written yet, its side is decided, its codes are named in
    `code_ids`. Who is at the event already keeps their registration, and nothing of it changes but for a place in the
    room instead of online. Raises Full; the caller's transaction then ends, and takes back what was taken so far.
    """
    if not places.claim(session, kind.places_id):
        raise Full(kind.id)
    _use_codes(session, ticket)
    pool_id = event.pool_at(ticket.side)
    if pool_id is None:
        raise Full()
    registration = session.scalars(
        select(Registration)
        .where(Registration.event_id == event.id, Registration.person_id == person.id)
        .options(joinedload(Registration.invite))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if registration is not None and registration.state in rules.HOLDING:
        if ticket.side == "room" and registration.places_id == event.online_id:
            _claim(session, pool_id)
            free, registration.places_id = registration.places_id, pool_id
            session.flush()
            assert free is not None  # its state holds a place
            places.release(session, free)
    else:
        _claim(session, pool_id)
        new = registration is None
        if registration is None:
            registration = new_registration(event, person, wanted, now=now)
        elif registration.state == "cancelled":
            revive(session, registration, event, person, wanted, now=now)
        registration.waits_for_id = registration.queue_number = None
        registration.places_id, registration.state = pool_id, "pending"
        if new:
            insert_registration(session, registration)
        session.flush()
        keep_answers(session, registration, wanted, event, now=now, new=new)
    ticket.registration_id, ticket.state = registration.id, "held"
    return registration


def _claim(session: Session, pool_id: int) -> None:
    if not places.claim(session, pool_id):
        raise Full()


def _use_codes(session: Session, ticket: Ticket) -> None:
    for pool_id in session.scalars(select(Code.places_id).where(Code.id.in_(ticket.code_ids)).order_by(Code.id)):
        if not places.claim(session, pool_id):
            raise Conflict(say("This code has been used as often as it can be."))


def confirm_tickets(session: Session, order: Order, tickets: Sequence[Ticket], site: Site, *, now: datetime) -> None:
    """Make held tickets valid and confirm who comes with them: each gets the mail with their invite, once."""
    for ticket in tickets:
        if ticket.state == "held":
            ticket.state = "valid"
    session.flush()
    wanted = [ticket.registration_id for ticket in tickets if ticket.state == "valid"]
    for registration in _registrations(session, wanted):
        if registration.state not in ("pending", "offered"):
            continue
        registration.state, registration.confirmed_at, registration.link_sent_at = "confirmed", now, now
        session.flush()
        post_own_state(session, registration, site, kind="confirmed", now=now, step=registration.invite.sequence >= 0)


def _registrations(session: Session, ids: Iterable[int | None]) -> list[Registration]:
    return list(
        session.scalars(
            select(Registration)
            .where(Registration.id.in_({one for one in ids if one is not None}))
            .order_by(Registration.id)
            .options(
                joinedload(Registration.person),
                joinedload(Registration.invite),
                joinedload(Registration.event).joinedload(Event.community),
                joinedload(Registration.event).joinedload(Event.series),
                joinedload(Registration.event).joinedload(Event.series_rule),
            )
            .execution_options(populate_existing=True)
        )
    )


def close_tickets(
    session: Session, tickets: Sequence[Ticket], site: Site, *, by: str, now: datetime, percent: int | None = None
) -> None:
    """Cancel tickets and give their kinds' places and codes back; their orders are reckoned again.

    `by`: "person", "host", "event", "expiry". `percent` (0 to 100) is what comes back; None: all of what was only
    held, and of what was valid what the sale's steps give a "person" today, nothing to who is cancelled by a "host"
    (the treasurer is told, and decides). Registrations are not touched: see `let_go` and `leaving.cancel`.
    """
    closing = [ticket for ticket in tickets if ticket.state in (*HOLDING, "wished")]
    if not closing:
        return
    kinds = {
        kind.id: kind
        for kind in session.scalars(select(TicketKind).where(TicketKind.id.in_({one.kind_id for one in closing})))
    }
    held = [ticket for ticket in closing if ticket.state in HOLDING]
    for ticket in closing:
        share = 100 if ticket.state != "valid" or by == "event" else _share(session, kinds[ticket.kind_id], by, now)
        share = share if percent is None else percent
        currency = session.get_one(Order, ticket.order_id).currency
        ticket.comes_back = max(ticket.comes_back, part_back(ticket.gross, share, currency))
        ticket.state, ticket.cancelled_at, ticket.cancelled_by = "cancelled", now, by
    session.flush()
    for order_id in sorted({ticket.order_id for ticket in closing}):
        order = lock_order(session, order_id)
        recount(session, order, now=now)
        _end_order(session, order, by=by, now=now)
    for ticket in held:
        for pool_id in session.scalars(select(Code.places_id).where(Code.id.in_(ticket.code_ids)).order_by(Code.id)):
            places.release(session, pool_id)
        free_place(session, kinds[ticket.kind_id].places_id, site, now=now)


def _share(session: Session, kind: TicketKind, by: str, now: datetime) -> int:
    if by != "person":
        return 0
    event = session.get_one(Event, kind.event_id)
    steps = session.scalars(select(Sale.comes_back).where(Sale.event_id == event.id)).one()
    today = zones.to_local(now, event.zone).date()
    return percent_back(steps, today=today, first_day=event.starts_local.date())


def _end_order(session: Session, order: Order, *, by: str, now: datetime) -> None:
    """Close an order that has nobody left; one that a host emptied, though it was paid, is shown to the treasurer."""
    left = session.scalar(
        select(func.count(Ticket.id)).where(Ticket.order_id == order.id, Ticket.state.in_((*HOLDING, "wished")))
    )
    if by == "host" and order.received > order.given_back:
        order.attention = "left-by-host"
    if not left and order.state not in ("expired", "cancelled"):
        order.state, order.closed_at = "expired" if by == "expiry" else "cancelled", now


def live_tickets(session: Session, registration_id: int) -> list[Ticket]:
    """List the tickets of a registration that are not cancelled."""
    return list(
        session.scalars(
            select(Ticket)
            .where(Ticket.registration_id == registration_id, Ticket.state.in_((*HOLDING, "wished")))
            .order_by(Ticket.id)
        )
    )


def let_go(session: Session, tickets: Sequence[Ticket], event: Event, site: Site, *, by: str, now: datetime) -> None:
    """Take back tickets that were held and not paid, and the registrations that had no other; nobody is mailed.

    For orders that expired or were left before they were paid: who never had an invite needs no CANCEL.
    """
    kinds = session.scalars(select(TicketKind).where(TicketKind.id.in_({one.kind_id for one in tickets}))).all()
    codes = session.scalars(select(Code).where(Code.id.in_({id for one in tickets for id in one.code_ids}))).all()
    lock_for_tickets(session, event, kinds, codes)
    close_tickets(session, tickets, site, by=by, now=now)
    for registration in _registrations(session, [ticket.registration_id for ticket in tickets]):
        if registration.state == "confirmed" or live_tickets(session, registration.id):
            continue
        if registration.state not in rules.LIVE:
            continue
        held = registration.places_id
        registration.state, registration.places_id = "cancelled", None
        registration.waits_for_id = registration.queue_number = None
        registration.cancelled_at, registration.cancelled_by = now, by
        session.flush()
        if held is not None:
            free_place(session, held, site, now=now)
