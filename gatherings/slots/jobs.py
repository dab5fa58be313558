"""What the worker does for running orders: it tells presenters their minute."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask

from gatherings.config import Site
from gatherings.db.session import current_session, transact
from gatherings.events.models import Event
from gatherings.slots.actions.telling import list_orders_to_look_at, tell
from gatherings.slots.models import RunningOrder
from gatherings.slots.news import list_news
from gatherings.slots.queries import find_order

LOOK = 5.0  # seconds between two looks: a few small reads for each order that is to come


def tell_drain(app: Flask, site: Site) -> Callable[[str, datetime], int]:
    """Make the drain that tells presenters; several workers may run it: whoever locks an order's row tells."""
    looked = -LOOK

    def drain(worker: str, now: datetime) -> int:
        nonlocal looked
        if time.monotonic() - looked < LOOK:
            return 0
        looked = time.monotonic()
        with app.app_context():
            return sum(_tell_if_needed(order_id, site, now) for order_id in _due(site, now))

    return drain


def _due(site: Site, now: datetime) -> list[int]:
    return list_orders_to_look_at(current_session(), site, now)


def _tell_if_needed(order_id: int, site: Site, now: datetime) -> int:
    session = current_session()
    order = session.get_one(RunningOrder, order_id)
    event = session.get_one(Event, order.event_id)
    read = find_order(session, order.event_id)
    settled = now - timedelta(seconds=site.change_delay)
    if read is None or (not list_news(session, read, event, now, settled=settled) and read.tell_at is None):
        return 0
    return transact(tell, order_id, site, now=now)
