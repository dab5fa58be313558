"""What is held of somebody as a buyer, as who a ticket is for, and as who asked for a bursary."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.core.money import plain
from gatherings.events.models import Event
from gatherings.payments.models import Document, Payment, Refund
from gatherings.tickets.models import Application, Order, Ticket


@dataclass(frozen=True)
class HeldOrder:
    """One order with what moved and the papers about it."""

    order: Order
    payments: Sequence[Payment]
    refunds: Sequence[Refund]
    papers: Sequence[Document]


@dataclass(frozen=True)
class Buying:
    """All of it; what was erased is not among it, for it says nothing."""

    orders: Sequence[HeldOrder]
    given: Sequence[Ticket]  # tickets in their name that somebody else bought
    applications: Sequence[Application]

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return bool(self.orders or self.given or self.applications)


def read_buying(session: Session, person_id: int) -> Buying:
    """Read what is held of a person's tickets and money, in few queries."""
    orders = session.scalars(
        select(Order)
        .where(Order.person_id == person_id, Order.erased_at.is_(None))
        .order_by(Order.id)
        .options(
            joinedload(Order.event).joinedload(Event.community), selectinload(Order.tickets).joinedload(Ticket.kind)
        )
    ).all()
    ids = [order.id for order in orders]
    payments = session.scalars(select(Payment).where(Payment.order_id.in_(ids)).order_by(Payment.id)).all()
    refunds = session.scalars(select(Refund).where(Refund.order_id.in_(ids)).order_by(Refund.id)).all()
    papers = session.scalars(select(Document).where(Document.order_id.in_(ids)).order_by(Document.id)).all()
    given = session.scalars(
        select(Ticket)
        .join(Order, Order.id == Ticket.order_id)
        .where(Ticket.person_id == person_id, Order.person_id != person_id, Ticket.name != "")
        .order_by(Ticket.id)
        .options(joinedload(Ticket.kind), joinedload(Ticket.order).joinedload(Order.event).joinedload(Event.community))
    ).all()
    applications = session.scalars(
        select(Application)
        .where(Application.person_id == person_id, Application.erased_at.is_(None))
        .order_by(Application.id)
        .options(joinedload(Application.kind), joinedload(Application.event).joinedload(Event.community))
    ).all()
    held = [
        HeldOrder(
            order,
            [one for one in payments if one.order_id == order.id],
            [one for one in refunds if one.order_id == order.id],
            [one for one in papers if one.order_id == order.id],
        )
        for order in orders
    ]
    return Buying(held, given, applications)


def export_buying(buying: Buying) -> dict[str, Any]:
    """Give all of it as JSON values; amounts as decimal text with their currency."""
    return {
        "orders": [_order(one) for one in buying.orders],
        "tickets_from_others": [
            {"event": one.order.event.title, "community": one.order.event.community.name, **_ticket(one)}
            for one in buying.given
        ],
        "applications": [
            {
                "event": one.event.title,
                "ticket": one.kind.name,
                "name": one.name,
                "zone": one.zone,
                "what_you_wrote": one.about,
                "state": one.state,
                "answer": one.answer,
                "asked_at": one.created_at.isoformat(),
                "decided_at": _iso(one.decided_at),
            }
            for one in buying.applications
        ],
    }


def _order(held: HeldOrder) -> dict[str, Any]:
    order = held.order
    return {
        "reference": order.reference,
        "event": order.event.title,
        "community": order.event.community.name,
        "name": order.name,
        "zone": order.zone,
        "language": order.language,
        "state": order.state,
        "way": order.way,
        "currency": order.currency,
        "total": plain(order.total, order.currency),
        "vat": plain(order.vat, order.currency),
        "received": plain(order.received, order.currency),
        "given_back": plain(order.given_back, order.currency),
        "codes": order.codes,
        "invoice_to": order.bill_to,
        "ordered_at": order.placed_at.isoformat(),
        "paid_at": _iso(order.paid_at),
        "tickets": [_ticket(one) for one in order.tickets],
        "payments": [
            {"at": one.received_at.isoformat(), "amount": plain(one.amount, one.currency), "currency": one.currency,
             "by": one.provider, "reference": one.reference}
            for one in held.payments
        ],
        "refunds": [
            {"at": one.created_at.isoformat(), "amount": plain(one.amount, one.currency), "currency": one.currency,
             "state": one.state}
            for one in held.refunds
        ],
        "papers": [
            {"kind": one.kind, "number": one.number, "on": one.issued_on.isoformat(),
             "total": plain(one.total, one.currency), "currency": one.currency, "says": one.content}
            for one in held.papers
        ],
    }  # fmt: skip


def _ticket(ticket: Ticket) -> dict[str, Any]:
    return {
        "kind": ticket.kind.name,
        "name": ticket.name,
        "state": ticket.state,
        "price_with_vat_in_minor_units": ticket.gross,
        "cancelled_at": _iso(ticket.cancelled_at),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
