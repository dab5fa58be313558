"""People: somebody known by an e-mail address, and nothing else."""

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gatherings.db.base import Base, Counter, Pk, PublicId, UtcTime


class Person(Base):
    """An e-mail address that people come back by. No password anywhere: links by mail.

    `key` is what makes two spellings of an address one (lower case, punycode); `address` is what mail goes to.
    What somebody types at a form (name, zone, answers) belongs to the registration: a stranger who types my
    address changes nothing here.
    """

    __tablename__ = "people"

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    key: Mapped[str] = mapped_column(String(320), unique=True)
    address: Mapped[str] = mapped_column(String(320))
    feed_version: Mapped[Counter]
    created_at: Mapped[UtcTime]


class FreshLink(Base):
    """A link that was mailed to an address for one purpose and lives for a short time; only its digest is kept."""

    __tablename__ = "fresh_links"

    id: Mapped[Pk]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(60))
    person_id: Mapped[int] = mapped_column(index=True)
    expires_at: Mapped[UtcTime]


class Attempt(Base):
    """How often something was tried within a window; in the database, so that it holds for all processes.

    `key` is a digest of what is limited (an address and event, a network …), never the thing itself.
    """

    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("kind", "key"),)

    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(String(30))
    key: Mapped[str] = mapped_column(String(64))
    count: Mapped[Counter]
    ends_at: Mapped[UtcTime] = mapped_column(index=True)
