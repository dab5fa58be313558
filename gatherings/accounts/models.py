"""People: somebody known by an e-mail address, and nothing else."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gatherings.db.base import Base, Counter, Line, Pk, PublicId, UtcTime
from gatherings.db.types import UtcDateTime


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
    # How an organiser's colleagues see them; set by themselves when signed in, and by nobody else.
    name: Mapped[Line] = mapped_column(default="", server_default="")
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


class SignInLink(Base):
    """A mailed link that signs an organiser in: 10 minutes, once, on a press (reliability.md rule 7).

    Of the link's secret and of the short code to type on another device only digests are kept. One is live for each
    person: a new one takes the place of the old. `browser` is the digest of a cookie of the browser that asked.
    """

    __tablename__ = "sign_in_links"

    id: Mapped[Pk]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    code_digest: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(64), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), unique=True)
    next: Mapped[str] = mapped_column(String(300), default="")
    tries: Mapped[Counter]
    created_at: Mapped[UtcTime]
    expires_at: Mapped[UtcTime]
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class SignIn(Base):
    """A session of somebody who organises: a random id in their cookie, of which only the digest is kept.

    `confirmed_at` is when they last proved that the address is theirs: what is delicate asks for less than an hour
    (design README 12). The row is deleted when the session ends; who lost all roles has none.
    """

    __tablename__ = "sign_ins"

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    browser: Mapped[Line] = mapped_column(default="")  # in words: "Firefox on Windows"
    created_at: Mapped[UtcTime]
    confirmed_at: Mapped[UtcTime]
    seen_at: Mapped[UtcTime]
    expires_at: Mapped[UtcTime] = mapped_column(index=True)

    person: Mapped[Person] = relationship(lazy="raise")
