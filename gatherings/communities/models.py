"""Communities: who holds gatherings."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gatherings.accounts.models import Person
from gatherings.db.base import Base, Counter, Line, Pk, PublicId, Slug, UtcTime, Zone
from gatherings.db.types import UtcDateTime

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
    # What joining means, in Markdown; empty: nobody joins here. And the words of the consent to news.
    joining: Mapped[str] = mapped_column(Text, default="", server_default="")
    version: Mapped[Counter]
    # Raised by each edit in the browser: who edits an older state is shown the difference.
    edits: Mapped[Counter]
    created_at: Mapped[UtcTime]


class Role(Base):
    """What somebody may do in a community: owner, organiser, host, helper or editor (communities/rules.py)."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("community_id", "person_id"),)

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str] = mapped_column(String(10))
    # When they were last told by mail of applications for bursaries that wait.
    applications_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[UtcTime]

    community: Mapped[Community] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")


class RoleInvitation(Base):
    """A colleague who was asked by mail to take a role; nothing is theirs until they accept it by the link."""

    __tablename__ = "role_invitations"
    __table_args__ = (UniqueConstraint("community_id", "person_id"),)

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str] = mapped_column(String(10))
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # of the link's secret
    invited_by: Mapped[str] = mapped_column(String(22))  # a person's public id
    created_at: Mapped[UtcTime]
    expires_at: Mapped[UtcTime]

    community: Mapped[Community] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")


class Member(Base):
    """Somebody who belongs to a community: joined by the form, or brought over from a list.

    State: invited (a list was brought over and they were asked), active, left. Zone, language and country are
    theirs; zones feed the kinder hour. The consent's wording is kept as it was.
    """

    __tablename__ = "members"
    __table_args__ = (
        UniqueConstraint("community_id", "person_id"),
        Index("ix_members_list", "community_id", "state", "name_folded", "id"),
    )

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[Line]
    name_folded: Mapped[Line] = mapped_column(default="")
    zone: Mapped[str | None] = mapped_column(String(64))
    country: Mapped[str] = mapped_column(String(2), default="")
    language: Mapped[str] = mapped_column(String(10), default="en")
    state: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(10))  # form, list
    news: Mapped[bool] = mapped_column(default=True, server_default=true())
    consent: Mapped[str] = mapped_column(Text, default="")
    consented_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    link_version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[UtcTime]
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    community: Mapped[Community] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")


class NewsStop(Base):
    """Somebody wants no news of a community any more; what concerns their registrations still reaches them."""

    __tablename__ = "news_stops"
    __table_args__ = (UniqueConstraint("community_id", "person_id"),)

    id: Mapped[Pk]
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[UtcTime]


class Picture(Base):
    """An image that organisers sent: decoded, made small, written anew without its metadata (reliability rule 19)."""

    __tablename__ = "pictures"

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"), index=True)
    width: Mapped[int]
    height: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)  # WebP
    created_at: Mapped[UtcTime]
