"""Writing to the log."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gatherings.audit.models import LogEntry


def log(
    session: Session,
    *,
    actor: str,
    action: str,
    about: str,
    now: datetime,
    community_id: int | None = None,
    **details: Any,
) -> None:
    """Add one line to the log, in the transaction of what it tells. Details hold no names and no addresses.

    `about` is a kind and a public id or slug: "event:<public id>", "registration:<public id>", "series:…",
    "community:…", "person:…", "letter:…". `community_id` says whose organisers read it.
    """
    session.add(LogEntry(at=now, actor=actor, action=action, about=about, community_id=community_id, details=details))
