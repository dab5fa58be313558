"""What a demo's stand-in for Stripe is told of the payments that the demo's data begins with."""

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.double import Past
from gatherings.payments.models import Payment, Refund
from gatherings.tickets.models import Order


def past_payments(session: Session) -> list[Past]:
    """Give all card payments and what was given back of them, oldest first."""
    back: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    given = select(Refund.payment_id, Refund.reference, Refund.public_id, Refund.amount)
    for payment_id, reference, ours, amount in session.execute(
        given.where(Refund.reference.is_not(None), Refund.state.in_(("sent", "done"))).order_by(Refund.id)
    ):
        back[payment_id].append((reference or "", ours, amount))
    rows = session.execute(
        select(Payment, Order.public_id, Order.reference)
        .join(Order, Order.id == Payment.order_id)
        .where(Payment.provider == "stripe")
        .order_by(Payment.received_at, Payment.id)
    )
    return [
        Past(paid.reference, order, reference, paid.amount, paid.currency, paid.received_at, tuple(back[paid.id]))
        for paid, order, reference in rows
    ]
