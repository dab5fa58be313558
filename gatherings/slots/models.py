"""Running orders, their items, and what each presenter was last told."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gatherings.accounts.models import Person
from gatherings.calls.models import CoPresenter, Submission
from gatherings.db.base import Base, Counter, Line, Pk, PublicId, UtcTime
from gatherings.db.types import UtcDateTime
from gatherings.events.models import Event
from gatherings.invites.models import Invite


class RunningOrder(Base):
    """The order of an event's slots: at most one for each event.

    It begins `offset_seconds` after the event's start, so it moves with the event. Starts are never stored: they
    follow from the order, the lengths and the change-overs (slots/rules). `edits` is raised by every change of the
    order: who moves something on an older state is told what changed. `published_at`: presenters are told and the
    public page exists from then on. `tell_at`: when the worker looks who must be told of a change; null: nothing to
    look for. `seen_revision` is the event's revision at that last look. `change_seconds` stands between two slots
    that follow each other. `tolerance_seconds`: nobody is told of a move by no more than that. `undo` is how the last
    move or removal is taken back (slots/actions/items.py), as long as `edits` is what stands in it.
    """

    __tablename__ = "running_orders"
    __table_args__ = (Index("ix_running_orders_tell", "tell_at"),)

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), unique=True)
    offset_seconds: Mapped[Counter]
    change_seconds: Mapped[int] = mapped_column(default=30)
    tolerance_seconds: Mapped[int] = mapped_column(default=60)
    host_name: Mapped[Line] = mapped_column(default="")
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    tell_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    seen_revision: Mapped[Counter]
    edits: Mapped[Counter]
    undo: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    changed_at: Mapped[UtcTime]
    created_at: Mapped[UtcTime]

    event: Mapped[Event] = relationship(lazy="raise")
    items: Mapped[list["Item"]] = relationship(
        order_by="Item.position, Item.id", cascade="all, delete-orphan", back_populates="order", lazy="raise"
    )


class Item(Base):
    """One thing in a running order: opening, slot, break, buffer or closing, with its length in seconds.

    A slot is a submission's (its title and people come from there), or has a title and speakers of its own.
    A buffer is air that an overrun uses up. `notes` are for the host. What really happened is kept beside it:
    `began_at`, `ended_at` (UTC), `paused_seconds` and `extended_seconds` in them, `skipped`.
    """

    __tablename__ = "running_items"
    __table_args__ = (Index("ix_running_items_order", "order_id", "position"),)

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    order_id: Mapped[int] = mapped_column(ForeignKey("running_orders.id", ondelete="CASCADE"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))  # opening, slot, break, buffer, closing
    seconds: Mapped[int]
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"), unique=True)
    title: Mapped[Line] = mapped_column(default="")
    speakers: Mapped[Line] = mapped_column(default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    recording_url: Mapped[str | None] = mapped_column(String(1000))
    began_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    paused_seconds: Mapped[Counter]
    extended_seconds: Mapped[Counter]
    skipped: Mapped[bool] = mapped_column(default=False, server_default=false())

    order: Mapped[RunningOrder] = relationship(back_populates="items", lazy="raise")
    submission: Mapped[Submission | None] = relationship(lazy="raise")


class SlotInvite(Base):
    """What one presenter (or co-presenter) of a slot was last told, and their calendar entry.

    `starts_at`, `seconds` and `place` are as last told; a UID of its own for each presenter and submission.
    `cancelled_at`: the slot was taken away and a CANCEL was sent; coming back raises SEQUENCE under the same UID.
    """

    __tablename__ = "slot_invites"
    __table_args__ = (UniqueConstraint("submission_id", "person_id"),)

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    co_presenter_id: Mapped[int | None] = mapped_column(ForeignKey("co_presenters.id", ondelete="SET NULL"))
    invite_id: Mapped[int] = mapped_column(ForeignKey("invites.id"))
    starts_at: Mapped[UtcTime]
    seconds: Mapped[int]
    place: Mapped[str] = mapped_column(String(900), default="", server_default="")  # "" online
    link_version: Mapped[int] = mapped_column(default=1, server_default="1")
    told_at: Mapped[UtcTime]
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    submission: Mapped[Submission] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")
    co_presenter: Mapped[CoPresenter | None] = relationship(lazy="raise")
    invite: Mapped[Invite] = relationship(lazy="raise")
