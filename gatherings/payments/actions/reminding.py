"""Kind reminders of invoices that are overdue: three at most, two weeks apart, and never twice the same."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.config import Site
from gatherings.payments.actions.telling import post_order
from gatherings.tickets.models import Order

JOB = "remind_invoices"  # once a day
AFTER = (3, 17, 31)  # days after the day by which it is to be paid
_WITHIN = 7  # days: who was down for longer than that leaves one out, rather than sending two at once


def remind(session: Session, site: Site, *, now: datetime) -> int:
    """Remind of every invoice that is due for it today; gives how many were reminded.

    A transfer takes days, and so does the noting of it: hence nothing in the first three.
    """
    today, count = now.date(), 0
    for number, days in enumerate(AFTER, start=1):
        last = today - timedelta(days=days)
        late = session.scalars(
            select(Order)
            .where(
                Order.state == "due",
                Order.way == "invoice",
                Order.erased_at.is_(None),
                Order.due_on <= last,
                Order.due_on > last - timedelta(days=_WITHIN),
                Order.total - Order.received + Order.given_back > 0,
            )
            .order_by(Order.id)
        )
        for order in late.all():
            count += post_order(session, order, "order_reminder", site, now=now, key=str(number))
    return count
