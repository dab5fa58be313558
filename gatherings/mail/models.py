"""The outbox: mail that must go out, written in the same transaction as its cause."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from gatherings.db.base import Base, Counter, Line, Pk, UtcTime, Zone
from gatherings.db.types import UtcDateTime


class OutboxMail(Base):
    """One mail to one recipient.

    `key` is unique: the same cause never makes two mails. `facts` is a snapshot of what the mail says; the worker
    composes it once, stores the bytes in `mime` before the first attempt, and every retry sends those bytes with
    the same Message-ID. State: queued → sent, or failed after its tries; held: kept back until somebody releases it.
    `about` names what it concerns ("registration:<public id>"), for erasing and for organisers' lists.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "state", "due_at"),
        Index("ix_outbox_about", "about", "state"),
        Index("ix_outbox_recipient", "recipient"),
    )

    id: Mapped[Pk]
    key: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(320))
    sender: Mapped[Line]
    zone: Mapped[Zone]
    language: Mapped[str] = mapped_column(String(10), default="en")
    about: Mapped[str] = mapped_column(String(60), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    message_id: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str | None] = mapped_column(Text)
    mime: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    state: Mapped[str] = mapped_column(String(10), default="queued")
    due_at: Mapped[UtcTime]
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    leased_by: Mapped[str | None] = mapped_column(String(60))
    tries: Mapped[Counter]
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[UtcTime]
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # What it concerns was erased while this still had to go out: emptied the moment it is dealt with.
    forget: Mapped[bool] = mapped_column(default=False, server_default=false())
