"""What about tickets and money needs a treasurer: shown on the dashboards, whenever the gathering was; one query."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Date, and_, case, cast, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from gatherings.core import zones
from gatherings.events.models import Event
from gatherings.organise.rules import Need
from gatherings.payments.models import Refund
from gatherings.payments.queries.treasury import OWED
from gatherings.tickets.models import Application, Order

KINDS = ("refund", "money", "byhand", "overdue", "applications")
_ABOUT = {"failed": "refund", "by_hand": "byhand", "application": "applications"}
_EARLIEST_TODAY = timedelta(hours=14)  # the clock that is furthest ahead


def list_money_needs(
    session: Session, community_ids: Sequence[int], now: datetime, *, event_id: int | None = None
) -> list[Need]:
    """List refunds that failed or wait for a person's hand, orders that need a look, overdue invoices, and (of what is
    still to come) applications for bursaries that wait for an answer."""
    mine = Event.community_id.in_(community_ids) if event_id is None else Event.id == event_id
    event = (Event.community_id, Event.slug, Event.title, Event.starts_at, Event.zone)
    refunds = (
        select(Refund.state, *event, cast(null(), Date).label("due_on"), func.count().label("one"), literal(0))
        .select_from(Refund)
        .join(Order, Order.id == Refund.order_id)
        .join(Event, Event.id == Order.event_id)
        .where(Refund.state.in_(("failed", "by_hand")), mine)
        .group_by(Event.id, *event, Refund.state)
    )
    maybe_late = and_(Order.state == "due", OWED > 0, Order.due_on < (now + _EARLIEST_TODAY).date())
    needs_look = and_(Order.attention != "", Order.attention != "refund-failed")
    orders = (
        select(literal("order"), *event, Order.due_on, func.count(case((needs_look, 1))),
               func.count(case((maybe_late, 1))))
        .select_from(Order)
        .join(Event, Event.id == Order.event_id)
        .where(or_(needs_look, maybe_late), mine)
        .group_by(Event.id, *event, Order.due_on)
    )  # fmt: skip
    applications = (
        select(literal("application"), *event, cast(null(), Date), func.count(), literal(0))
        .select_from(Application)
        .join(Event, Event.id == Application.event_id)
        .where(Application.state == "asked", Application.erased_at.is_(None), mine)
        .where(Event.status == "published", Event.ends_at > now)
        .group_by(Event.id, *event)
    )
    sums: dict[tuple[int, str, str, datetime], dict[str, int]] = {}
    found: Sequence[Any] = session.execute(union_all(refunds, orders, applications)).all()
    for about, of, slug, title, starts_at, zone, due_on, first, second in found:
        counted = sums.setdefault((of, slug, title, starts_at), dict.fromkeys(KINDS, 0))
        if about != "order":
            counted[_ABOUT[about]] += first
            continue
        counted["money"] += first
        counted["overdue"] += second if due_on is not None and due_on < zones.to_local(now, zone).date() else 0
    return [
        Need(kind, of, slug, title, starts_at, number)
        for (of, slug, title, starts_at), counted in sums.items()
        for kind, number in counted.items()
        if number
    ]
