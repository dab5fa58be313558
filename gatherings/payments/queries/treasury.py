"""An event's orders as the treasurer looks at them: narrowed, sorted, a page at a time, and in numbers."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Text, and_, case, cast, exists, func, not_, or_, select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.models import Person
from gatherings.core import zones
from gatherings.core.folding import fold
from gatherings.events.models import Event
from gatherings.payments.models import Document, Refund
from gatherings.payments.rules.finding import PAGE, OrderFilter
from gatherings.registration.models import Registration
from gatherings.tickets.models import Order, Sale, Ticket, TicketKind
from gatherings.tickets.rules.states import CONFIRMED

MOST_WORDS = 8
OWED = Order.total - Order.received + Order.given_back
CAME_TO_NOTHING = and_(Order.state.in_(("expired", "cancelled")), Order.received == 0)


@dataclass(frozen=True)
class Sums:
    """An event's money and orders in numbers; amounts in minor units of its currency.

    `sold` is what confirmed orders come to, and what is kept of those that were cancelled; `to_come` is owed by
    confirmed ones, `late` of that past its day (`late_orders` many); `to_give` is to go back.
    """

    orders: int = 0
    sold: int = 0
    vat: int = 0
    received: int = 0
    given_back: int = 0
    to_come: int = 0
    late: int = 0
    late_orders: int = 0
    paying: int = 0
    wished: int = 0
    needs: int = 0


@dataclass(frozen=True)
class Listed:
    """A row of the list: an order with its buyer, and what was bought: (kind's name, how many)."""

    order: Order
    bought: Sequence[tuple[str, int]]


def is_late(event: Event, now: datetime) -> ColumnElement[bool]:
    """Tell of orders whether they are confirmed, not paid, and past their day on the event's calendar."""
    return and_(Order.state == "due", Order.due_on < zones.to_local(now, event.zone).date(), OWED > 0)


def conditions(event: Event, filter: OrderFilter, now: datetime) -> list[ColumnElement[bool]]:
    """Put a filter into SQL."""
    found: list[ColumnElement[bool]] = [Order.event_id == event.id]
    found += _of_state(event, filter.state, now)
    found += [_has_word(word) for word in filter.words.split()[:MOST_WORDS]]
    if filter.way:
        found.append(Order.way == filter.way)
    if filter.kind:
        kind = select(TicketKind.id).where(TicketKind.public_id == filter.kind, TicketKind.event_id == event.id)
        found.append(exists().where(Ticket.order_id == Order.id, Ticket.kind_id == kind.scalar_subquery()))
    if filter.code:
        found.append(cast(Order.codes, Text).contains(json.dumps(filter.code), autoescape=True))
    return found


def _of_state(event: Event, state: str, now: datetime) -> list[ColumnElement[bool]]:
    made: dict[str, list[ColumnElement[bool]]] = {
        "": [not_(CAME_TO_NOTHING)],
        "all": [],
        "paid": [Order.state == "paid"],
        "unpaid": [Order.state.in_(CONFIRMED), OWED > 0],
        "late": [is_late(event, now)],
        "paying": [Order.state.in_(("open", "waiting"))],
        "wished": [Order.state == "wished"],
        "back": [or_(Order.given_back > 0, OWED < 0)],
        "needs": [needs_somebody()],
        "gone": [Order.state.in_(("expired", "cancelled"))],
    }
    return made[state]


def needs_somebody() -> ColumnElement[bool]:
    """Tell of orders whether a person must do something about their money."""
    waits = exists().where(Refund.order_id == Order.id, Refund.state.in_(("by_hand", "failed")))
    return or_(Order.attention != "", waits)


def _has_word(word: str) -> ColumnElement[bool]:
    """Find a word; `autoescape`: % and _ are letters (reliability.md C16)."""
    # As JSON keeps what is no ASCII: "Å" and "å" are different there.
    coded = {json.dumps(one)[1:-1].lower() for one in (word, word.lower(), word.upper(), word.capitalize())}
    plain = word.upper().replace("-", "")
    places: list[ColumnElement[bool]] = [
        exists().where(Person.id == Order.person_id, Person.key.contains(word.lower(), autoescape=True)),
        *(func.lower(cast(Order.bill_to, Text)).contains(one, autoescape=True) for one in sorted(coded)),
    ]
    if len(plain) >= 3:
        places.append(func.replace(Order.reference, "-", "").contains(plain, autoescape=True))
    if folded := fold(word):
        who = Registration.name_folded.contains(folded, autoescape=True)
        places.append(Order.name_folded.contains(folded, autoescape=True))
        places.append(exists().where(Ticket.order_id == Order.id, Ticket.registration_id == Registration.id, who))
    if word.isascii() and word.isdigit() and len(word) <= 9:
        places.append(exists().where(Document.order_id == Order.id, Document.number == int(word)))
    return or_(*places)


def sums_of_event(session: Session, event: Event, now: datetime) -> Sums:
    """Add an event's orders up; one query."""

    def adding(amount: ColumnElement[int], *where: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((and_(*where), amount), else_=0)), 0)

    def counting(*where: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(case((and_(*where), 1)))

    sold = Order.state.in_((*CONFIRMED, "cancelled"))
    late = is_late(event, now)
    row = session.execute(
        select(
            counting(not_(CAME_TO_NOTHING), Order.state != "wished"),
            adding(Order.total, sold),  # type: ignore[arg-type]  # a column is an expression
            adding(Order.vat, sold),  # type: ignore[arg-type]
            func.coalesce(func.sum(Order.received), 0),
            func.coalesce(func.sum(Order.given_back), 0),
            adding(OWED, Order.state.in_(CONFIRMED), OWED > 0),
            adding(OWED, late),
            counting(late),
            counting(Order.state.in_(("open", "waiting"))),
            counting(Order.state == "wished"),
            counting(needs_somebody()),
        ).where(Order.event_id == event.id)
    ).one()
    return Sums(*(int(number) for number in row))


def count(session: Session, event: Event, filter: OrderFilter, now: datetime) -> int:
    """Count what a filter finds."""
    return session.scalar(select(func.count(Order.id)).where(*conditions(event, filter, now))) or 0


def list_orders(session: Session, event: Event, filter: OrderFilter, now: datetime, *, page: int = 1) -> list[Listed]:
    """List a page of what a filter finds, each with its buyer and what was bought; two queries."""
    found = _sorted(filter).where(*conditions(event, filter, now)).options(joinedload(Order.person))
    orders = session.scalars(found.limit(PAGE).offset((page - 1) * PAGE)).all()
    return _with_bought(session, orders)


def walk_orders(session: Session, event: Event, filter: OrderFilter, now: datetime) -> Iterator[Listed]:
    """Give all that a filter finds, some at a time, so that no list is too long."""
    at = 1
    while True:
        found = _sorted(filter).where(*conditions(event, filter, now)).options(joinedload(Order.person))
        orders = session.scalars(found.limit(500).offset((at - 1) * 500)).all()
        yield from _with_bought(session, orders)
        if len(orders) < 500:
            return
        session.expunge_all()
        at += 1


def _sorted(filter: OrderFilter):  # type: ignore[no-untyped-def]  # a select of orders
    name, down = filter.sort.removeprefix("-"), filter.sort.startswith("-")
    column = {"time": Order.placed_at, "name": Order.name_folded, "total": Order.total, "owed": OWED}[name]
    order = (column.desc(), Order.id.desc()) if down else (column, Order.id)
    return select(Order).order_by(*order)


def _with_bought(session: Session, orders: Sequence[Order]) -> list[Listed]:
    """Say what was bought: tickets that hold or wait; of orders that have none left, what they had."""
    counted = select(
        Ticket.order_id, TicketKind.name, func.count(), func.count(case((Ticket.state != "cancelled", 1)))
    ).join(TicketKind, TicketKind.id == Ticket.kind_id)
    counted = counted.where(Ticket.order_id.in_([order.id for order in orders]))
    counted = counted.group_by(Ticket.order_id, TicketKind.id, TicketKind.position, TicketKind.name)
    bought: dict[int, list[tuple[str, int, int]]] = {}
    if orders:
        for order_id, name, every, live in session.execute(counted.order_by(TicketKind.position, TicketKind.id)):
            bought.setdefault(order_id, []).append((name, every, live))
    return [Listed(order, _live(bought.get(order.id, []))) for order in orders]


def _live(rows: Sequence[tuple[str, int, int]]) -> list[tuple[str, int]]:
    live = [(name, number) for name, _every, number in rows if number]
    return live or [(name, every) for name, every, _number in rows]


def kinds_bought(session: Session, event: Event) -> list[tuple[str, str]]:
    """List (public id, name) of an event's kinds of ticket, retired ones too."""
    kinds = select(TicketKind.public_id, TicketKind.name).where(TicketKind.event_id == event.id)
    return [(one, name) for one, name in session.execute(kinds.order_by(TicketKind.position, TicketKind.id))]


def currency_of(session: Session, event: Event) -> str | None:
    """Give the currency of an event's sale; None where nothing is sold."""
    return session.scalar(select(Sale.currency).where(Sale.event_id == event.id))
