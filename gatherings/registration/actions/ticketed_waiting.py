"""Wishing for a ticket that is sold out, or for a place where there is none: a number on the waiting list."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.errors import NotFound
from gatherings.db import places
from gatherings.events.models import Event
from gatherings.registration import offer_facts, rules
from gatherings.registration.actions.registering import insert_registration, keep_answers, new_registration, revive
from gatherings.registration.actions.sending import count_mail, post_state
from gatherings.registration.models import Registration
from gatherings.registration.rules import Wanted
from gatherings.tickets.models import Order, Ticket, TicketKind


def wish_ticket(
    session: Session,
    ticket: Ticket,
    kind: TicketKind,
    event: Event,
    person: Person,
    wanted: Wanted,
    site: Site,
    *,
    now: datetime,
) -> Registration:
    """Let somebody wait for a ticket: no place, no code is taken; the ticket is then "wished", and they are told.

    One line for each side of an event, whatever is full there, so that nobody is overtaken: `waiting.serve` passes
    over whose kind has no place yet. `ticket` is not written yet, its side is decided. Who is at the event already, or
    waits already, keeps their registration as it is. `event` comes with its community.
    """
    pool_id = event.pool_at(ticket.side)
    if pool_id is None:
        raise NotFound()
    registration = session.scalars(
        select(Registration)
        .where(Registration.event_id == event.id, Registration.person_id == person.id)
        .options(joinedload(Registration.invite))
        .execution_options(populate_existing=True)
    ).one_or_none()
    ticket.state = "wished"
    if registration is not None and registration.state in rules.LIVE:
        if registration.waits_for_id is None:
            number = places.draw(session, pool_id)
            registration.waits_for_id, registration.queue_number = pool_id, number
            session.flush()
        ticket.registration_id = registration.id
        return registration
    new = registration is None
    if registration is None:
        registration = new_registration(event, person, wanted, now=now)
    else:
        revive(session, registration, event, person, wanted, now=now)
    number = places.draw(session, pool_id)
    registration.places_id, registration.state = None, "waitlisted"
    registration.waits_for_id, registration.queue_number = pool_id, number
    registration.confirmed_at, registration.link_sent_at = None, now
    if new:
        insert_registration(session, registration)
    session.flush()
    keep_answers(session, registration, wanted, event, now=now, new=new)
    count_mail(session, person, event.id, now=now)
    ticket.registration_id = registration.id
    tickets = [kind.name]
    post_state(session, registration, event, person, site, kind="waiting", now=now, tickets=tickets)
    return registration


def tell_wished(
    session: Session, order: Order, tickets: list[tuple[TicketKind, Ticket]], event: Event, site: Site, *, now: datetime
) -> None:
    """Write to the buyer of a wished order who does not come themselves: else the mails above have the link."""
    if all(ticket.person_id != order.person_id for _, ticket in tickets):
        buyer = session.get_one(Person, order.person_id)
        offer_facts.post(session, "ticket_wished", order, tickets, event, buyer, site, now=now)
