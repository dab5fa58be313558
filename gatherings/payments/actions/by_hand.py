"""What treasurers note by hand: that money was given back, that a refund is to be tried again, that all is well."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.payments.actions.money import count_back, log_money
from gatherings.payments.models import Payment, Refund
from gatherings.tickets.actions.orders import lock_order
from gatherings.tickets.models import Order

_CHANGED = say("This refund stands otherwise by now. Please look at it again.")


def note_given_back(session: Session, order_id: int, refund: str, *, person: Person, now: datetime) -> str:
    """Note that money that was to be given back by hand was given back; the buyer was told when it was decided.

    Gives "back", or "before" for whoever presses twice. Raises Conflict for a refund that is not by hand.
    """
    order, mine = _mine(session, order_id, refund)
    if mine.state == "done":
        return "before"
    if mine.state != "by_hand":
        raise Conflict(_CHANGED)
    mine.state, mine.done_at, mine.asked_by = "done", now, mine.asked_by or person.id
    session.flush()
    log_money(
        session, order, "refund_by_hand", now=now, actor=person.public_id, amount=mine.amount, currency=mine.currency
    )
    _at_ease(session, order)
    return "back"


def try_again(session: Session, order_id: int, refund: str, *, person: Person, by_hand: bool, now: datetime) -> str:
    """Send a refund once more that had failed, or take it over by hand. Gives "again", "mine" or "before".

    Sent again it gets another name, for a provider answers a key that it knows as it did before.
    """
    order, mine = _mine(session, order_id, refund)
    if mine.state in ("due", "by_hand"):
        return "before"
    if mine.state != "failed":
        raise Conflict(_CHANGED)
    payment = session.scalars(select(Payment).where(Payment.id == mine.payment_id).with_for_update()).one()
    if payment.amount - payment.given_back < mine.amount:
        raise Conflict(say("Another refund of this payment is under way, so there is not as much left of it."))
    count_back(order, payment, mine.amount)
    mine.state, mine.error, mine.due_at, mine.leased_until = "by_hand" if by_hand else "due", "", now, None
    mine.tries, mine.asked_by = 0, person.id
    details = {"amount": mine.amount, "currency": mine.currency, "was": mine.reference or mine.public_id}
    mine.public_id, mine.reference = new_public_id(), None
    session.flush()
    log_money(session, order, "refund_again", now=now, actor=person.public_id, **details)
    _at_ease(session, order)
    return "mine" if by_hand else "again"


def looked_after(session: Session, order_id: int, attention: str, *, person: Person, now: datetime) -> str:
    """Take away that an order needs somebody: `attention` is what was shown, so that a newer one stays."""
    order = lock_order(session, order_id)
    if order.attention != attention or not attention:
        return "before"
    order.attention = ""
    session.flush()
    log_money(session, order, "attention_done", now=now, actor=person.public_id, what=attention)
    return "looked"


def _mine(session: Session, order_id: int, refund: str) -> tuple[Order, Refund]:
    order = lock_order(session, order_id)
    mine = session.scalars(
        select(Refund)
        .where(Refund.public_id == refund, Refund.order_id == order_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if mine is None:
        raise NotFound()
    return order, mine


def _at_ease(session: Session, order: Order) -> None:
    """Take the word about a failed refund away when none is left."""
    left = session.scalar(select(Refund.id).where(Refund.order_id == order.id, Refund.state == "failed").limit(1))
    if left is None and order.attention == "refund-failed":
        order.attention = ""
    session.flush()
