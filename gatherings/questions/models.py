"""Questions that organisers ask at registration, and the answers."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gatherings.db.base import Base, Counter, Line, Pk, PublicId


class Question(Base):
    """One question of an event, or of a series for all its dates.

    `options` is its type's own: choices, least, most. `only_if` says when it is asked: {} always, {"attends":
    "online"} or {"question": <public id>, "is": <key of a choice>}. Its answers go by themselves `keep_days` days
    after the event's end (null: with the registration).
    """

    __tablename__ = "questions"
    __table_args__ = (CheckConstraint("(event_id IS NULL) <> (series_id IS NULL)", name="of_one"),)

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(60))
    position: Mapped[Counter]
    type: Mapped[str] = mapped_column(String(20))
    label: Mapped[Line]
    help: Mapped[str] = mapped_column(Text, default="")
    required: Mapped[bool] = mapped_column(default=False)
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    only_if: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    keep_days: Mapped[int | None]
    retired: Mapped[bool] = mapped_column(default=False)


class ConsentText(Base):
    """A consent that a community (at all its events) or one event asks for, separately and unticked.

    A changed wording is a new version: what somebody agreed to is kept with their registration.
    """

    __tablename__ = "consent_texts"
    __table_args__ = (CheckConstraint("(community_id IS NULL) <> (event_id IS NULL)", name="of_one"),)

    id: Mapped[Pk]
    community_id: Mapped[int | None] = mapped_column(ForeignKey("communities.id", ondelete="CASCADE"), index=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    position: Mapped[Counter]
    key: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    retired: Mapped[bool] = mapped_column(default=False)
