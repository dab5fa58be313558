"""An organiser gives somebody a ticket by hand: as a guest, by invoice, or to be paid at the door."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gatherings.accounts.actions import meet_person, was_tried
from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.config import Site
from gatherings.core.errors import Conflict, InvalidInput, Problem
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.payments.actions.choosing import choose_way
from gatherings.payments.actions.settling import finish_free
from gatherings.registration import rules
from gatherings.registration.actions.registering import get_open_event
from gatherings.registration.actions.ticketed import hold_ticket, live_tickets
from gatherings.registration.actions.ticketed_waiting import tell_wished, wish_ticket
from gatherings.registration.actions.waiting import lock_pools
from gatherings.registration.models import Registration
from gatherings.registration.rules import Outcome, Wanted
from gatherings.tickets.actions.orders import recount
from gatherings.tickets.models import Order, Sale, Ticket, TicketKind
from gatherings.tickets.queries.kinds import find_kind, find_sale
from gatherings.tickets.rules.pricing import line_of, price_of
from gatherings.tickets.rules.references import new_reference

GUEST = "guest"
_HOLD = timedelta(minutes=1)  # it is confirmed in this very transaction


def ticket_by_hand(
    session: Session,
    event_id: int,
    wanted: Wanted,
    kind_id: str,
    way: str,
    site: Site,
    *,
    over: bool,
    actor: str,
    now: datetime,
) -> Outcome:
    """Give somebody a ticket of a kind (its public id), of any that the event has; they are told by mail.

    `way`: "guest" (nothing is to be paid), "invoice", "door". `over`: where no place or no ticket of the kind is left
    there is one more from now on; else they wait like everybody else. Who has a ticket of this kind keeps it. Raises
    NotFound, Conflict, InvalidInput.
    """
    event = get_open_event(session, event_id, now=now, by_host=True)
    kind, sale = find_kind(session, event_id, kind_id), find_sale(session, event_id)
    if kind is None or kind.retired or sale is None:
        raise InvalidInput([Problem("ticket", say("Please choose one of these."))])
    side = kind.side or rules.choose_side(event.mode, wanted.wish)
    person, _new = meet_person(session, wanted.address, now=now)
    if was_tried(session, "not-me", f"{person.id}:{event.id}", now=now):
        raise Conflict(say("They said that they had not registered themselves. Please ask them to register."))
    pools = lock_pools(session, event)
    mine = _registration_of(session, event, person)
    had = live_tickets(session, mine.id) if mine is not None and mine.state in rules.LIVE else []
    if mine is not None and any(ticket.kind_id == kind.id for ticket in had):
        return Outcome(full=mine.places_id is None, public_id=mine.public_id)
    there = mine is not None and mine.places_id is not None and mine.places_id == event.pool_at(side)
    side_id = event.pool_at(side)
    needed = [pools[pool] for pool in (kind.places_id, None if there else side_id) if pool is not None]
    wait = not all(_has_room(session, pool, over=over) for pool in needed)
    order = _write(session, event, sale, person, wanted, way, now=now, wait=wait)
    ticket = _ticket_of(order, kind, person, wanted.name, side, sale, now, guest=way == GUEST)
    if wait:
        registration = wish_ticket(session, ticket, kind, event, person, wanted, site, now=now)
    else:
        registration = hold_ticket(session, ticket, kind, event, person, wanted, now=now)
    if mine is None:
        made = update(Registration).where(Registration.id == registration.id)
        session.execute(made.values(made_by=wanted.made_by))
    session.add(ticket)
    recount(session, order, now=now)
    if wait:
        tell_wished(session, order, [(kind, ticket)], event, site, now=now)
    elif order.total == 0:
        finish_free(session, order, site, now=now)
    else:
        choose_way(session, order.id, way, {"name": wanted.name}, site, now=now)
    log(
        session, actor=actor, action="registered-by-hand", about=f"registration:{registration.public_id}",
        community_id=event.community_id, now=now, ticket=kind.public_id, way=way,
    )  # fmt: skip
    return Outcome(full=wait, public_id=registration.public_id, new=True)


def _registration_of(session: Session, event: Event, person: Person) -> Registration | None:
    return session.scalars(
        select(Registration).where(Registration.event_id == event.id, Registration.person_id == person.id)
    ).one_or_none()


def _has_room(session: Session, pool: Places, *, over: bool) -> bool:
    if pool.capacity is None or pool.taken < pool.capacity:
        return True
    if over:
        pool.capacity = pool.taken + 1
        pool.turns += 1
        session.flush()
    return over


def _write(
    session: Session, event: Event, sale: Sale, person: Person, wanted: Wanted, way: str, *, now: datetime, wait: bool
) -> Order:
    order = Order(
        public_id=new_public_id(),
        reference=new_reference(),
        event_id=event.id,
        person_id=person.id,
        name=wanted.name,
        zone=wanted.zone,
        language=wanted.language,
        link_version=1,
        state="wished" if wait else "open",
        way="",
        currency=sale.currency,
        vat_included=sale.vat_included,
        expires_at=None if wait else now + _HOLD,
        placed_at=now,
    )
    session.add(order)
    session.flush()
    return order


def _ticket_of(
    order: Order, kind: TicketKind, person: Person, name: str, side: str, sale: Sale, now: datetime, *, guest: bool
) -> Ticket:
    line = line_of(
        0 if guest else price_of(kind, now),
        (),
        vat_rate=kind.vat_rate,
        vat_included=sale.vat_included,
        currency=sale.currency,
    )
    return Ticket(
        public_id=new_public_id(),
        order_id=order.id,
        kind_id=kind.id,
        person_id=person.id,
        name=name,
        side=side,
        price=line.price,
        discount=0,
        net=line.net,
        vat=line.vat,
        gross=line.gross,
        vat_rate=line.vat_rate,
        discounts=[],
        code_ids=[],
    )
