"""Choosing how an order is paid, where that is not by card: by invoice or at the door; and whom the invoice names."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from gatherings.accounts.actions import limit_attempts, was_tried
from gatherings.audit.actions import log
from gatherings.config import Site
from gatherings.core import zones
from gatherings.core.errors import Conflict, TooMany
from gatherings.core.words import say
from gatherings.events.rules import DOOR_WORDS, Door, door
from gatherings.payments.actions.documents import follow, issue_invoice
from gatherings.payments.actions.gathering import limit_bookings, post_or_gather
from gatherings.payments.actions.money import lock_for_money
from gatherings.payments.actions.telling import post_order
from gatherings.payments.queries.orders import find_seller, get_sale, load_order
from gatherings.payments.rules.ways import ways_for
from gatherings.registration.actions.sending import take_mail
from gatherings.registration.actions.ticketed import confirm_tickets
from gatherings.tickets.actions.orders import lock_order
from gatherings.tickets.models import Order, Sale
from gatherings.tickets.rules.states import CONFIRMED, HOLDING

ADDRESSES_A_DAY = 5  # each change may write two documents

TIME_IS_OVER = say(
    "The time to pay has run out, so these places were given back. You are welcome to order again, on the "
    "gathering's page."
)
ON_ITS_WAY = say("The money for this order is on its way. Please wait until it is here.")


def choose_way(
    session: Session, order_id: int, way: str, bill_to: Mapping[str, str], site: Site, *, now: datetime
) -> str:
    """Confirm an order that is to be paid by "invoice" (made out to `bill_to`, cleaned) or at the "door".

    Its people have their invites from now on. Gives "booked", or "before" for whoever presses twice. Raises Conflict
    where the order cannot be paid that way any more; nothing has changed then.
    """
    lock_for_money(session, order_id)  # the pools first, as whatever cancels does
    order = load_order(session, order_id)
    if order.state in CONFIRMED and order.way == way:
        return "before"
    sale = get_sale(session, order.event_id)
    _must_be_open(order, sale, way, now)
    order.state, order.way = "due", way
    if bill_to:
        order.bill_to = dict(bill_to)
    order.due_on = due_day(session, order, sale, now) if way == "invoice" else None
    order.expires_at = None
    session.flush()
    confirm_tickets(session, order, order.tickets, site, now=now)
    issue_invoice(session, order, now=now)
    post_or_gather(session, order, f"order_{way}", site, now=now)
    _log(session, order, f"choose_{way}", now)
    return "booked"


def count_mails(session: Session, order_id: int, *, now: datetime) -> None:
    """Count the mails that an unpaid order causes when a visitor books it; raises TooMany, and Conflict after "not me".

    Its buyer's address and those of who comes were only typed, and nothing was paid: each is written to five times an
    hour at most (reliability.md, C32).
    """
    lock_for_money(session, order_id)  # whoever places an order counts after the pools, too
    order = load_order(session, order_id)
    if order.state != "open":
        return
    limit_bookings(session, order.person_id, order.event_id, now=now)
    coming = {one.person_id: one.person for one in order.tickets if one.state in HOLDING}
    for person in (coming | {order.person_id: order.person}).values():
        if was_tried(session, "not-me", f"{person.id}:{order.event_id}", now=now):
            raise Conflict(
                say("We may not write to one of these addresses about this gathering today. Please ask them first.")
            )
        # One is left for taking the invite back. The buyer's mail about the order is counted as it is posted.
        if person.id in coming and not take_mail(session, person, order.event_id, spare=1, now=now):
            raise TooMany(
                say("We sent several mails to one of these addresses in the last hour. Please try again later."), 3600
            )


def _must_be_open(order: Order, sale: Sale, way: str, now: datetime) -> None:
    if order.state == "waiting":
        raise Conflict(ON_ITS_WAY)
    if order.state in CONFIRMED:
        raise Conflict(say("These places are booked already, so there is nothing more to choose."))
    if order.state == "expired" or (order.expires_at is not None and order.expires_at <= now):
        raise Conflict(TIME_IS_OVER)
    if order.state != "open":
        raise Conflict(say("This order cannot be paid now."))
    state = door(order.event, now)
    if state in (Door.OVER, Door.CANCELLED):
        raise Conflict(DOOR_WORDS[state])
    if way == "card" or way not in ways_for(sale.ways, (one.side for one in order.tickets), card=False):
        raise Conflict(say("This gathering does not take payment that way. Please choose another."))


def due_day(session: Session, order: Order, sale: Sale, now: datetime) -> date:
    """Give the day until which an invoice of today is to be paid, on the seller's calendar."""
    seller = find_seller(session, order.event)
    zone = (zones.canonical(seller.zone) if seller is not None else None) or order.event.zone
    return zones.to_local(now, zone).date() + timedelta(days=sale.invoice_days)


def change_bill_to(session: Session, order_id: int, bill_to: Mapping[str, str], site: Site, *, now: datetime) -> str:
    """Make the invoice out to somebody else; one that was written is credited, and a new one comes.

    Gives "kept", or "before" where nothing changes. Raises Conflict for an order that is closed, TooMany.
    """
    lock_order(session, order_id)
    order = load_order(session, order_id)
    if order.state in ("expired", "cancelled"):
        raise Conflict(say("This order is closed, so its papers stay as they are."))
    if {key: text for key, text in order.bill_to.items() if text} == {k: text for k, text in bill_to.items() if text}:
        return "before"
    limit_attempts(
        session, "bill-to", order.public_id, most=ADDRESSES_A_DAY, window=timedelta(days=1), now=now,
        sentence=say("The invoice was made out anew several times today. Please look at it again tomorrow."),
    )  # fmt: skip
    order.bill_to = dict(bill_to)
    session.flush()
    papers = follow(session, order, now=now) if order.state in CONFIRMED else []
    if papers:
        post_order(session, order, "order_anew", site, now=now, key=papers[-1].public_id)
        _log(session, order, "change_bill", now)
    return "kept"


def _log(session: Session, order: Order, action: str, now: datetime) -> None:
    about, community = f"order:{order.public_id}", order.event.community_id
    log(session, actor="person", action=action, about=about, community_id=community, now=now)
