"""Placing an order: everything is asked again inside the transaction, then places are held or a number is drawn.

People are met first (in the order of their addresses), then pools are locked in ascending id, then the order is
written: two who press at once, or one who presses twice, come one by one.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.actions import limit_attempts, meet_person, was_tried
from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.errors import Conflict, InvalidInput, Problem, TooMany
from gatherings.core.words import say
from gatherings.events.models import Event
from gatherings.payments.actions.pressed import find_pressed
from gatherings.payments.queries.offer import Offer, read_offer
from gatherings.payments.rules.ordering import OrderWish, Placed
from gatherings.payments.rules.quoting import Quote, quote
from gatherings.payments.rules.refusing import wish_problems
from gatherings.registration import rules
from gatherings.registration.actions.registering import get_open_event, limit_network
from gatherings.registration.actions.sending import count_mail
from gatherings.registration.actions.ticketed import confirm_tickets, hold_ticket, lock_for_tickets
from gatherings.registration.rules import Wanted
from gatherings.tickets.models import Order, Ticket, TicketKind
from gatherings.tickets.rules.references import new_reference

ORDERS_AN_HOUR = 20  # with one address for one event, before anything is paid


def place_order(
    session: Session,
    event_id: int,
    wish: OrderWish,
    site: Site,
    *,
    now: datetime,
    network: str | None = None,
    network_limit: int = 600,
    wait: bool = False,
) -> Placed:
    """Order tickets: places are held until they are paid for; what costs nothing is confirmed at once.

    `wait`: put them on the waiting list, for there is no place. The same wish of the same form again is the same
    order. Raises NotFound, Conflict when nothing is sold, InvalidInput, TooMany, and Full (registration/actions/
    ticketed.py) when a place is gone: the caller then asks again with `wait`, if the buyer agreed to it.
    """
    placed = _place(session, event_id, wish, site, now=now, wait=wait)
    limit_network(session, network, network_limit, now=now)
    return placed


def _place(session: Session, event_id: int, wish: OrderWish, site: Site, *, now: datetime, wait: bool) -> Placed:
    event = get_open_event(session, event_id, now=now)
    offer = open_offer(session, event, wish, now=now)
    problems = wish_problems(offer, wish, now=now)
    if problems:
        raise InvalidInput(problems)
    if wish.comes:
        rules.check_code(event.community.code_of_kindness, wish.code_agreed)
    quoted = quote(offer.rows, wish.tickets, offer.codes, offer.sale, now=now)
    sides = {ticket.kind: _side(event, offer.rows[ticket.kind], wish.side) for ticket in wish.tickets}
    people = _meet(session, wish, now=now)
    kinds = [offer.rows[public_id] for public_id in sides]
    lock_for_tickets(session, event, kinds, offer.codes)
    pressed, public_id = find_pressed(session, event, wish, site, now=now)
    if pressed is not None:
        return Placed(pressed.public_id, pressed.link_version, pressed.state, pressed.id, new=False)
    buyer = people[wish.address.key]
    limit_attempts(session, "order", f"{buyer.id}:{event.id}", most=ORDERS_AN_HOUR, window=timedelta(hours=1), now=now)
    if (wait or quoted.total == 0) and not _may_have_for_nothing(session, event, wish, people, now=now):
        return Placed(None, 1, "wished" if wait else "paid", new=False)
    order = _write(session, event, offer, wish, quoted, buyer, public_id, now=now)
    tickets = _tickets(session, order, event, wish, quoted, sides, people, offer, site, now=now, wait=wait)
    if wait:
        order.state, order.expires_at = "wished", None
    elif quoted.total == 0:
        finish_free(session, order, tickets, site, now=now)
    return Placed(order.public_id, order.link_version, order.state, order.id)
