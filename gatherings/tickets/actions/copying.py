"""The tickets of an event that is copied come along: as a draft, their dates moved by the same distance."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gatherings.core import zones
from gatherings.core.tokens import new_public_id
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.tickets.actions.selling import SALE
from gatherings.tickets.models import Sale, TicketKind
from gatherings.tickets.queries.kinds import find_sale, kinds_of
from gatherings.tickets.rules.selling import days_of, moved_days

_KIND = (
    "position", "name", "about", "price", "amount", "early_amount", "least", "suggested", "most", "vat_rate", "side",
    "least_each", "most_each", "hidden", "by_application",
)  # fmt: skip
_WINDOWS = ("opens_at", "closes_at", "early_until_at")


def copy_sale(session: Session, source: Event, event: Event, days: int, *, now: datetime) -> None:
    """Write a draft of an event's sale and kinds for another event, `days` later; nothing where there is none.

    Codes stay behind: people know them. A time that the clocks skip or repeat follows RFC 5545 3.3.5, and none is
    after the new event's end; days that it does not have are left out.
    """
    sale = find_sale(session, source.id)
    if sale is None:
        return
    session.add(Sale(event_id=event.id, state="draft", created_at=now, **{name: getattr(sale, name) for name in SALE}))
    offered = days_of(event.starts_local, event.ends_local)
    for kind in kinds_of(session, source.id):
        pool = Places(capacity=kind.places.capacity)
        session.add(pool)
        session.flush()
        moved = moved_days(kind.days, days)
        kept = [day for day in moved if day in offered] or moved  # none left: the screen asks to look at them
        windows = {name: _moved(getattr(kind, name), source.zone, event, days) for name in _WINDOWS}
        columns = {name: getattr(kind, name) for name in _KIND} | windows
        if columns["early_until_at"] is None:
            columns["early_amount"] = None
        session.add(
            TicketKind(
                public_id=new_public_id(),
                event_id=event.id,
                places_id=pool.id,
                days=[] if kept == offered else kept,
                created_at=now,
                **columns,
            )
        )
    session.flush()


def _moved(at: datetime | None, zone: str, event: Event, days: int) -> datetime | None:
    """Move an instant by days on the wall clock of its zone, to the event's end at the latest."""
    if at is None:
        return None
    local = zones.to_local(at, zone) + timedelta(days=days)
    return min(zones.to_utc_rfc(local, event.zone)[0], event.ends_at)
