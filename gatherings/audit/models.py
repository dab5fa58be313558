"""The log of what was done to people, money, roles and publication: rows that nobody edits."""

from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gatherings.db.base import Base, Pk, UtcTime


class LogEntry(Base):
    """One line of the log: who did what to what. Triggers in the database refuse UPDATE and DELETE.

    `actor` is "load", "person", "worker", or an organiser's public id; never a name or an address, so that erasing a
    person needs no change here. `community_id` says in whose log the line is read (null: of the installation).
    """

    __tablename__ = "log_entries"
    __table_args__ = (
        Index("ix_log_entries_about", "about", "id"),
        Index("ix_log_entries_community", "community_id", "id"),
    )

    id: Mapped[Pk]
    at: Mapped[UtcTime]
    actor: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(60))
    about: Mapped[str] = mapped_column(String(60))
    community_id: Mapped[int | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
