"""The waiting list: a freed place goes to the next in line, in the transaction that frees it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.config import Site
from gatherings.db import places
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.events.queries import WITH_SERIES
from gatherings.registration.actions.sending import post_own_state
from gatherings.registration.actions.sending_series import note_promoted, tell_promoted
from gatherings.registration.models import Registration
from gatherings.tickets.models import Ticket, TicketKind
from gatherings.tickets.rules.states import HOLDING


def lock_pools(session: Session, *events: Event, tickets_of: int | None = None) -> dict[int, Places]:
    """Lock all pools of events in ascending id; done first by whatever frees a place or moves between pools.

    `tickets_of`: the id of a registration whose tickets' pools are locked with them.
    """
    wanted = [pool for event in events for pool in event.pool_ids]
    if tickets_of is not None:
        kinds = select(TicketKind.places_id).join(Ticket, Ticket.kind_id == TicketKind.id)
        wanted += session.scalars(kinds.where(Ticket.registration_id == tickets_of, Ticket.state.in_(HOLDING)))
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


def serve(session: Session, pool: Places, site: Site, *, now: datetime) -> int:
    """Give free places of a locked pool to the waiting list in order; return how many were given."""
    given = 0
    while pool.capacity is None or pool.taken < pool.capacity:
        waiting = _next_waiting(session, pool.id)
        if waiting is None or not places.claim(session, pool.id):
            break
        promote(session, waiting, pool, site, now=now)
        session.flush()
        session.refresh(pool)
        given += 1
    return given


def _next_waiting(session: Session, places_id: int) -> Registration | None:
    return session.scalars(
        select(Registration)
        .where(Registration.waits_for_id == places_id)
        .order_by(Registration.queue_number)
        .limit(1)
        .options(
            joinedload(Registration.person),
            joinedload(Registration.invite),
            joinedload(Registration.event).options(*WITH_SERIES),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()


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
