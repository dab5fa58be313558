"""Communities: who holds gatherings."""

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gatherings.db.base import Base, Counter, Line, Pk, PublicId, Slug, UtcTime, Zone

ACCENTS = ("plum", "moss", "sea", "clay", "sun", "rose", "slate", "berry", "fern", "sky", "ochre", "ink")


class Community(Base):
    """Who holds gatherings; has a page, an accent, a sender name for mail, perhaps a code of kindness.

    `version` is raised by every transaction that changes something public of it: feeds and pages are cached by it.
    """

    __tablename__ = "communities"

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    slug: Mapped[Slug] = mapped_column(unique=True)
    name: Mapped[Line]
    accent: Mapped[str] = mapped_column(String(20))
    zone: Mapped[Zone]
    tagline: Mapped[Line] = mapped_column(default="")
    about: Mapped[str] = mapped_column(Text, default="")
    website: Mapped[str | None] = mapped_column(String(500))
    sender: Mapped[Line]
    code_of_kindness: Mapped[str | None] = mapped_column(Text)
    # For gatherings that say nothing of their own: as in events/models.py.
    access_notes: Mapped[str] = mapped_column(Text, default="")
    asked_often: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    version: Mapped[Counter]
    created_at: Mapped[UtcTime]
