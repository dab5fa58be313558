"""Money and papers follow the tickets: what is not to be paid any more goes back, and credit notes say so."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.config import Site
from gatherings.payments.actions import documents
from gatherings.payments.actions.money import make_refund, notify
from gatherings.payments.actions.telling import post_order
from gatherings.payments.models import Payment, Refund
from gatherings.tickets.actions.orders import lock_order
from gatherings.tickets.models import Order, Ticket

_REASONS = {"person": "left", "event": "event", "expiry": "gone"}


def list_to_follow(session: Session, now: datetime, limit: int) -> list[int]:
    """List the orders whose tickets have changed since refunds and papers were looked at."""
    due = select(Order.id).where(Order.follow_at <= now).order_by(Order.follow_at, Order.id)
    return list(session.scalars(due.limit(limit)))


def follow(session: Session, order_id: int, site: Site, *, now: datetime, person_id: int | None = None) -> list[Refund]:
    """Write the refunds and papers that an order's tickets ask for; called again it writes nothing more.

    Newest payments first. What a provider could not give back is not asked for again: a person looks at it.
    """
    order = lock_order(session, order_id)
    order.follow_at = None
    refunds = session.scalars(select(Refund).where(Refund.order_id == order.id).order_by(Refund.id)).all()
    payments = session.scalars(
        select(Payment)
        .where(Payment.order_id == order.id, Payment.counts.is_(True))
        .order_by(Payment.received_at.desc(), Payment.id.desc())
    ).all()
    counting = {one.id for one in payments}
    failed = sum(one.amount for one in refunds if one.state == "failed" and one.payment_id in counting)
    made = _give_back(session, order, payments, refunds, -order.owed - failed, person_id=person_id, now=now)
    if order.state == "due" and order.owed <= 0:
        order.state, order.paid_at = "paid", now
    documents.follow(session, order, now=now)
    for refund in made:
        by_hand = refund.state == "by_hand"
        post_order(
            session, order, "order_given_back", site, now=now, key=refund.public_id, amount=refund.amount,
            currency=refund.currency, by_hand=by_hand,
        )  # fmt: skip
        if by_hand:
            notify(session, order, "by_hand", site, now=now, key=refund.public_id, amount=refund.amount)
    session.flush()
    return made


def _give_back(
    session: Session,
    order: Order,
    payments: Sequence[Payment],
    refunds: Sequence[Refund],
    amount: int,
    *,
    person_id: int | None,
    now: datetime,
) -> list[Refund]:
    if amount <= 0:
        return []
    tickets = session.scalars(select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id)).all()
    shares = _shares(tickets, refunds, amount)
    by = {ticket.public_id: ticket.cancelled_by for ticket in tickets}
    whose = {by.get(public_id) for public_id in shares}
    reason = _REASONS.get(str(next(iter(whose))), "asked") if len(whose) == 1 else "asked"
    made = []
    for payment in payments:
        part = min(amount, payment.amount - payment.given_back)
        if part <= 0:
            continue
        made.append(
            make_refund(
                session, order, payment, part, reason, tickets=_some_of(shares, part), person_id=person_id, now=now
            )
        )
        amount -= part
    return made


def _shares(tickets: Sequence[Ticket], refunds: Sequence[Refund], amount: int) -> dict[str, int]:
    """Say for which tickets an amount goes back: what of each was not given back yet, lately cancelled ones first."""
    given: Counter[str] = Counter()
    for refund in refunds:
        if refund.state != "failed":
            given.update(refund.tickets)
    shares: dict[str, int] = {}
    for ticket in _lately_first(tickets):
        part = min(amount, ticket.comes_back - given[ticket.public_id])
        if part > 0:
            shares[ticket.public_id] = part
            amount -= part
    return shares


def _lately_first(tickets: Sequence[Ticket]) -> list[Ticket]:
    cancelled = [(one.cancelled_at, one.id, one) for one in tickets if one.cancelled_at is not None]
    return [*(row[2] for row in sorted(cancelled, reverse=True)), *(one for one in tickets if one.cancelled_at is None)]


def _some_of(shares: dict[str, int], amount: int) -> dict[str, int]:
    """Take shares worth an amount out of `shares`."""
    taken: dict[str, int] = {}
    for public_id in list(shares):
        part = min(amount, shares[public_id])
        if part <= 0:
            break
        taken[public_id] = part
        amount -= part
        shares[public_id] -= part
        if not shares[public_id]:
            del shares[public_id]
    return taken
