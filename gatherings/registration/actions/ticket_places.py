"""Taking places with tickets: held while somebody pays, then confirmed. The waiting list stands on it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.db import places
from gatherings.events.models import Event
from gatherings.registration import rules
from gatherings.registration.actions.registering import insert_registration, keep_answers, new_registration, revive
from gatherings.registration.actions.sending import post_own_state
from gatherings.registration.models import Registration
from gatherings.registration.rules import Wanted
from gatherings.tickets.models import Code, Order, Ticket, TicketKind
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
        keep_by_itself(session, registration, now=now)
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
        if new or wished_ticket(session, registration.id) is None:  # else they go on waiting for that one
            registration.waits_for_id = registration.queue_number = None
        registration.places_id, registration.state, registration.by_itself = pool_id, "pending", False
        if new:
            insert_registration(session, registration)
        session.flush()
        keep_answers(session, registration, wanted, event, now=now, new=new)
    ticket.registration_id, ticket.state = registration.id, "held"
    return registration


def keep_by_itself(session: Session, registration: Registration, *, now: datetime) -> None:
    """Remember of a registration that a ticket comes to, and that has a place without any, that it ends with none.

    Anybody can order a ticket for anybody's address: whoever did shall not end what they did not begin. Whose ticket
    is being cancelled in this very transaction had their place by that.
    """
    had = or_(Ticket.state.in_(HOLDING), Ticket.cancelled_at == now)
    by = select(Ticket.id).where(Ticket.registration_id == registration.id, had).limit(1)
    if registration.state == "confirmed" and session.scalar(by) is None:
        registration.by_itself = True


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
    for registration in registrations_of(session, wanted):
        if registration.state not in ("pending", "offered"):
            continue
        registration.state, registration.confirmed_at, registration.link_sent_at = "confirmed", now, now
        session.flush()
        post_own_state(session, registration, site, kind="confirmed", now=now, step=registration.invite.sequence >= 0)


def registrations_of(session: Session, ids: Iterable[int | None]) -> list[Registration]:
    """Read registrations afresh, with all that their mails say."""
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


def live_tickets(session: Session, registration_id: int) -> list[Ticket]:
    """List the tickets of a registration that are not cancelled."""
    return list(
        session.scalars(
            select(Ticket)
            .where(Ticket.registration_id == registration_id, Ticket.state.in_((*HOLDING, "wished")))
            .order_by(Ticket.id)
        )
    )


def wished_ticket(session: Session, registration_id: int) -> Ticket | None:
    """Find the ticket that a registration waits for, the first that was wished."""
    return session.scalars(
        select(Ticket)
        .where(Ticket.registration_id == registration_id, Ticket.state == "wished")
        .order_by(Ticket.id)
        .limit(1)
    ).one_or_none()
