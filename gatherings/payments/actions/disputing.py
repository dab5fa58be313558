"""Disputes: a payer asked their bank for the money back. Shown to the treasurer, who answers at the provider's."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.config import Site
from gatherings.payments.actions.money import log_money, notify
from gatherings.payments.models import Dispute, Payment
from gatherings.payments.providers import Disputed
from gatherings.tickets.actions.orders import lock_order


def note_dispute(session: Session, told: Disputed, provider: str, site: Site, *, now: datetime) -> str:
    """Write down how a dispute stands; gives "noted", or "ignored" for one that is not about us."""
    payment = session.scalars(
        select(Payment).where(Payment.provider == provider, Payment.reference == told.payment)
    ).one_or_none()
    if payment is None:
        return "ignored"
    order = lock_order(session, payment.order_id)
    known = session.scalars(select(Dispute).where(Dispute.reference == told.reference)).one_or_none()
    dispute = known or Dispute(
        order_id=order.id, payment_id=payment.id, reference=told.reference, amount=told.amount,
        currency=told.currency, opened_at=told.opened_at, state="",
    )  # fmt: skip
    if known is not None and (known.closed_at is not None or known.state == told.state):
        return "noted"
    dispute.state, dispute.reason, dispute.answer_by = told.state[:40], told.reason[:60], told.answer_by
    dispute.closed_at = now if told.closed else None
    session.add(dispute)
    order.attention = "disputed"
    session.flush()
    if known is None:
        log_money(session, order, "dispute", now=now)
    if known is None or told.closed:
        key = f"{told.reference}-{told.state}"[:80]
        notify(session, order, "dispute", site, now=now, key=key, amount=told.amount, currency=told.currency)
    return "noted"
