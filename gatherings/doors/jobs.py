"""What the worker does for doors: each morning, at each follower's own hour, the mail with the door of the day."""

import time
from collections.abc import Callable
from datetime import datetime

from flask import Flask

from gatherings.config import Site
from gatherings.db import current_session, transact
from gatherings.doors.actions.sending import any_due, send_due

LOOK_EVERY = 5.0  # seconds


def doors_drain(app: Flask, site: Site, *, every: float = LOOK_EVERY) -> Callable[[str, datetime], int]:
    """Make the drain that posts the mails of followers whose hour has come. Several workers may run it."""
    looked = -every

    def drain(worker: str, now: datetime) -> int:
        nonlocal looked
        if time.monotonic() - looked < every:
            return 0
        with app.app_context():
            if not any_due(current_session(), site, now):
                looked = time.monotonic()
                return 0
            return transact(send_due, site, now=now)

    return drain
