"""Our side of the reconciliation: payments and refunds by card of some orders in some days, read before asking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from gatherings.core.errors import NotFound
from gatherings.core.tokens import PUBLIC_ID
from gatherings.events.models import Event
from gatherings.payments.models import Dispute, Payment, Refund
from gatherings.payments.providers import Booked
from gatherings.payments.rules.reconciling import Ours
from gatherings.tickets.models import Order

SLACK = timedelta(days=2)  # a movement may be noted here and there on either side of midnight
_MANY = 500  # references in one question


@dataclass(frozen=True)
class OurSide:
    """What we have: movements, the names of the orders that the reader may see, and disputes that we know."""

    ours: Sequence[Ours]
    names: Mapping[str, str]
    disputed: Sequence[str]


def our_side(
    session: Session,
    where: ColumnElement[bool],
    provider: str,
    since: datetime,
    until: datetime,
    theirs: Sequence[Booked] = (),
) -> OurSide:
    """Read what moved by card in [since, until) and some days around it, and whatever else `theirs` names.

    `where` is about Order: which the reader may see.
    """
    named = sorted({one.reference for one in theirs} | {one.payment for one in theirs})
    orders = sorted({one.order for one in theirs if one.order})
    ours: dict[tuple[str, str], Ours] = {}
    for part in _parts(named):
        for one in (*_payments(session, where, provider, since, until, part),
                    *_refunds(session, where, provider, since, until, part)):  # fmt: skip
            ours[one.kind, one.reference] = one
    names = {one.order: one.name for one in ours.values()}
    for part in _parts(orders):
        rows = select(Order.public_id, Order.reference).where(where, Order.public_id.in_(part))
        names |= {row.public_id: row.reference for row in session.execute(rows)}
    known = select(Dispute.reference).join(Order, Order.id == Dispute.order_id).where(where)
    return OurSide(list(ours.values()), names, session.scalars(known).all())


def all_orders(session: Session, public_ids: Sequence[str]) -> set[str]:
    """Give which of some public ids are orders here at all: what is somebody else's is not a stranger's."""
    found: set[str] = set()
    for part in _parts(public_ids):
        found |= set(session.scalars(select(Order.public_id).where(Order.public_id.in_(part))))
    return found


def all_references(session: Session, provider: str, references: Sequence[str]) -> set[str]:
    """Give which of some references of payments are noted here at all, for whatever order."""
    found: set[str] = set()
    for part in _parts(references):
        known = select(Payment.reference).where(Payment.provider == provider, Payment.reference.in_(part))
        found |= set(session.scalars(known))
    return found


def slug_of_order(session: Session, community_id: int, public_id: str) -> str:
    """Give the slug of the event that an order of a community is of; raises NotFound."""
    if PUBLIC_ID.fullmatch(public_id) is None:
        raise NotFound()
    found = session.scalar(
        select(Event.slug)
        .join(Order, Order.event_id == Event.id)
        .where(Order.public_id == public_id, Event.community_id == community_id)
    )
    if found is None:
        raise NotFound()
    return found


def _parts(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[at : at + _MANY] for at in range(0, len(names), _MANY)] or [()]


def _payments(
    session: Session, where: ColumnElement[bool], provider: str, since: datetime, until: datetime, named: Sequence[str]
) -> list[Ours]:
    rows = session.execute(
        select(Payment.reference, Payment.amount, Payment.currency, Order.public_id, Order.reference,
               Payment.received_at)
        .join(Order, Order.id == Payment.order_id)
        .where(
            where, Payment.provider == provider,
            or_(Payment.received_at.between(since - SLACK, until + SLACK), Payment.reference.in_(named)),
        )
    )  # fmt: skip
    return [Ours("payment", *row) for row in rows]


def _refunds(
    session: Session, where: ColumnElement[bool], provider: str, since: datetime, until: datetime, named: Sequence[str]
) -> list[Ours]:
    rows = session.execute(
        select(Refund.reference, Refund.public_id, Refund.amount, Refund.currency, Order.public_id, Order.reference,
               Refund.done_at, Refund.created_at, Refund.state)
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Order, Order.id == Refund.order_id)
        .where(
            where, Payment.provider == provider, Refund.state != "by_hand",
            or_(Refund.created_at.between(since - SLACK, until + SLACK), Refund.reference.in_(named)),
        )
    )  # fmt: skip
    return [
        Ours("refund", reference or f"?{ours}", amount, currency, order, name, done_at or created_at, state)
        for reference, ours, amount, currency, order, name, done_at, created_at, state in rows
    ]
