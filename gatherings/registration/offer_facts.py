"""The snapshot of facts for letters to the buyer of tickets that are waited for, and the putting of it into the outbox.

Letters about orders that are being paid are the payments' own; these are caused by the waiting list.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core import zones
from gatherings.events.models import Event
from gatherings.events.rules import facts_of
from gatherings.mail import actions as mail
from gatherings.registration.facts import community_facts
from gatherings.tickets.models import Order, Ticket, TicketKind


def post(
    session: Session,
    kind: str,
    order: Order,
    tickets: Sequence[tuple[TicketKind, Ticket]],
    event: Event,
    buyer: Person,
    site: Site,
    *,
    now: datetime,
) -> bool:
    """Write to an order's buyer; `kind`: ticket_offered, ticket_wished, offer_ended. Once for each order and end."""
    until = order.expires_at.isoformat() if order.expires_at is not None else None
    facts: dict[str, Any] = {
        "event": facts_of(event),
        "community": community_facts(event.community),
        "to": {"name": order.name, "address": buyer.address, "zone": order.zone},
        "order": {
            "public_id": order.public_id,
            "version": order.link_version,
            "total": order.total,
            "currency": order.currency,
            "until": until,
        },
        "tickets": [{"kind": kind.name, "name": ticket.name, "gross": ticket.gross} for kind, ticket in tickets],
    }
    return mail.post(
        session,
        key=f"{kind}:{order.public_id}:{order.link_version}:{until or ''}",
        kind=kind,
        recipient=buyer.address,
        sender=facts["community"]["sender"],
        zone=zones.canonical(order.zone) or order.zone,
        language=order.language,
        about=f"order:{order.public_id}",
        facts=facts,
        now=now,
        domain=site.domain,
    )
