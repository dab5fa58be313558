"""Whether this installation can serve: what `/readyz` answers, each part by itself."""

import logging
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gatherings.config import Settings
from gatherings.core import zones
from gatherings.core.errors import Busy
from gatherings.db.migrations import revisions
from gatherings.db.session import current_session, unit_of_work
from gatherings.jobs.queries import last_seen
from gatherings.mail.queries import oldest_due

log = logging.getLogger(__name__)

OUTBOX_LIMIT = timedelta(minutes=5)
WORKER_LIMIT = timedelta(seconds=60)
DISK_LEAST = 100 * 1024 * 1024  # bytes


def examine(settings: Settings, migrations: Path, now: datetime) -> dict[str, Any]:
    """Look at everything that serving needs; `ready` is whether all of it is well. Never raises for a sick database."""
    parts: dict[str, Callable[[], tuple[bool, object]]] = {
        "database": lambda: (_can_write(), "writes"),
        "schema": lambda: _schema(current_session(), migrations),
        "disk": lambda: _disk(settings),
        "outbox": lambda: _outbox(current_session(), now),
        "worker": lambda: _worker(current_session(), now),
    }
    report: dict[str, Any] = {"ready": True}
    for name, look in parts.items():
        try:
            well, told = look()
        except (DBAPIError, Busy, OSError) as error:
            current_session().rollback()
            log.warning("not ready: %s: %s", name, type(error).__name__)
            well, told = False, "unavailable"
        report[name] = {"ok": well, "state": told}
        report["ready"] = report["ready"] and well
    report["tzdata"] = zones.tzdata_version()
    return report


def _can_write() -> bool:
    with unit_of_work() as session:
        session.execute(text("UPDATE alembic_version SET version_num = version_num"))
    return True


def _schema(session: Session, migrations: Path) -> tuple[bool, object]:
    found = sorted(session.scalars(text("SELECT version_num FROM alembic_version")))
    return found == list(revisions(migrations).heads), " ".join(found) or "none"


def _disk(settings: Settings) -> tuple[bool, object]:
    free = shutil.disk_usage(settings.instance).free
    return free >= DISK_LEAST, f"{free // (1024 * 1024)} MiB free"


def _outbox(session: Session, now: datetime) -> tuple[bool, object]:
    oldest = oldest_due(session, now)
    waiting = timedelta(0) if oldest is None else now - oldest
    return waiting < OUTBOX_LIMIT, f"{int(waiting.total_seconds())} s"


def _worker(session: Session, now: datetime) -> tuple[bool, object]:
    seen = last_seen(session)
    if seen is None:
        return False, "never seen"
    return now - seen < WORKER_LIMIT, f"{int((now - seen).total_seconds())} s"
