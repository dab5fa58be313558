"""Mails about orders: put into the outbox in the transaction of their cause, once for each key."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.models import Person
from gatherings.communities.queries.team import list_team
from gatherings.communities.rules import allows
from gatherings.config import Site
from gatherings.core import zones
from gatherings.events.models import Event
from gatherings.events.rules import facts_of
from gatherings.mail.actions import NewMail, post_many
from gatherings.payments.models import Document, Seller
from gatherings.tickets.models import Order, Ticket

# To the buyer. What each says: payments/mails/.
KINDS = (
    "order_held",  # placed some minutes ago, and no way to pay was chosen yet
    "order_confirmed",  # paid, or nothing to pay: lines, receipt
    "order_invoice",  # confirmed, to be paid by invoice: bank details, reference, due date; the invoice comes along
    "order_door",  # confirmed, to be paid at the door
    "order_paid",  # an order that was confirmed before is paid now: the receipt
    "order_waiting",  # the money is on its way
    "order_failed",  # a delayed payment failed; pay again
    "order_given_back",  # amount=…, by_hand=True where an organiser sends it
    "order_gone",  # amount=…: paid too late, the places were gone, the money goes back
    "order_left",  # tickets were cancelled; amount=… that comes back
    "order_expired",  # not paid in time
    "order_reminder",  # an invoice is overdue
    "order_anew",  # the invoice was made out anew
    "ticket_offered",  # until=…: a place became free
)
# To organisers whose role includes money. `why`: late, gone, twice, amount, currency, refund, dispute, notice, …
NOTICE = "money_notice"


def post_order(
    session: Session, order: Order, kind: str, site: Site, *, now: datetime, key: str = "", **more: Any
) -> int:
    """Post a mail about an order as it stands now; returns how many were new.

    `key` tells this cause from others of the same kind and order: "" for what happens once, a refund's public id, an
    attempt's number. `more` are values in JSON's types that the kind needs: `amount`, `by_hand`, `until` (ISO 8601),
    and for a money_notice `why`, `amount`, `error`.
    """
    session.flush()
    event = session.scalars(select(Event).where(Event.id == order.event_id).options(joinedload(Event.community))).one()
    mails = (_notices if kind == NOTICE else _to_buyer)(session, order, event, kind, key, more)
    return post_many(session, mails, now=now, domain=site.domain)


def _to_buyer(session: Session, order: Order, event: Event, kind: str, key: str, more: dict[str, Any]) -> list[NewMail]:
    if kind not in KINDS:
        raise KeyError(kind)
    person = session.get_one(Person, order.person_id)
    if order.erased_at is not None or "@" not in person.key:
        return []
    facts = _facts(session, order, event) | more
    facts["to"] = {"name": order.name, "address": person.address, "zone": order.zone}
    return [
        NewMail(
            key=f"{kind}:{order.public_id}:{key}", kind=kind, recipient=person.address, sender=event.community.sender,
            zone=zones.canonical(order.zone) or order.zone, language=order.language, about=f"order:{order.public_id}",
            facts=facts,
        )
    ]  # fmt: skip


def _notices(session: Session, order: Order, event: Event, kind: str, key: str, more: dict[str, Any]) -> list[NewMail]:
    facts = _facts(session, order, event) | more | {"buyer": order.name}
    return [
        NewMail(
            key=f"{kind}:{order.public_id}:{more.get('why', '')}:{key}:{role.person.public_id}", kind=kind,
            recipient=role.person.address, sender=event.community.sender, zone=event.community.zone,
            about=f"order:{order.public_id}",
            facts=facts | {"to": {"name": role.person.name, "address": role.person.address,
                                  "zone": event.community.zone}},
        )
        for role in list_team(session, event.community_id)
        if allows(role.role, "money")
    ]  # fmt: skip


def _facts(session: Session, order: Order, event: Event) -> dict[str, Any]:
    """Snapshot what the mails about an order say; JSON values only."""
    community = event.community
    tickets = session.scalars(
        select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id).options(joinedload(Ticket.kind))
    )
    seller = session.get(Seller, community.id)
    papers = session.scalars(select(Document).where(Document.order_id == order.id).order_by(Document.id)).all()
    return {
        "event": facts_of(event),
        "community": {
            "name": community.name, "slug": community.slug, "sender": community.sender, "accent": community.accent,
        },
        "order": {
            "public_id": order.public_id, "version": order.link_version, "reference": order.reference,
            "state": order.state, "way": order.way, "currency": order.currency, "total": order.total,
            "vat": order.vat, "discount": order.discount, "received": order.received,
            "given_back": order.given_back, "owed": order.owed, "codes": list(order.codes),
            "due_on": order.due_on.isoformat() if order.due_on else None,
            "expires_at": order.expires_at.isoformat() if order.expires_at else None,
        },
        "tickets": [
            {"what": one.kind.name, "who": one.name, "state": one.state, "gross": one.gross,
             "comes_back": one.comes_back, "cuts": [cut for cut in one.discounts if cut.get("amount")]}
            for one in tickets
        ],
        "seller": {"name": seller.name if seller else "", "bank": seller.bank if seller else "",
                   "contact": seller.contact if seller else ""},
        "papers": [{"id": one.public_id, "kind": one.kind, "number": one.number} for one in papers],
    }  # fmt: skip
