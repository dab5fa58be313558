"""Writing to the log."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gatherings.audit.models import LogEntry


def log(session: Session, *, actor: str, action: str, about: str, now: datetime, **details: Any) -> None:
    """Add one line to the log, in the transaction of what it tells. Details hold no names and no addresses."""
    session.add(LogEntry(at=now, actor=actor, action=action, about=about, details=details))
