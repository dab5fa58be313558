"""What `gatherings load` remembers, so that loading again is quiet and edits made elsewhere are kept."""

from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gatherings.db.base import Base, Pk, UtcTime


class LoadedItem(Base):
    """One item of a programme file as it was last loaded.

    `resolved` keeps what its relative dates came to, by the text they were written as: they resolve once.
    `values` keeps each field as it was written to the database: a field that differs now was edited since.
    """

    __tablename__ = "loaded_items"
    __table_args__ = (UniqueConstraint("kind", "slug"),)

    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(String(20))
    slug: Mapped[str] = mapped_column(String(160))
    resolved: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    loaded_at: Mapped[UtcTime]
