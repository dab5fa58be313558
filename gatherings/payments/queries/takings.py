"""Takings: what came in and went back by day, what was sold by kind, and the VAT in it; of an event, of a community."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from gatherings.core import zones
from gatherings.events.models import Event
from gatherings.payments.models import Document, Payment, Refund
from gatherings.payments.rules.papers import to_pay
from gatherings.tickets.models import Order, Ticket, TicketKind
from gatherings.tickets.rules.states import CONFIRMED, HOLDING

# What was sold: confirmed orders, and what is kept of those that were cancelled.
SOLD = (*CONFIRMED, "cancelled")
WAYS = ("stripe", "bank", "door")


@dataclass
class Moved:
    """What moved in a day or a month, by the way it came; minor units of one currency."""

    came: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WAYS, 0))
    back: int = 0

    @property
    def arrived(self) -> int:
        """Give what came in, whatever the way."""
        return sum(self.came.values())

    @property
    def stays(self) -> int:
        """Give what is left of it after what went back."""
        return self.arrived - self.back


@dataclass
class KindSold:
    """What was sold of one kind: tickets that are valid, what was taken off by codes, and what is to be paid for it."""

    name: str
    tickets: int = 0
    cancelled: int = 0
    discount: int = 0
    net: int = 0
    vat: int = 0
    gross: int = 0
    back: int = 0


@dataclass
class Rate:
    """VAT of one rate."""

    rate: int
    net: int = 0
    vat: int = 0
    gross: int = 0


@dataclass(frozen=True)
class Unfitting:
    """A payment that pays for nothing and goes back in full."""

    order: str
    reference: str
    amount: int
    currency: str
    given_back: int
    why_not: str
    received_at: datetime


def moved_by_day(
    session: Session, where: ColumnElement[bool], zone: str, *, months: bool = False
) -> dict[str, dict[date, Moved]]:
    """Add up by currency and day (of `zone`; the first of the month with `months`) what moved, oldest first.

    `where` is about Order. Money that did not fit an order is left out, with what went back of it. Two queries.
    """
    found: dict[str, dict[date, Moved]] = {}

    def on(currency: str, at: datetime) -> Moved:
        day = zones.to_local(at, zone).date()
        return found.setdefault(currency, {}).setdefault(day.replace(day=1) if months else day, Moved())

    payments = select(Payment.received_at, Payment.provider, Payment.amount, Payment.currency)
    for at, provider, amount, currency in session.execute(
        payments.join(Order, Order.id == Payment.order_id).where(where, Payment.counts.is_(True))
    ):
        came = on(currency, at).came
        came[provider] = came.get(provider, 0) + amount
    refunds = (
        select(Refund.done_at, Refund.created_at, Refund.amount, Refund.currency)
        .join(Order, Order.id == Refund.order_id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(where, Refund.state != "failed", Payment.counts.is_(True))
    )
    for done_at, created_at, amount, currency in session.execute(refunds):
        on(currency, done_at or created_at).back += amount
    return {currency: dict(sorted(days.items())) for currency, days in sorted(found.items())}


def sold_by_kind(session: Session, event: Event) -> tuple[list[KindSold], list[Rate]]:
    """Add up what was sold of each kind, in their order, and the VAT in it by rate, highest first; one query.

    Exactly as documents have it: ticket by ticket, after what comes back of each.
    """
    same = (Ticket.gross, Ticket.vat, Ticket.vat_rate, Ticket.comes_back, Ticket.discount, Ticket.state)
    rows = session.execute(
        select(TicketKind.id, TicketKind.name, *same, func.count())
        .join(Order, Order.id == Ticket.order_id)
        .join(TicketKind, TicketKind.id == Ticket.kind_id)
        .where(Order.event_id == event.id, Order.state.in_(SOLD))
        .group_by(TicketKind.id, TicketKind.position, TicketKind.name, *same)
        .order_by(TicketKind.position, TicketKind.id)
    )
    kinds: dict[int, KindSold] = {}
    rates: dict[int, Rate] = {}
    for id, name, gross, vat, rate, comes_back, discount, state, number in rows:
        left = to_pay(gross, vat, comes_back)
        kind = kinds.setdefault(id, KindSold(name))
        kind.tickets += number if state in HOLDING else 0
        kind.cancelled += number if state == "cancelled" else 0
        if state != "cancelled" or left.gross:
            kind.discount += discount * number
        kind.back += comes_back * number
        for one in (kind, rates.setdefault(rate, Rate(rate))):
            one.gross += left.gross * number
            one.vat += left.vat * number
            one.net += (left.gross - left.vat) * number
    shown = sorted(rates.values(), key=lambda one: -one.rate)
    return list(kinds.values()), [one for one in shown if one.gross]


def unfitting(session: Session, where: ColumnElement[bool]) -> list[Unfitting]:
    """List the money that came and did not fit, the latest first; `where` is about Order."""
    rows = session.execute(
        select(
            Order.public_id, Order.reference, Payment.amount, Payment.currency, Payment.given_back, Payment.why_not,
            Payment.received_at,
        )
        .join(Order, Order.id == Payment.order_id)
        .where(where, Payment.counts.is_(False))
        .order_by(Payment.received_at.desc(), Payment.id.desc())
        .limit(100)
    )  # fmt: skip
    return [Unfitting(*row) for row in rows]


@dataclass(frozen=True)
class EventTakings:
    """What one event of a community came to, in its currency."""

    slug: str
    title: str
    starts_local: datetime
    currency: str
    orders: int
    sold: int
    vat: int
    received: int
    given_back: int

    @property
    def to_come(self) -> int:
        """Give what is still to come (below nothing: to go back)."""
        return self.sold - self.received + self.given_back


def by_event(session: Session, community_id: int) -> list[EventTakings]:
    """Add up each event of a community that has orders, the latest first; one query."""
    rows = session.execute(
        select(
            Event.slug, Event.title, Event.starts_local, Order.currency, func.count(),
            func.sum(Order.total), func.sum(Order.vat), func.sum(Order.received), func.sum(Order.given_back),
        )
        .join(Event, Event.id == Order.event_id)
        .where(Event.community_id == community_id, Order.state.in_(SOLD))
        .group_by(Event.id, Event.slug, Event.title, Event.starts_local, Event.starts_at, Order.currency)
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(200)
    )  # fmt: skip
    return [EventTakings(*row[:5], *(int(number) for number in row[5:])) for row in rows]


def of_community(community_id: int) -> ColumnElement[bool]:
    """Tell of orders whether they are of a community's events."""
    return Order.event_id.in_(select(Event.id).where(Event.community_id == community_id))


