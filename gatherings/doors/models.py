"""Calendars of doors, their doors, and who follows them by mail."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gatherings.accounts.models import Person
from gatherings.db.base import Base, Counter, Line, Pk, PublicId, UtcTime, Zone
from gatherings.db.types import UtcDateTime
from gatherings.events.models import Event
from gatherings.slots.models import Item


class DoorCalendar(Base):
    """Days with one small thing each: at most one calendar for each event.

    `opening`: "calendar" (each door at midnight of `zone`) or "viewer" (at midnight of whoever looks, and never
    before that date has begun anywhere on earth). Days are `first_day` and those after it, one for each door.
    """

    __tablename__ = "door_calendars"

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), unique=True)
    state: Mapped[str] = mapped_column(String(10), default="draft")  # draft, published
    title: Mapped[Line] = mapped_column(default="")
    intro: Mapped[str] = mapped_column(Text, default="")  # Markdown
    first_day: Mapped[date] = mapped_column(Date)
    zone: Mapped[Zone]
    opening: Mapped[str] = mapped_column(String(10), default="calendar")
    edits: Mapped[Counter]
    changed_at: Mapped[UtcTime]
    created_at: Mapped[UtcTime]

    event: Mapped[Event] = relationship(lazy="raise")
    doors: Mapped[list["Door"]] = relationship(
        order_by="Door.number", cascade="all, delete-orphan", back_populates="calendar", lazy="raise"
    )


class Door(Base):
    """One day of a calendar: a slot, a recording, a text or a picture; nothing of it leaves before its day."""

    __tablename__ = "doors"
    __table_args__ = (UniqueConstraint("calendar_id", "number"),)

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("door_calendars.id", ondelete="CASCADE"))
    number: Mapped[int]  # from 1; its day is first_day + number - 1
    kind: Mapped[str] = mapped_column(String(10), default="text")  # slot, recording, text, picture
    title: Mapped[Line] = mapped_column(default="")
    body: Mapped[str] = mapped_column(Text, default="")  # Markdown
    url: Mapped[str | None] = mapped_column(String(1000))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("running_items.id", ondelete="SET NULL"))
    picture: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)  # WebP of our own making
    picture_id: Mapped[str | None] = mapped_column(String(22), unique=True)  # in its address: cannot be guessed
    picture_alt: Mapped[Line] = mapped_column(default="")

    calendar: Mapped[DoorCalendar] = relationship(back_populates="doors", lazy="raise")
    item: Mapped[Item | None] = relationship(lazy="raise")


class DoorFollower(Base):
    """Somebody who gets each door by mail, at an hour of their own morning.

    Nothing is sent before they pressed the button behind the mailed link (`confirmed_at`). `sent_up_to` is the number
    of the last door that was mailed; `next_at` (UTC) is when the next is due.
    """

    __tablename__ = "door_followers"
    __table_args__ = (
        UniqueConstraint("calendar_id", "person_id"),
        Index("ix_door_followers_next", "next_at"),
    )

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("door_calendars.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    zone: Mapped[Zone]
    language: Mapped[str] = mapped_column(String(10), default="en")
    hour: Mapped[int] = mapped_column(default=7)
    link_version: Mapped[int] = mapped_column(default=1, server_default="1")
    sent_up_to: Mapped[Counter]
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[UtcTime]
    asked_at: Mapped[UtcTime]  # when the link to confirm was last mailed
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    calendar: Mapped[DoorCalendar] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")
