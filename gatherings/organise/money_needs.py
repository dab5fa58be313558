"""What about tickets and money needs a treasurer: shown on the dashboards, whenever the gathering was; two queries."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from gatherings.core import zones
from gatherings.events.models import Event
from gatherings.organise.rules import Need
from gatherings.payments.models import Refund
from gatherings.payments.queries.treasury import OWED
from gatherings.tickets.models import Order

KINDS = ("refund", "money", "byhand", "overdue")
_EARLIEST_TODAY = timedelta(hours=14)  # the clock that is furthest ahead


def list_money_needs(
    session: Session, community_ids: Sequence[int], now: datetime, *, event_id: int | None = None
) -> list[Need]:
    """List refunds that failed or wait for a person's hand, orders that need a look, and overdue invoices."""
    mine = Event.community_id.in_(community_ids) if event_id is None else Event.id == event_id
    event = (Event.community_id, Event.slug, Event.title, Event.starts_at)
    found: list[Need] = []
    refunds = session.execute(
        select(*event, Refund.state, func.count())
        .select_from(Refund)
        .join(Order, Order.id == Refund.order_id)
        .join(Event, Event.id == Order.event_id)
        .where(Refund.state.in_(("failed", "by_hand")), mine)
        .group_by(Event.id, *event, Refund.state)
        .order_by(Event.starts_at)
        .limit(50)
    )
    for of, slug, title, starts_at, state, number in refunds:
        found.append(Need("refund" if state == "failed" else "byhand", of, slug, title, starts_at, number))
    maybe_late = and_(Order.state == "due", OWED > 0, Order.due_on < (now + _EARLIEST_TODAY).date())
    needs_look = and_(Order.attention != "", Order.attention != "refund-failed")
    orders = session.execute(
        select(*event, Event.zone, Order.due_on, func.count(case((needs_look, 1))), func.count(case((maybe_late, 1))))
        .select_from(Order)
        .join(Event, Event.id == Order.event_id)
        .where(or_(needs_look, maybe_late), mine)
        .group_by(Event.id, *event, Event.zone, Order.due_on)
        .order_by(Event.starts_at)
        .limit(500)
    )
    sums: dict[tuple[int, str, str, datetime], list[int]] = {}
    for of, slug, title, starts_at, zone, due_on, look, late in orders:
        two = sums.setdefault((of, slug, title, starts_at), [0, 0])
        two[0] += look
        two[1] += late if due_on is not None and due_on < zones.to_local(now, zone).date() else 0
    for (of, slug, title, starts_at), two in sums.items():
        counted = zip(("money", "overdue"), two, strict=True)
        found += [Need(kind, of, slug, title, starts_at, number) for kind, number in counted if number]
    return found
