"""Handing a ticket on: somebody else comes instead. No money moves, and the place goes to nobody but them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.actions import was_tried
from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.errors import Conflict, TooMany
from gatherings.core.words import say
from gatherings.db import places
from gatherings.events.models import Event
from gatherings.registration import rules
from gatherings.registration.actions.registering import (
    insert_registration,
    make_invite_again,
    new_registration,
    revive,
)
from gatherings.registration.actions.sending import count_mail, post_own_state
from gatherings.registration.actions.ticket_places import Full, keep_by_itself, live_tickets, registrations_of
from gatherings.registration.actions.waiting import free_place
from gatherings.registration.models import Registration
from gatherings.registration.rules import Wanted
from gatherings.tickets.models import Ticket
from gatherings.tickets.rules.states import HOLDING


def hand_on(
    session: Session, ticket: Ticket, person: Person, newcomer: bool, wanted: Wanted, site: Site, *, now: datetime
) -> None:
    """Give a ticket that holds places to somebody else: CANCEL to who had it, if they have no other, REQUEST to them.

    Pools (`waiting.lock_pools`) and order are locked, the ticket was read since. `newcomer`: `person` was made in this
    transaction. Raises Conflict (Full where one more place is needed and there is none), TooMany: then nothing has
    changed.
    """
    (old,) = registrations_of(session, [ticket.registration_id])
    event = old.event
    if old.attended_at is not None:
        raise Conflict(say("Who has this ticket is here already, so it cannot be given to somebody else."))
    _must_be_reached(session, person, event, now)
    others = [one for one in live_tickets(session, old.id) if one.id != ticket.id]
    stays = old.by_itself or any(one.state == "valid" or (one.state == ticket.state == "held") for one in others)
    state = "confirmed" if ticket.state == "valid" else "offered" if old.state == "offered" else "pending"
    free = None if stays else part(session, old, site, left=others, kind="handed_on", by="handed-on", now=now)
    mine, freed = _arrive(session, ticket, event, person, newcomer, wanted, free, state=state, now=now)
    ticket.registration_id, ticket.person_id, ticket.name = mine.id, person.id, wanted.name
    session.flush()
    if mine.state == "confirmed":
        (mine,) = registrations_of(session, [mine.id])
        mine.link_sent_at = now
        suffix = f":{ticket.public_id}:{now.timestamp():.0f}"
        step = mine.invite.sequence >= 0 and mine.confirmed_at == now
        post_own_state(session, mine, site, kind="confirmed", now=now, step=step, suffix=suffix)
    for pool_id in freed:
        free_place(session, pool_id, site, now=now)


def _must_be_reached(session: Session, person: Person, event: Event, now: datetime) -> None:
    """Refuse to write to who said "this was not me" today, and to anybody more than five times an hour."""
    if was_tried(session, "not-me", f"{person.id}:{event.id}", now=now):
        raise Conflict(
            say("We may not write to that address about this gathering today. Please ask them, and try tomorrow.")
        )
    if not count_mail(session, person, event.id, now=now):
        raise TooMany(say("We sent several mails to that address in the last hour. Please try again later."), 3600)


def part(
    session: Session, old: Registration, site: Site, *, left: Sequence[Ticket], kind: str, by: str, now: datetime
) -> int | None:
    """Take a registration's place, and tell its calendar if it was told to come; none of its tickets is valid any more.

    `left` are its other tickets: one that is held while it is paid keeps the place, who wished for one waits on. Gives
    the pool of a place that was taken, which is not touched: it is handed over, or given back, by whoever calls. `kind`
    is that of the mail, `by` what is kept of why.
    """
    free = old.places_id
    with session.no_autoflush:  # half a change would break the table's own checks
        old.places_id, old.state = None, "cancelled"
        if old.invite.method == "REQUEST":
            post_own_state(session, old, site, kind=kind, now=now)
        if any(one.state in HOLDING for one in left):
            old.places_id, old.state, free = free, "pending", None
        elif left:
            old.state = "waitlisted"
        else:
            old.waits_for_id = old.queue_number = None
            old.cancelled_at, old.cancelled_by = now, by
    session.flush()
    return free


def _arrive(
    session: Session,
    ticket: Ticket,
    event: Event,
    person: Person,
    newcomer: bool,
    wanted: Wanted,
    free: int | None,
    *,
    state: str,
    now: datetime,
) -> tuple[Registration, list[int]]:
    """Give the registration of who comes now, and the pools of which a place is free now; `free` was given up."""
    pool_id = event.pool_at(ticket.side)
    if pool_id is None:
        raise Full()
    mine = None if newcomer else _registration_of(session, event, person)
    if mine is not None and mine.state in rules.HOLDING:
        keep_by_itself(session, mine, now=now)
        freed = [free] if free is not None else []
        if ticket.side == "room" and event.online_id is not None and mine.places_id == event.online_id:
            freed = [event.online_id, *_seat(session, pool_id, free)]
            mine.places_id = pool_id
        if state == "confirmed" and mine.state != "confirmed":
            mine.state, mine.confirmed_at = "confirmed", now
        session.flush()
        return mine, freed
    freed, new = _seat(session, pool_id, free), mine is None
    if mine is None:
        mine = new_registration(event, person, wanted, now=now)
        if not newcomer:  # they may have had this entry before, and moved it to another address
            mine.invite = make_invite_again(session, event.uid, person.address)
    elif mine.state == "cancelled":
        revive(session, mine, event, person, wanted, now=now)
    if new or not live_tickets(session, mine.id):  # else they go on waiting for that one
        mine.waits_for_id = mine.queue_number = None
    mine.places_id, mine.state, mine.by_itself = pool_id, state, False
    mine.confirmed_at = now if state == "confirmed" else None
    if new:
        insert_registration(session, mine)
    session.flush()
    return mine, freed


def _seat(session: Session, pool_id: int, free: int | None) -> list[int]:
    """Take over the place that is free if it is of this pool, or claim another; give what is free afterwards."""
    if free == pool_id:
        return []
    if not places.claim(session, pool_id):
        raise Full()
    return [free] if free is not None else []


def _registration_of(session: Session, event: Event, person: Person) -> Registration | None:
    return session.scalars(
        select(Registration)
        .where(Registration.event_id == event.id, Registration.person_id == person.id)
        .options(joinedload(Registration.invite))
        .execution_options(populate_existing=True)
    ).one_or_none()
