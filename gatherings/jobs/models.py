"""Jobs: work for later, written in the transaction that causes it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gatherings.db.base import Base, Counter, Pk, UtcTime
from gatherings.db.types import UtcDateTime


class Job(Base):
    """One piece of work: its kind, when it is due, who holds it until when, how often it was tried.

    `key` is unique, so the same cause or the same period makes it once. State: waiting → done, or failed.
    """

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_due", "state", "due_at"),)

    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    due_at: Mapped[UtcTime]
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    leased_by: Mapped[str | None] = mapped_column(String(60))
    tries: Mapped[Counter]
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[UtcTime]
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class Worker(Base):
    """A worker's sign of life, for `/readyz` and `gatherings check`."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    started_at: Mapped[UtcTime]
    seen_at: Mapped[UtcTime]
