"""Cancelling tickets from an order's page: one, or all that are left."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.config import Site
from gatherings.core import zones
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.words import say
from gatherings.events.models import Event
from gatherings.events.rules import DOOR_WORDS, Door, door
from gatherings.payments.actions.gathering import post_or_gather
from gatherings.payments.queries.orders import get_sale, load_order
from gatherings.payments.rules.leaving import Farewell, farewell
from gatherings.registration.actions.handing import part
from gatherings.registration.actions.leaving import cancel
from gatherings.registration.actions.sending import count_mail
from gatherings.registration.actions.sending_series import tell_promoted
from gatherings.registration.actions.ticket_places import live_tickets, registrations_of
from gatherings.registration.actions.ticketed import close_tickets, let_go
from gatherings.registration.actions.waiting import free_place, lock_pools
from gatherings.tickets.actions.orders import lock_order
from gatherings.tickets.models import Order, Sale, Ticket
from gatherings.tickets.rules.comes_back import percent_back
from gatherings.tickets.rules.states import HOLDING

LEAVABLE = (*HOLDING, "wished")


class Less(Conflict):
    """Less comes back now than was said a moment ago: whoever wanted to leave is asked again."""

    def __init__(self) -> None:
        super().__init__(say("A day has passed since this page was shown, and less comes back now. Please look again."))


def today_at(event: Event, now: datetime) -> date:
    """Give the day on an event's calendar."""
    return zones.to_local(now, event.zone).date()


def percent_now(order: Order, sale: Sale, now: datetime) -> int:
    """Give how many percent come back to who leaves now. At the door nothing was paid, so nothing is kept."""
    if order.way == "door" and order.received == 0:
        return 100
    event = order.event
    return percent_back(sale.comes_back, today=today_at(event, now), first_day=event.starts_local.date())


def farewell_to(order: Order, sale: Sale, tickets: Collection[Ticket], now: datetime) -> Farewell:
    """Reckon what cancelling these tickets of an order, read whole, means in money now."""
    return farewell(tickets, percent_now(order, sale, now), order.currency, owed=order.owed)


def leave(
    session: Session, order_id: int, public_ids: Collection[str] | None, said: int, site: Site, *, now: datetime
) -> str:
    """Cancel tickets of an order (None: all that are left) and give their places back; money follows by the rules.

    `said` is how much their holder was told comes off, in minor units. Whoever loses their last ticket is told, with
    CANCEL for their calendar. Gives "left", or "before" for whoever presses twice. Raises NotFound, Conflict, Less.
    """
    order = load_order(session, order_id)
    lock_pools(session, order.event, tickets_of=0)
    lock_order(session, order_id)
    order = load_order(session, order_id)
    if public_ids is not None and not {one.public_id for one in order.tickets}.issuperset(public_ids):
        raise NotFound()
    leaving = [
        one for one in order.tickets if one.state in LEAVABLE and (public_ids is None or one.public_id in public_ids)
    ]
    if not leaving:
        return "before"
    refuse_leaving(order, now)
    goodbye = farewell_to(order, get_sale(session, order.event_id), leaving, now)
    if goodbye.off < said:
        raise Less()
    percent = percent_now(order, get_sale(session, order.event_id), now)
    told = any(one.state == "valid" for one in leaving)
    _close(session, order, leaving, percent, site, now=now)
    session.refresh(order)
    action = "cancel_order" if order.state == "cancelled" else "cancel_ticket"
    log(
        session, actor="person", action=action, about=f"order:{order.public_id}",
        community_id=order.event.community_id, now=now, count=len(leaving), amount=goodbye.back,
        currency=order.currency,
    )  # fmt: skip
    if told:
        _count_farewells(session, order, leaving, now)
        post_or_gather(session, order, "order_left", site, now=now, key=leaving[0].public_id, amount=goodbye.back)
    tell_promoted(session, site, now=now)
    return "left"


def _count_farewells(session: Session, order: Order, leaving: list[Ticket], now: datetime) -> None:
    """Count the mails that take the gathering out of calendars: they go in any case, and less is sent after them."""
    people = {one.person_id for one in leaving if one.state == "cancelled" and one.registration_id is not None}
    for person in session.scalars(select(Person).where(Person.id.in_(people)).order_by(Person.id)):
        count_mail(session, person, order.event_id, now=now)


def refuse_leaving(order: Order, now: datetime) -> None:
    """Refuse to cancel what cannot be cancelled now; raises Conflict."""
    if order.state == "waiting":
        raise Conflict(say("The money for this order is on its way. Once it is here, you can cancel it by the rules."))
    state = door(order.event, now)
    if state in (Door.OVER, Door.CANCELLED):
        raise Conflict(DOOR_WORDS[state])


def _close(session: Session, order: Order, leaving: list[Ticket], percent: int, site: Site, *, now: datetime) -> None:
    """Close tickets: a registration that loses its last one is cancelled, one that keeps another stays."""
    held = [one for one in leaving if one.state != "valid"]
    valid = [one for one in leaving if one.state == "valid"]
    if held:
        let_go(session, held, order.event, site, by="person", now=now)
    if not valid:
        return
    close_tickets(session, valid, site, by="person", now=now, percent=percent)
    for registration in registrations_of(session, [one.registration_id for one in valid]):
        left = live_tickets(session, registration.id)
        if registration.by_itself:  # it was there without a ticket
            continue
        if not left:
            cancel(session, registration, site, now=now)
        elif not any(one.state == "valid" for one in left):  # they go on paying or waiting for another one
            free = part(session, registration, site, left=left, kind="cancelled", by="person", now=now)
            if free is not None:
                free_place(session, free, site, now=now)
