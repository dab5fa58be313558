"""What organisers settle about a whole running order: its settings, who may see it, when presenters are told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from gatherings.audit.actions import log
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.events.models import Event
from gatherings.slots.actions.ordering import By, changed, lock_order

SETTINGS: Final = ("offset_seconds", "change_seconds", "tolerance_seconds", "host_name")


def settle(
    session: Session, event_id: int, values: Mapping[str, Any], *, seen: Mapping[str, Any], by: By, now: datetime
) -> None:
    """Keep an order's settings, if they still are as they were seen; raises Conflict."""
    order = lock_order(session, event_id)
    present = {name: getattr(order, name) for name in SETTINGS}
    if present == values:
        return
    if present != seen:
        raise Conflict(say("Somebody else changed this at the same moment. Please look at it again."))
    for name, value in values.items():
        setattr(order, name, value)
    changed(session, order, "order_settled", by=by, now=now)


def publish(session: Session, event_id: int, *, by: By, now: datetime) -> bool:
    """Let everybody see the order, and presenters be told from now on; False if it is published already."""
    order = lock_order(session, event_id)
    if order.published_at is not None:
        return False
    event = session.get_one(Event, event_id, populate_existing=True)
    if event.status == "draft":
        raise Conflict(say("This gathering is a draft. Please publish it first."))
    if event.status == "cancelled":
        raise Conflict(say("This gathering is cancelled, so nobody needs its order."))
    if not any(item.kind == "slot" for item in order.items):
        raise Conflict(say("There is no slot in it yet. Please put one in first."))
    order.published_at = now
    changed(session, order, "order_published", by=by, now=now)
    return True


def take_back(session: Session, event_id: int, *, by: By, now: datetime) -> bool:
    """Show the order to organisers alone again; what presenters were told stays as it was told."""
    order = lock_order(session, event_id)
    if order.published_at is None:
        return False
    order.published_at = None
    changed(session, order, "order_taken_back", by=by, now=now)
    return True


def tell_now(session: Session, event_id: int, *, by: By, now: datetime) -> bool:
    """Let the worker tell presenters at its next look; False where nothing waits."""
    order = lock_order(session, event_id)
    if order.published_at is None or order.tell_at is None:
        return False
    order.tell_at = min(order.tell_at, now)
    event = session.get_one(Event, event_id)
    about = f"event:{event.public_id}"
    log(session, actor=by.actor, action="order_tell_now", about=about, community_id=event.community_id, now=now)
    return True
