"""The tickets that an event begins with: a draft that organisers look through, and put on sale themselves."""

from collections.abc import Mapping
from typing import Any

from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.loading.actions.memory import Loading
from gatherings.tickets.models import Sale, TicketKind
from gatherings.tickets.queries.kinds import find_sale

_SALE: Mapping[str, Any] = {
    "ways": "card invoice door", "hold_minutes": 30, "invoice_days": 30, "stacking": "one", "terms": "",
    "comes_back": [{"days": 14, "percent": 100}],
}  # fmt: skip


def begin_tickets(loading: Loading, event: Event, wanted: Mapping[str, Any] | None) -> None:
    """Write a draft of an event's tickets, once: afterwards they are changed on their screens alone."""
    session = loading.session
    if wanted is None or find_sale(session, event.id) is not None:
        return
    money = {name: wanted[name] for name in ("currency", "vat_included")}
    session.add(Sale(event_id=event.id, state="draft", created_at=loading.now, **money, **_SALE))
    for position, kind in enumerate(wanted["kinds"], 1):
        pool = Places(capacity=kind["quota"])
        session.add(pool)
        session.flush()
        columns = {name: value for name, value in kind.items() if name != "quota"}
        session.add(
            TicketKind(
                public_id=new_public_id(),
                event_id=event.id,
                places_id=pool.id,
                position=position,
                created_at=loading.now,
                **columns,
            )
        )
    session.flush()
    loading.report.change(f"event {event.slug}", "tickets")
    said = say("the tickets of %(event)s are a draft; they are put on sale on their screen.", event=event.slug)
    loading.report.notes.append(str(said))