def vat_by_month(session: Session, community_id: int, year: int) -> dict[str, dict[date, dict[int, Rate]]]:
    """Add up, by currency, month and rate, the VAT of a year's invoices less credit notes, by their own dates."""
    rows = session.execute(
        select(Document.kind, Document.issued_on, Document.currency, Document.content["rates"])
        .where(
            Document.community_id == community_id,
            Document.kind.in_(("invoice", "credit")),
            Document.issued_on.between(date(year, 1, 1), date(year, 12, 31)),
        )
        .order_by(Document.issued_on, Document.id)
    )
    found: dict[str, dict[date, dict[int, Rate]]] = {}
    for kind, day, currency, rates in rows:
        month = found.setdefault(currency, {}).setdefault(day.replace(day=1), {})
        _add_rates(month, rates or (), 1 if kind == "invoice" else -1)
    return found


def _add_rates(month: dict[int, Rate], rates: Iterable[dict[str, Any]], sign: int) -> None:
    for row in rates:
        one = month.setdefault(row["rate"], Rate(row["rate"]))
        one.net += sign * row["net"]
        one.vat += sign * row["vat"]
        one.gross += sign * row["gross"]


def years_of(session: Session, community_id: int) -> list[int]:
    """List the years in which a community wrote documents, the latest first."""
    first, last = session.execute(  # NULL, where there is none
        select(func.min(Document.issued_on), func.max(Document.issued_on)).where(Document.community_id == community_id)
    ).one()
    return list(range(last.year, first.year - 1, -1)) if first is not None else []


def papers_of(session: Session, community_id: int, year: int) -> Sequence[Any]:
    """List a year's documents for the books: kind, number, date, order, event, buyer, amounts."""
    return session.execute(
        select(
            Document.kind, Document.number, Document.issued_on, Order.reference, Event.title,
            Document.content["buyer"], Document.total, Document.vat, Document.currency,
        )
        .join(Order, Order.id == Document.order_id)
        .join(Event, Event.id == Order.event_id)
        .where(
            Document.community_id == community_id,
            Document.issued_on.between(date(year, 1, 1), date(year, 12, 31)),
        )
        .order_by(Document.kind, Document.number)
    ).all()  # fmt: skip
