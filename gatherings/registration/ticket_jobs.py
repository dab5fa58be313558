"""What the worker does for who waits for tickets: a place that became free any other way than by leaving is served."""

import time
from collections.abc import Callable
from datetime import datetime

from flask import Flask

from gatherings.config import Site
from gatherings.db.session import current_session, transact
from gatherings.registration.actions.waiting import list_to_serve, serve_event

LOOK = 20.0  # seconds


def waiting_drain(app: Flask, site: Site) -> Callable[[str, datetime], int]:
    """Make the drain that offers what is free: a larger quota, a sale that goes on, an online place left for the room.

    Several workers may run it: whoever locks the pools first serves, and the others find nothing left.
    """
    looked = -LOOK

    def drain(worker: str, now: datetime) -> int:
        nonlocal looked
        if time.monotonic() - looked < LOOK:
            return 0
        looked = time.monotonic()
        with app.app_context():
            return sum(transact(serve_event, event, site, now=now) for event in list_to_serve(current_session(), now))

    return drain
