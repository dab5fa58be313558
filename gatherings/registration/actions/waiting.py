"""The waiting list: a freed place goes to the next in line, in the transaction that frees it."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from gatherings.config import Site
from gatherings.db import places
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.events.queries import WITH_SERIES
from gatherings.registration.actions.offering import offer
from gatherings.registration.actions.sending import post_own_state
from gatherings.registration.actions.sending_series import note_promoted, tell_promoted
from gatherings.registration.models import Registration
from gatherings.tickets.models import Code, Sale, Ticket, TicketKind


def lock_pools(session: Session, *events: Event, tickets_of: int | None = None) -> dict[int, Places]:
    """Lock all pools of events in ascending id; done first by whatever frees a place or moves between pools.

    Where tickets are sold, those of all kinds and codes are among them: a freed place may go to whoever waits for any.
    `tickets_of`: the id of a registration that may have tickets though none are offered any more.
    """
    wanted = [pool for event in events for pool in event.pool_ids]
    selling = [event.id for event in events if tickets_of is not None or "tickets" in event.offers.split()]
    if selling:
        kinds = select(TicketKind.places_id).where(TicketKind.event_id.in_(selling))
        wanted += session.scalars(kinds.union_all(select(Code.places_id).where(Code.event_id.in_(selling))))
    return places.lock(session, wanted)


def free_place(session: Session, places_id: int, site: Site, *, now: datetime) -> None:
    """Hand one place over to whoever waits first, or put it back into its pool.

    The pool must be locked. A pool that was made smaller than what is taken gives nothing away.
    """
    pool = session.get_one(Places, places_id)
    session.flush()
    places.release(session, places_id)
    session.refresh(pool)
    serve(session, pool, site, now=now)


def serve_event(session: Session, event_id: int, site: Site, *, now: datetime) -> int:
    """Give what is free at an event, a kind's quota too, to who waits for it; return to how many. Locks the pools."""
    event = session.get_one(Event, event_id)
    pools = lock_pools(session, event)
    return sum(serve(session, pools[pool_id], site, now=now) for pool_id in sorted(event.pool_ids))


def list_to_serve(session: Session, now: datetime) -> list[int]:
    """List events at which somebody waits with a ticket though there is a place for them now; a few at a time."""
    free = or_(Places.capacity.is_(None), Places.taken < Places.capacity, Registration.places_id == Places.id)
    return list(
        session.scalars(
            select(Registration.event_id)
            .distinct()
            .join(Event, Event.id == Registration.event_id)
            .join(Places, Places.id == Registration.waits_for_id)
            .where(Registration.waits_for_id.is_not(None), free, _waits_for_a_ticket(now))
            .order_by(Registration.event_id)
            .limit(20)
        )
    )


def serve(session: Session, pool: Places, site: Site, *, now: datetime) -> int:
    """Give free places of a locked pool to the waiting list in order; return how many were given.

    Who waits with a ticket waits here too, whether this pool or its kind is full: they are passed over, and keep
    their number, until both have a place.
    """
    given = 0
    while (waiting := _next_waiting(session, pool, now)) is not None:
        ticket = _ready_ticket(session, waiting)
        if ticket is not None:
            give(session, waiting, ticket, pool, site, now=now)
        elif places.claim(session, pool.id):
            promote(session, waiting, pool, site, now=now)
        else:
            break
        session.flush()
        session.refresh(pool)
        given += 1
    return given


def give(
    session: Session, registration: Registration, ticket: Ticket, pool: Places, site: Site, *, now: datetime
) -> None:
    """Offer somebody the ticket that they wait for (actions/offering.py); what they held meanwhile goes on."""
    freed = offer(session, registration, ticket, pool, site, now=now)
    if freed is not None:
        free_place(session, freed, site, now=now)


def _next_waiting(session: Session, pool: Places, now: datetime) -> Registration | None:
    ready = _waits_for_a_ticket(now)
    if pool.capacity is None or pool.taken < pool.capacity:
        ready = or_(ready, _wishes_for_nothing())
    else:  # who is there already needs their kind of ticket alone
        ready = and_(ready, Registration.places_id == pool.id)
    return session.scalars(
        select(Registration)
        .join(Event, Event.id == Registration.event_id)
        .where(Registration.waits_for_id == pool.id, ready)
        .order_by(Registration.queue_number)
        .limit(1)
        .options(
            joinedload(Registration.person),
            joinedload(Registration.invite),
            joinedload(Registration.event).options(*WITH_SERIES),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()


def _wishes_for_nothing() -> ColumnElement[bool]:
    return ~exists().where(Ticket.registration_id == Registration.id, Ticket.state == "wished")


def _waits_for_a_ticket(now: datetime) -> ColumnElement[bool]:
    """Tell whether somebody wishes for a ticket of a kind that is on sale and has a place."""
    ready = exists().where(Ticket.registration_id == Registration.id).where(*_to_be_had())
    return and_(Event.status == "published", Event.ends_at > now, ready)


def _to_be_had() -> tuple[ColumnElement[bool], ...]:
    """Tell of tickets whether they are wished and their kind is on sale and has a place."""
    kind = Places.__table__.alias("kind_places")
    return (
        Ticket.state == "wished",
        TicketKind.id == Ticket.kind_id,
        TicketKind.retired.is_(False),
        Sale.event_id == TicketKind.event_id,
        Sale.state == "on",
        kind.c.id == TicketKind.places_id,
        or_(kind.c.capacity.is_(None), kind.c.taken < kind.c.capacity),
    )


def _ready_ticket(session: Session, registration: Registration) -> Ticket | None:
    """Find the first ticket that can be had of those somebody waits for; None for who waits with none."""
    wished = select(Ticket).where(Ticket.registration_id == registration.id, *_to_be_had())
    return session.scalars(wished.order_by(Ticket.id).limit(1)).one_or_none()


def promote(session: Session, registration: Registration, pool: Places, site: Site, *, now: datetime) -> None:
    """Confirm the next in line with a place of `pool` (claimed already), and tell them.

    Who held an online place meanwhile gives it back, which may serve somebody who waits for that. Who comes every
    month is told by `tell_promoted`, once for all dates; whoever calls `free_place` calls that afterwards.
    """
    held = registration.places_id
    registration.places_id = pool.id
    registration.waits_for_id = registration.queue_number = None
    registration.state = "confirmed"
    registration.confirmed_at = now
    session.flush()
    if registration.series_registration_id is not None:
        note_promoted(session, registration.series_registration_id)
    else:
        step = registration.invite.sequence >= 0
        post_own_state(session, registration, site, kind="promoted", now=now, step=step)
    if held is not None:
        free_place(session, held, site, now=now)


def set_capacity(session: Session, event: Event, side: str, capacity: int | None, site: Site, *, now: datetime) -> int:
    """Set how many places a side has (None: unlimited); return how many people are above it now.

    Lowered below what is taken: nobody is thrown out, nobody new gets in. Raised: the waiting list is served in
    the same transaction (domain.md 11).
    """
    pools = lock_pools(session, event)
    pool_id = event.pool_at(side)
    assert pool_id is not None  # the side exists
    pool = pools[pool_id]
    pool.capacity = capacity
    pool.turns += 1
    session.flush()
    serve(session, pool, site, now=now)
    tell_promoted(session, site, now=now)
    return max(0, pool.taken - capacity) if capacity is not None else 0
