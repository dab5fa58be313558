"""Names on tickets: spelled otherwise, or of somebody else who comes instead."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gatherings.accounts.actions import limit_attempts, meet_person
from gatherings.accounts.rules import Address
from gatherings.audit.actions import log
from gatherings.config import Site
from gatherings.core.errors import Conflict, InvalidInput, Problem
from gatherings.core.words import say
from gatherings.events.rules import DOOR_WORDS, Door, door
from gatherings.payments.queries.orders import brought_by, load_order, ticket_in
from gatherings.registration.actions.handing import hand_on
from gatherings.registration.actions.waiting import lock_pools
from gatherings.registration.models import Registration
from gatherings.registration.rules import Wanted
from gatherings.tickets.actions.orders import lock_order
from gatherings.tickets.models import Order, Ticket
from gatherings.tickets.rules.states import HOLDING

HANDED_A_DAY = 30  # for one order: whoever holds its link could else have many people written to


def change_name(
    session: Session, order_id: int, public_id: str, name: str, address: Address | None, site: Site, *, now: datetime
) -> str:
    """Give a ticket another name, or to somebody else where there is an address and it is another; both are cleaned.

    Gives "kept", "handed", or "before" where nothing changes. Raises NotFound, Conflict, InvalidInput, TooMany.
    """
    order = load_order(session, order_id)
    # In the order of placing.py: people, pools, orders.
    person, newcomer = meet_person(session, address, now=now) if address is not None else (order.person, False)
    lock_pools(session, order.event, tickets_of=ticket_in(order, public_id).registration_id)
    lock_order(session, order_id)
    order = load_order(session, order_id)
    ticket = ticket_in(order, public_id)
    _must_stand(order, ticket, now)
    if address is None or person.id == ticket.person_id:
        return "kept" if _spell(session, order, ticket, name) else "before"
    twice = any(
        one.id != ticket.id and one.kind_id == ticket.kind_id and one.state in HOLDING and one.person.key == address.key
        for one in order.tickets
    )
    if twice:
        raise InvalidInput([Problem("email", say("This address has a ticket of this kind in this order already."))])
    limit_attempts(
        session, "hand-on", order.public_id, most=HANDED_A_DAY, window=timedelta(days=1), now=now,
        sentence=say("Many tickets of this order were given to others today. Please go on tomorrow."),
    )  # fmt: skip
    wanted = Wanted(address=address, name=name, zone=order.zone, language=order.language)
    hand_on(session, ticket, person, newcomer, wanted, site, now=now)
    log(
        session, actor="person", action="hand_on", about=f"order:{order.public_id}",
        community_id=order.event.community_id, now=now,
    )  # fmt: skip
    return "handed"


def _must_stand(order: Order, ticket: Ticket, now: datetime) -> None:
    if ticket.state not in HOLDING:
        raise Conflict(say("This ticket is not valid any more, so its name stays as it is."))
    state = door(order.event, now)
    if state in (Door.OVER, Door.CANCELLED):
        raise Conflict(DOOR_WORDS[state])


def _spell(session: Session, order: Order, ticket: Ticket, name: str) -> bool:
    """Spell a name otherwise; what somebody calls themselves at the event stays theirs (domain.md 15a)."""
    before, ticket.name = ticket.name, name
    if before == name:
        return False
    if ticket.registration_id not in brought_by(session, order):  # who is there otherwise as well calls themselves so
        return True
    registration = session.get(Registration, ticket.registration_id, populate_existing=True)
    if registration is not None and registration.name == before:
        registration.name = name
    return True
