"""The snapshot of facts for letters about an application, and the putting of it into the outbox."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core import zones
from gatherings.events.models import Event
from gatherings.events.rules import facts_of
from gatherings.mail import actions as mail
from gatherings.tickets.models import Application, TicketKind

# What is written about an application in each state.
KINDS = {
    "asked": "application_received",
    "approved": "application_approved",
    "used": "application_approved",
    "declined": "application_declined",
}


def post(
    session: Session,
    application: Application,
    kind: TicketKind,
    event: Event,
    person: Person,
    site: Site,
    *,
    now: datetime,
    again: bool = False,
) -> None:
    """Write how an application stands; once for each decision, unless it is asked for `again`."""
    letter = KINDS.get(application.state)
    if letter is None:
        return
    community = event.community
    facts: dict[str, Any] = {
        "event": facts_of(event),
        "community": {
            "name": community.name, "slug": community.slug, "sender": community.sender, "accent": community.accent,
        },
        "to": {"name": application.name, "address": person.address, "zone": application.zone},
        "application": {
            "public_id": application.public_id,
            "version": application.link_version,
            "answer": application.answer,
            "until": application.until_at.isoformat() if application.until_at is not None else None,
            "kind": kind.name,
        },
    }  # fmt: skip
    step = f"{application.link_version}:{(application.decided_at or application.created_at).timestamp():.0f}"
    mail.post(
        session,
        key=f"{letter}:{application.public_id}:{step}" + (f":{now.timestamp():.0f}" if again else ""),
        kind=letter,
        recipient=person.address,
        sender=community.sender,
        zone=zones.canonical(application.zone) or application.zone,
        language=application.language,
        about=f"application:{application.public_id}",
        facts=facts,
        now=now,
        domain=site.domain,
    )
