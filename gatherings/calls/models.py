"""Calls, submissions, who presents, and what reviewers say of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gatherings.accounts.models import Person
from gatherings.db.base import Base, Counter, Line, LocalTime, Pk, PublicId, UtcTime
from gatherings.db.types import UtcDateTime
from gatherings.events.models import Event


class Call(Base):
    """The open invitation to offer slots at an event; at most one for each event.

    `opens_local` and `closes_local` are wall clock in the event's zone, the truth; `opens_at` and `closes_at` are
    derived. All lengths are in seconds. What all slots and the changes between them may fill is the event's length
    less `kept_seconds` (opening, closing, breaks; calls/rules/call.py). `accepted` and `accepted_seconds` (slots with
    one change-over each) move with each acceptance by one guarded UPDATE, so that two organisers at once never accept
    a ninth into room for eight. `asks` says for each thing that can be asked: "no", "may" or "must".
    """

    __tablename__ = "calls"
    __table_args__ = (CheckConstraint("accepted >= 0 AND accepted_seconds >= 0", name="accepted_not_negative"),)

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), unique=True)
    state: Mapped[str] = mapped_column(String(10), default="draft")  # draft, published
    opens_local: Mapped[LocalTime]
    closes_local: Mapped[LocalTime]
    opens_at: Mapped[UtcTime]
    closes_at: Mapped[UtcTime]
    intro: Mapped[str] = mapped_column(Text, default="")  # Markdown: whom it is for, what is looked for
    contact: Mapped[Line] = mapped_column(default="")  # whom to ask, in words: a name, perhaps an address
    slot_seconds: Mapped[int] = mapped_column(default=180)
    least_seconds: Mapped[int] = mapped_column(default=120)
    most_seconds: Mapped[int] = mapped_column(default=180)
    places: Mapped[int] = mapped_column(default=8)
    change_seconds: Mapped[int] = mapped_column(default=30)
    kept_seconds: Mapped[int] = mapped_column(default=0)
    words_a_minute: Mapped[int] = mapped_column(default=130)
    asks: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    # The organisers' words of the letters, by decision: {"accepted": {"subject": …, "body": …}}; missing: our own.
    letters: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON, default=dict)
    accepted: Mapped[Counter]
    accepted_seconds: Mapped[Counter]
    edits: Mapped[Counter]
    created_at: Mapped[UtcTime]

    event: Mapped[Event] = relationship(lazy="raise")


class Presenter(Base):
    """What a person says of themselves to those who ask them to speak: kept across calls, theirs alone to change.

    Written through a link that was mailed to them, never by whoever types their address.
    """

    __tablename__ = "presenters"

    id: Mapped[Pk]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), unique=True)
    name: Mapped[Line]
    pronunciation: Mapped[Line] = mapped_column(default="")
    about: Mapped[str] = mapped_column(Text, default="")
    links: Mapped[list[str]] = mapped_column(JSON, default=list)
    changed_at: Mapped[UtcTime]


class Submission(Base):
    """What a presenter sends to a call.

    `state`: draft (not sent yet: then there is no person, and only `typed` counts) → submitted → accepted, reserve or
    declined; or withdrawn. `state` is what the organisers decided; `told` is the state that the last letter told of,
    and the one that the presenter sees. `typed` holds form fields as they were typed and not yet sent (saved as one
    types); `typed_late`: they were typed after the call closed, and wait there. `seconds` is the wanted length.
    `confirmed_at`: the accepted presenter said yes. `erased_at`: emptied at the person's wish or by retention.
    """

    __tablename__ = "submissions"
    __table_args__ = (Index("ix_submissions_call", "call_id", "state", "id"),)

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default="draft")
    told: Mapped[str] = mapped_column(String(10), default="", server_default="")
    name: Mapped[Line] = mapped_column(default="")
    pronunciation: Mapped[Line] = mapped_column(default="")
    zone: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(10), default="en")
    title: Mapped[Line] = mapped_column(default="")
    about: Mapped[str] = mapped_column(Text, default="")  # what they do
    ask: Mapped[str] = mapped_column(String(500), default="")  # the one thing they ask of the audience
    links: Mapped[list[str]] = mapped_column(JSON, default=list)
    script: Mapped[str] = mapped_column(Text, default="")  # for themselves: spoken words or notes
    needs: Mapped[str] = mapped_column(Text, default="")  # accessibility: for hosts alone, gone 30 days afterwards
    seconds: Mapped[int] = mapped_column(default=180)
    recording: Mapped[bool] = mapped_column(default=False, server_default=false())
    recording_words: Mapped[str] = mapped_column(Text, default="")  # the wording they agreed to
    typed: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    typed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    typed_late: Mapped[bool] = mapped_column(default=False, server_default=false())
    reserve_number: Mapped[int | None]  # the order on the reserve list
    # Words for this person alone, for the letter of one decision: {"state", "subject", "body"}; empty: the call's.
    letter: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    link_version: Mapped[int] = mapped_column(default=1, server_default="1")
    edits: Mapped[Counter]
    created_at: Mapped[UtcTime]
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime())  # when silence was last asked about
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    call: Mapped[Call] = relationship(lazy="raise")
    person: Mapped[Person | None] = relationship(lazy="raise")
    others: Mapped[list["CoPresenter"]] = relationship(
        order_by="CoPresenter.id", cascade="all, delete-orphan", back_populates="submission", lazy="raise"
    )
    slide: Mapped["Slide | None"] = relationship(
        cascade="all, delete-orphan", back_populates="submission", uselist=False, lazy="raise"
    )


class CoPresenter(Base):
    """Somebody who presents together with whoever sent a submission; has a link and mails of their own."""

    __tablename__ = "co_presenters"
    __table_args__ = (UniqueConstraint("submission_id", "person_id"),)

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[Line]
    zone: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(10), default="en")
    link_version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[UtcTime]

    submission: Mapped[Submission] = relationship(back_populates="others", lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")


class Slide(Base):
    """The one slide of a submission, as an image of our own making (core/pictures.py)."""

    __tablename__ = "slides"

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"), unique=True)
    alt: Mapped[Line] = mapped_column(default="")
    width: Mapped[int]
    height: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)  # WebP
    created_at: Mapped[UtcTime]

    submission: Mapped[Submission] = relationship(back_populates="slide", lazy="raise")


class Score(Base):
    """What one reviewer gives a submission, from 1 to 5; giving it again replaces it."""

    __tablename__ = "scores"
    __table_args__ = (UniqueConstraint("submission_id", "person_id"),)

    id: Mapped[Pk]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    value: Mapped[int]
    created_at: Mapped[UtcTime]


class Remark(Base):
    """What an organiser or reviewer notes on a submission; its presenter never sees it."""

    __tablename__ = "remarks"
    __table_args__ = (Index("ix_remarks_submission", "submission_id", "id"),)

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[UtcTime]

    person: Mapped[Person] = relationship(lazy="raise")
