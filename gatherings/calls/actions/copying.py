"""The call of an event that is copied comes along: as a draft, its dates moved by the same distance."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gatherings.calls.models import Call
from gatherings.calls.queries.call import find_call
from gatherings.core import zones
from gatherings.core.tokens import new_public_id
from gatherings.events.models import Event

_SETTINGS = (
    "intro", "contact", "slot_seconds", "least_seconds", "most_seconds", "places", "change_seconds", "kept_seconds",
    "words_a_minute", "asks", "letters",
)  # fmt: skip


def copy_call(session: Session, source_id: int, event: Event, days: int, *, now: datetime) -> None:
    """Write a draft of an event's call for another event, `days` later; nothing where there is none.

    A time that the clocks skip or repeat follows RFC 5545 3.3.5, and none is after the new event's end.
    """
    source = find_call(session, source_id)
    if source is None:
        return
    opens, closes = (
        min(local.replace(second=0, microsecond=0) + timedelta(days=days), event.ends_local)
        for local in (source.opens_local, source.closes_local)
    )
    columns = {name: getattr(source, name) for name in _SETTINGS} | {
        "public_id": new_public_id(),
        "event_id": event.id,
        "state": "draft",
        "opens_local": opens,
        "closes_local": closes,
        "opens_at": zones.to_utc_rfc(opens, event.zone)[0],
        "closes_at": zones.to_utc_rfc(closes, event.zone)[0],
        "created_at": now,
    }
    session.add(Call(**columns))
    session.flush()
