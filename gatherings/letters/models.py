"""Letters: what organisers write to many, and whom it goes to."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gatherings.accounts.models import Person
from gatherings.communities.models import Community
from gatherings.db.base import Base, Counter, Line, Pk, PublicId, UtcTime
from gatherings.db.types import UtcDateTime
from gatherings.events.models import Event


class Letter(Base):
    """One letter to many: of an event to those registered, or of a community to its members.

    `kind`: "about" concerns their registration, "news" can be unsubscribed from. `audience` is the filter of the
    list that it goes to (the same words as in the list's address). State: draft → sent (all its mails are in the
    outbox, written in one transaction under keys "letter:<public id>:<person's public id>", about
    "letter:<public id>") or stopped. `local_hour` null: at once; else each at that hour of their own day, from
    `from_local` (a date) on.
    """

    __tablename__ = "letters"
    __table_args__ = (Index("ix_letters_community", "community_id", "id"), Index("ix_letters_event", "event_id", "id"))

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(10), default="about")
    subject: Mapped[Line] = mapped_column(default="")
    body: Mapped[str] = mapped_column(Text, default="")
    audience: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="draft")
    local_hour: Mapped[int | None]
    from_local: Mapped[str | None] = mapped_column(String(10))  # YYYY-MM-DD
    count: Mapped[Counter]
    edits: Mapped[Counter]
    created_at: Mapped[UtcTime]
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    community: Mapped[Community] = relationship(lazy="raise")
    event: Mapped[Event | None] = relationship(lazy="raise")
    author: Mapped[Person] = relationship(lazy="raise")
