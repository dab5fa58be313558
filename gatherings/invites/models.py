"""Invites: the calendar entry of one person's registration."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from gatherings.db.base import Base, Counter, Pk
from gatherings.db.types import UtcDateTime


class Invite(Base):
    """The calendar entry of one registration (or of one "every month").

    The UID is the event's or the series rule's own: the same in mail, download and feed (domain.md 13a). SEQUENCE =
    the revision of the event or series + `steps` (cancel, register again, move); `sequence` is the last one sent
    and never falls. `address` is whom it went to: UID and address lead from a calendar's REPLY back to here.
    """

    __tablename__ = "invites"

    id: Mapped[Pk]
    uid: Mapped[str] = mapped_column(String(120), index=True)
    address: Mapped[str] = mapped_column(String(320))
    steps: Mapped[Counter]
    sequence: Mapped[int] = mapped_column(default=-1)
    method: Mapped[str | None] = mapped_column(String(10))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
