"""Registrations: one person at one event, or every date of a series."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from gatherings.accounts.models import Person
from gatherings.core.folding import fold
from gatherings.db.base import Base, Line, Pk, PublicId, UtcTime, Zone
from gatherings.db.types import UtcDateTime, WallClock
from gatherings.events.models import Event, Series
from gatherings.invites.models import Invite
from gatherings.questions.models import Question


class SeriesRegistration(Base):
    """One person at every coming date of a series; each made date has a Registration of its own beside it."""

    __tablename__ = "series_registrations"
    __table_args__ = (UniqueConstraint("series_id", "person_id"),)

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    invite_id: Mapped[int] = mapped_column(ForeignKey("invites.id"))
    name: Mapped[Line]
    zone: Mapped[Zone]
    language: Mapped[str] = mapped_column(String(10), default="en")
    state: Mapped[str] = mapped_column(String(12))  # confirmed, cancelled
    wish: Mapped[str] = mapped_column(String(10))  # room, online
    # The first date of the present rule that they come to: their entry begins there, not when the series did.
    first_local: Mapped[datetime | None] = mapped_column(WallClock())
    link_version: Mapped[int] = mapped_column(default=1)
    link_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    code_agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[UtcTime]
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    series: Mapped[Series] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")
    invite: Mapped[Invite] = relationship(lazy="raise")


class Registration(Base):
    """One person at one event.

    State: pending, offered, confirmed hold a place (`places_id`); waitlisted waits for one (`waits_for_id`, with
    the number it drew). A confirmed one may hold an online place while it waits for the room (domain.md 11).
    A person is at an event once: who cancels and comes back gets the same row, so that SEQUENCE never falls.
    """

    __tablename__ = "registrations"
    __table_args__ = (
        UniqueConstraint("event_id", "person_id"),
        Index("ix_registrations_waiting", "waits_for_id", "queue_number"),
        Index("ix_registrations_event_state", "event_id", "state", "id"),
        Index("ix_registrations_event_name", "event_id", "name_folded", "id"),
        CheckConstraint(
            "(state IN ('pending', 'offered', 'confirmed')) = (places_id IS NOT NULL)", name="holder_has_places"
        ),
        CheckConstraint("(state <> 'waitlisted') OR (waits_for_id IS NOT NULL)", name="waiter_waits"),
        CheckConstraint("(waits_for_id IS NULL) = (queue_number IS NULL)", name="waiter_has_number"),
    )

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    series_registration_id: Mapped[int | None] = mapped_column(ForeignKey("series_registrations.id"), index=True)
    invite_id: Mapped[int] = mapped_column(ForeignKey("invites.id"))
    name: Mapped[Line]
    zone: Mapped[Zone]
    language: Mapped[str] = mapped_column(String(10), default="en")
    state: Mapped[str] = mapped_column(String(12))
    places_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"), index=True)
    waits_for_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    queue_number: Mapped[int | None]
    link_version: Mapped[int] = mapped_column(default=1)
    link_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    code_agreed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # As people search and sort it (core/folding.py); follows `name` by itself.
    name_folded: Mapped[Line] = mapped_column(default="", server_default="")
    made_by: Mapped[str] = mapped_column(String(10), default="person", server_default="person")  # person, host, list
    # It was there before any ticket came to it (by its hosts' hand, or before tickets were sold): it ends with none.
    by_itself: Mapped[bool] = mapped_column(default=False, server_default=false())
    # When they came; at an event of several days, when they came last (the days before: EarlierArrival).
    attended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    attended_how: Mapped[str | None] = mapped_column(String(10))  # join, scan, name
    created_at: Mapped[UtcTime]
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # person, host, not-me, expiry (an offer or an order that was not paid), event, tickets (a date of "every month"
    # to which one comes with a ticket alone).
    cancelled_by: Mapped[str | None] = mapped_column(String(10))
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    @validates("name")
    def _fold_name(self, _column: str, name: str) -> str:
        self.name_folded = fold(name)[:300]
        return name

    event: Mapped[Event] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")
    invite: Mapped[Invite] = relationship(lazy="raise")
    series_registration: Mapped[SeriesRegistration | None] = relationship(lazy="raise")


class EarlierArrival(Base):
    """That somebody was at an event of several days on a day before the one on which they came last.

    The last arrival stands in the registration itself, so that "was here" and "is here today" are asked there, without
    a look at this table.
    """

    __tablename__ = "earlier_arrivals"
    __table_args__ = (UniqueConstraint("registration_id", "attended_at"),)

    id: Mapped[Pk]
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    attended_at: Mapped[UtcTime]
    attended_how: Mapped[str] = mapped_column(String(10))  # join, scan, name


class Answer(Base):
    """What somebody answered to a question: of one date, or of the series for all of them."""

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("question_id", "registration_id"),
        UniqueConstraint("question_id", "series_registration_id"),
        CheckConstraint("(registration_id IS NULL) <> (series_registration_id IS NULL)", name="of_one"),
    )

    id: Mapped[Pk]
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"), index=True)
    series_registration_id: Mapped[int | None] = mapped_column(ForeignKey("series_registrations.id"), index=True)
    value: Mapped[Any] = mapped_column(JSON)

    question: Mapped[Question] = relationship(lazy="raise")


class Consent(Base):
    """A consent that somebody gave: its wording as it was, dated, withdrawable."""

    __tablename__ = "consents"
    __table_args__ = (CheckConstraint("(registration_id IS NULL) <> (series_registration_id IS NULL)", name="of_one"),)

    id: Mapped[Pk]
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"), index=True)
    series_registration_id: Mapped[int | None] = mapped_column(ForeignKey("series_registrations.id"), index=True)
    key: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    given_at: Mapped[UtcTime]
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class BulkChange(Base):
    """Something that an organiser asked for several registrations at once: it waits 60 seconds, with Undo.

    Nothing happens before `due_at`. State: waiting → undone, or done. `kind`: cancel, move, promote, resend,
    check_in, swap; `wanted` its own values; `registrations` public ids; `outcome` what came of it, in numbers.
    """

    __tablename__ = "bulk_changes"
    __table_args__ = (Index("ix_bulk_changes_event", "event_id", "state"),)

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))  # the organiser
    kind: Mapped[str] = mapped_column(String(20))
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    registrations: Mapped[list[str]] = mapped_column(JSON, default=list)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    outcome: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[UtcTime]
    due_at: Mapped[UtcTime]
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    event: Mapped[Event] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")
