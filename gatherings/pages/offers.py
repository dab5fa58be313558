"""What an event's page links to besides: its call, its running order, its live clock, its doors."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.calls.models import Call
from gatherings.calls.queries.call import find_call
from gatherings.calls.rules.call import CallState, state_of
from gatherings.events.models import Event
from gatherings.live.models import Run
from gatherings.slots.models import RunningOrder

_BEFORE, _AFTER = timedelta(minutes=30), timedelta(hours=2)  # how long before and after its hour a show may be on


@dataclass(frozen=True)
class Offers:
    """What there is: `call` while it is to come or open; `live` is "now", "soon" or ""."""

    call: Call | None
    open: bool
    order: bool
    live: str
    doors: bool


def offers_of(session: Session, event: Event, now: datetime) -> Offers | None:
    """Give what an event's page links to; None, and no query, where it offers nothing."""
    said = event.offers.split()
    if not said or event.status != "published":
        return None
    call = find_call(session, event.id) if "call" in said else None
    state = state_of(call, event, now) if call is not None else None
    shown = call if state in (CallState.OPEN, CallState.NOT_YET) else None
    live = _live(session, event, now) if "order" in said else ""
    if shown is None and "order" not in said and "doors" not in said:
        return None
    return Offers(shown, state is CallState.OPEN, "order" in said, live, "doors" in said)


def _live(session: Session, event: Event, now: datetime) -> str:
    if not event.starts_at - _BEFORE <= now < event.ends_at + _AFTER:
        return ""
    run = select(Run.state).join(RunningOrder, RunningOrder.id == Run.order_id).where(RunningOrder.event_id == event.id)
    state = session.scalar(run.where(Run.rehearsal.is_(False), Run.state != "waiting"))
    if state in ("running", "paused"):
        return "now"
    return "soon" if state is None and now < event.ends_at else ""
