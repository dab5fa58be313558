"""Hundreds of orders in a moment: written as rows, in every state, with their payments, refunds and papers' sums."""

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.core.folding import fold
from gatherings.core.tokens import new_public_id
from gatherings.events.models import Event
from gatherings.payments.models import Payment, Refund
from gatherings.tickets.models import Order, Ticket, TicketKind
from gatherings.tickets.rules.pricing import line_of
from gatherings.tickets.rules.references import new_reference

NAMES = [
    "Zoë & Sons <3", "李雷", "محمد العربي", "Ada Example", "Göran", "O'Brien Siobhán",
    "Anna-Karin von Something-Very-Long-Indeed Österström-Featherstonehaugh", "Māui",
]  # fmt: skip
# How every twentieth order stands: (state, way); the others are paid by card.
_STATES = {
    1: ("due", "invoice"), 3: ("due", "invoice"), 5: ("due", "door"), 7: ("expired", ""), 9: ("cancelled", "card"),
    11: ("paid", "invoice"), 13: ("open", ""), 15: ("paid", "door"), 17: ("wished", ""),
}  # fmt: skip


def fill_orders(
    session: Session, event: Event, kinds: list[TicketKind], count: int, *, now: datetime, prefix: str = "buyer"
) -> None:
    """Write `count` orders of one to three tickets; no registrations, no mails, no documents."""
    people = [
        {"public_id": new_public_id(), "key": address, "address": address, "created_at": now}
        for address in (f"{prefix}{number}@example.org" for number in range(count))
    ]
    persons = _insert(session, Person, people)
    orders, tickets_of = [], []
    for number, person in enumerate(persons):
        order, tickets = _order(event, kinds, number, person, now)
        orders.append(order)
        tickets_of.append(tickets)
    ids = _insert(session, Order, orders)
    _insert(
        session, Ticket, [{**one, "order_id": id} for id, many in zip(ids, tickets_of, strict=True) for one in many]
    )
    paid = [(id, order) for id, order in zip(ids, orders, strict=True) if order["received"]]
    payments = _insert(session, Payment, [_payment(id, order) for id, order in paid])
    back = [(id, pay, order) for (id, order), pay in zip(paid, payments, strict=True) if order["given_back"]]
    _insert(session, Refund, [_refund(*one, now) for one in back])


def _order(
    event: Event, kinds: list[TicketKind], number: int, person: int, now: datetime
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    state, way = _STATES.get(number % 20, ("paid", "card"))
    placed = now - timedelta(hours=number % 1400, minutes=number % 60)
    name = f"{NAMES[number % len(NAMES)]} {number}"
    tickets = [
        _ticket(kinds[(number + place) % len(kinds)], person, name, state)
        for place in range(1 + (number % 7 == 0) + (number % 14 == 0))
    ]
    total = sum(one["gross"] - one["comes_back"] for one in tickets)
    gross = sum(one["gross"] for one in tickets)
    order = {
        "public_id": new_public_id(), "reference": new_reference(), "event_id": event.id, "person_id": person,
        "name": name, "name_folded": fold(name), "zone": "Europe/Stockholm", "language": "en", "link_version": 1,
        "state": state, "way": way, "currency": "SEK", "vat_included": False, "total": total,
        "vat": total - total * 4 // 5, "discount": 0, "codes": [], "attempts": 1,
        "bill_to": {"organisation": f"Firma {number} AB"} if way == "invoice" else {},
        "received": gross if state == "paid" or state == "cancelled" else 0,
        "given_back": gross - total if state == "cancelled" else 0, "placed_at": placed,
        "expires_at": now + timedelta(minutes=20) if state == "open" else None,
        "due_on": (placed + timedelta(days=30)).date() if way == "invoice" else None,
        "paid_at": placed + timedelta(minutes=4) if state == "paid" else None,
        "attention": "left-by-host" if number % 100 == 99 else "",
    }  # fmt: skip
    return order, tickets


def _ticket(kind: TicketKind, person: int, name: str, state: str) -> dict[str, Any]:
    line = line_of(kind.amount, [], vat_rate=kind.vat_rate, vat_included=False, currency="SEK")
    gone = state in ("cancelled", "expired")
    return {
        "public_id": new_public_id(), "kind_id": kind.id, "person_id": person, "name": name, "side": "room",
        "state": "cancelled" if gone else {"open": "held", "wished": "wished"}.get(state, "valid"),
        "price": line.price, "discount": 0, "net": line.net, "vat": line.vat, "gross": line.gross,
        "vat_rate": kind.vat_rate, "discounts": [], "code_ids": [],
        "comes_back": line.gross if state == "expired" else line.gross // 2 if gone else 0,
    }  # fmt: skip


def _payment(order_id: int, order: dict[str, Any]) -> dict[str, Any]:
    provider = {"invoice": "bank", "door": "door"}.get(order["way"], "stripe")
    at = order["paid_at"] or order["placed_at"]
    return {
        "public_id": new_public_id(), "order_id": order_id, "provider": provider,
        "reference": f"pi_{order['public_id']}", "amount": order["received"], "currency": "SEK", "counts": True,
        "given_back": order["given_back"], "received_at": at, "created_at": at,
    }  # fmt: skip


def _refund(order_id: int, payment: int, order: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "public_id": new_public_id(), "order_id": order_id, "payment_id": payment, "amount": order["given_back"],
        "currency": "SEK", "reason": "left", "tickets": {}, "state": "done", "reference": f"re_{order['public_id']}",
        "due_at": order["placed_at"], "created_at": order["placed_at"], "done_at": now,
    }  # fmt: skip


def _insert(session: Session, model: Any, rows: list[dict[str, Any]]) -> list[int]:
    if not rows:
        return []
    table = cast(Table, model.__table__)
    found = session.execute(insert(table).returning(table.c.id, sort_by_parameter_order=True), rows)
    return [row.id for row in found]
