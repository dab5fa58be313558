"""The state of a run of show."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gatherings.db.base import Base, Counter, Pk, UtcTime
from gatherings.db.types import UtcDateTime
from gatherings.slots.models import Item, RunningOrder


class Run(Base):
    """A running order while it is being held: one row, changed by one guarded UPDATE for each press.

    `state`: waiting (not begun, or forgotten again), running, paused or ended. `item_id` is what is on now, or was
    last (null before the first). `item_since` is when it began, or will at the end of its change-over, moved on by
    the length of each pause, so that elapsed = now - item_since while running and `paused_at` - item_since while
    paused. `turn` grows by one with each press and says which press a screen has seen: a press that was made on an
    older turn does not happen twice. `pressed_by` is the name of who pressed last, for the other host. Nothing of a
    `rehearsal` is kept when it ends.
    """

    __tablename__ = "runs"

    id: Mapped[Pk]
    order_id: Mapped[int] = mapped_column(ForeignKey("running_orders.id", ondelete="CASCADE"), unique=True)
    state: Mapped[str] = mapped_column(String(10))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("running_items.id", ondelete="SET NULL"))
    item_since: Mapped[datetime | None] = mapped_column(UtcDateTime())
    item_extended: Mapped[Counter]  # seconds added to what is on now
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    turn: Mapped[Counter]
    pressed_by: Mapped[str] = mapped_column(String(300), default="")
    pressed_at: Mapped[UtcTime]
    pressed: Mapped[str] = mapped_column(String(20), default="")  # the last press: start, next, pause …
    began_at: Mapped[UtcTime]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    rehearsal: Mapped[bool] = mapped_column(default=False, server_default=false())

    order: Mapped[RunningOrder] = relationship(lazy="raise")
    item: Mapped[Item | None] = relationship(lazy="raise")
