"""Reads of the log, a page at a time."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from gatherings.audit.models import LogEntry


def read_log(
    session: Session,
    community_id: int,
    *,
    where: Sequence[ColumnElement[bool]] = (),
    before: int | None = None,
    limit: int,
) -> tuple[Sequence[LogEntry], int | None]:
    """Give a page of a community's log, newest first, and where the next begins (None: there is none).

    `before` is where this one begins; a page never shifts, however much is written meanwhile.
    """
    statement = select(LogEntry).where(LogEntry.community_id == community_id, *where)
    if before is not None:
        statement = statement.where(LogEntry.id < before)
    rows = session.scalars(statement.order_by(LogEntry.id.desc()).limit(limit + 1)).all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def list_actors(session: Session, community_id: int) -> Sequence[str]:
    """List who stands in a community's log."""
    return session.scalars(select(LogEntry.actor).where(LogEntry.community_id == community_id).distinct()).all()
