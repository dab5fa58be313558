"""Events, series and their dates, speakers, resources, and the changes that people must be told about."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gatherings.communities.models import Community, Picture
from gatherings.db.base import Base, Counter, Line, LocalTime, Pk, PublicId, Slug, UtcTime, Zone
from gatherings.db.places import Places
from gatherings.db.types import UtcDateTime, WallClock

MODES = ("online", "in person", "hybrid")


class Series(Base):
    """Gatherings that belong together: by a recurrence, or editions by year (then it has no rules).

    `revision` is raised in each transaction that changes time, rule, place, link or status of the series or of any
    of its dates (domain.md 13): all calendar messages of one series share one growing counter.
    """

    __tablename__ = "series"

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    slug: Mapped[Slug] = mapped_column(unique=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"), index=True)
    title: Mapped[Line]
    summary: Mapped[str] = mapped_column(String(500), default="")
    about: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(10), default="en")
    mode: Mapped[str] = mapped_column(String(10), default="online")
    place_name: Mapped[str | None] = mapped_column(String(300))
    place_address: Mapped[str | None] = mapped_column(String(500))
    place_map: Mapped[str | None] = mapped_column(String(1000))
    join_url: Mapped[str | None] = mapped_column(String(1000))
    capacity_room: Mapped[int | None]
    capacity_online: Mapped[int | None]
    ahead: Mapped[int] = mapped_column(default=12)
    listing: Mapped[str] = mapped_column(String(10), default="public")
    status: Mapped[str] = mapped_column(String(10), default="published")
    revision: Mapped[Counter]
    edits: Mapped[Counter]  # as in communities/models.py
    changed_at: Mapped[UtcTime]
    created_at: Mapped[UtcTime]
    calendar_block: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    calendar_zones: Mapped[str | None] = mapped_column(String(300), deferred=True)

    community: Mapped[Community] = relationship(lazy="raise")
    rules: Mapped[list["SeriesRule"]] = relationship(
        order_by="SeriesRule.id", cascade="all, delete-orphan", back_populates="series", lazy="raise"
    )


class SeriesRule(Base):
    """One stretch of a series under one recurrence: an RRULE on a wall clock, with the UID of its calendar entry.

    When the rule changes, this stretch is ended (`until_at`) and a new one begins with a UID of its own; a
    RANGE=THISANDFUTURE is understood by too few calendars (calendars.md 8).
    """

    __tablename__ = "series_rules"

    id: Mapped[Pk]
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"), index=True)
    uid: Mapped[str] = mapped_column(String(120), unique=True)
    rule: Mapped[str] = mapped_column(String(300))
    starts_local: Mapped[LocalTime]
    zone: Mapped[Zone]
    minutes: Mapped[int]
    until_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    series: Mapped[Series] = relationship(back_populates="rules", lazy="raise")


class Event(Base):
    """What one registers for.

    A future event's truth is `starts_local`/`ends_local` + `zone`; `starts_at`/`ends_at` are derived, kept for
    sorting, and derived again when zone rules change (domain.md, Time 1). All-day events run from midnight of the
    first day to midnight after the last. `original_local` is the start that the rule gave, for ever
    (RECURRENCE-ID, RFC 5545 3.8.4.4).
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_listing", "listing", "status", "ends_at"),
        Index("ix_events_community", "community_id", "starts_at"),
        Index("ix_events_series", "series_id", "starts_at"),
        UniqueConstraint("series_rule_id", "original_local"),
        CheckConstraint("ends_at >= starts_at", name="ends_after_start"),
    )

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    uid: Mapped[str] = mapped_column(String(120), unique=True)
    slug: Mapped[Slug] = mapped_column(unique=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    series_rule_id: Mapped[int | None] = mapped_column(ForeignKey("series_rules.id"))
    original_local: Mapped[datetime | None] = mapped_column(WallClock())
    umbrella_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"), index=True)
    edition_year: Mapped[int | None]
    theme: Mapped[str | None] = mapped_column(String(300))
    approximate: Mapped[bool] = mapped_column(default=False)

    title: Mapped[Line]
    summary: Mapped[str] = mapped_column(String(500), default="")
    about: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(10), default="en")

    starts_local: Mapped[LocalTime]
    ends_local: Mapped[LocalTime]
    zone: Mapped[Zone]
    all_day: Mapped[bool] = mapped_column(default=False)
    # Indexed by themselves: the next of each is when pages change (events/queries.py).
    starts_at: Mapped[UtcTime] = mapped_column(index=True)
    ends_at: Mapped[UtcTime] = mapped_column(index=True)
    zone_rules: Mapped[str] = mapped_column(String(20), default="")

    mode: Mapped[str] = mapped_column(String(10))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    online_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    place_name: Mapped[str | None] = mapped_column(String(300))
    place_address: Mapped[str | None] = mapped_column(String(500))
    place_map: Mapped[str | None] = mapped_column(String(1000))
    join_url: Mapped[str | None] = mapped_column(String(1000))
    recording_url: Mapped[str | None] = mapped_column(String(1000))
    access_notes: Mapped[str] = mapped_column(Text, default="")  # Markdown: steps, hearing loop, captions …
    # The questions people ask: [{"question": …, "answer": Markdown}], in order.
    asked_often: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    # Everything that a search looks at, folded (events/search.py).
    search_text: Mapped[str] = mapped_column(Text, default="", deferred=True)

    status: Mapped[str] = mapped_column(String(10))  # draft, published, cancelled
    listing: Mapped[str] = mapped_column(String(10), default="public")  # public, link
    takes_registrations: Mapped[bool] = mapped_column(default=True)
    registration_opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), index=True)
    registration_closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), index=True)

    # The other sitting of the same gathering; each names the other (twin sittings).
    twin_of_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"), index=True)
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("pictures.id"))
    picture_alt: Mapped[Line] = mapped_column(default="", server_default="")

    # What its page links to besides: of "tickets call order doors", separated by blanks; empty costs no query.
    offers: Mapped[str] = mapped_column(String(60), default="", server_default="")

    revision: Mapped[Counter]
    edits: Mapped[Counter]  # as in communities/models.py
    changed_at: Mapped[UtcTime]
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[UtcTime]
    reminded_day_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    reminded_hour_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    calendar_block: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    calendar_zones: Mapped[str | None] = mapped_column(String(300), deferred=True)

    community: Mapped[Community] = relationship(lazy="raise")
    series: Mapped[Series | None] = relationship(lazy="raise")
    series_rule: Mapped[SeriesRule | None] = relationship(lazy="raise")
    umbrella: Mapped["Event | None"] = relationship(remote_side="Event.id", foreign_keys=[umbrella_id], lazy="raise")
    twin_of: Mapped["Event | None"] = relationship(remote_side="Event.id", foreign_keys=[twin_of_id], lazy="raise")
    picture: Mapped[Picture | None] = relationship(lazy="raise")
    room: Mapped[Places | None] = relationship(foreign_keys=[room_id], lazy="raise")
    online: Mapped[Places | None] = relationship(foreign_keys=[online_id], lazy="raise")
    also_listed_by: Mapped[list[Community]] = relationship(secondary="co_listings", lazy="raise")
    speakers: Mapped[list["Speaker"]] = relationship(
        order_by="Speaker.position", cascade="all, delete-orphan", lazy="raise"
    )
    resources: Mapped[list["Resource"]] = relationship(
        order_by="Resource.position", cascade="all, delete-orphan", lazy="raise"
    )

    def pool_at(self, side: str) -> int | None:
        """Give the id of the counted pool at a side ("room", "online"), if it has that side."""
        return self.room_id if side == "room" else self.online_id

    @property
    def pool_ids(self) -> list[int]:
        """The ids of its counted pools, of whichever sides it has."""
        return [pool for pool in (self.room_id, self.online_id) if pool is not None]


class CoListing(Base):
    """An event that another community lists as well."""

    __tablename__ = "co_listings"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    community_id: Mapped[int] = mapped_column(
        ForeignKey("communities.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Speaker(Base):
    """Who speaks at an event, in order."""

    __tablename__ = "speakers"

    id: Mapped[Pk]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    position: Mapped[Counter]
    name: Mapped[Line]
    role: Mapped[Line] = mapped_column(default="")
    group: Mapped[Line] = mapped_column("group_name", default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    talk: Mapped[Line] = mapped_column(default="")
    about: Mapped[str] = mapped_column(Text, default="")


class Resource(Base):
    """Something to read, watch or use that belongs to an event."""

    __tablename__ = "resources"

    id: Mapped[Pk]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    position: Mapped[Counter]
    title: Mapped[Line]
    url: Mapped[str] = mapped_column(String(1000))
    note: Mapped[Line] = mapped_column(default="")


class OldSlug(Base):
    """A slug that an event, series or community once had: it redirects and is not given to another."""

    __tablename__ = "old_slugs"
    __table_args__ = (UniqueConstraint("kind", "slug"),)

    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(String(10))
    slug: Mapped[Slug]
    object_id: Mapped[int]


class EventChange(Base):
    """Something about an event or series that those registered must be told; gathered until `due_at`.

    At most one row is open (`told_at` is null) for each event or series: later changes join it. `before` holds the
    facts as people last knew them, so that the mail can say what changed, and a change that was taken back in time
    leads to no mail at all.
    """

    __tablename__ = "event_changes"
    __table_args__ = (
        Index("ix_event_changes_due", "finished_at", "due_at"),
        CheckConstraint("(event_id IS NULL) <> (series_id IS NULL)", name="of_one"),
    )

    id: Mapped[Pk]
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"), index=True)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"), index=True)
    kinds: Mapped[str] = mapped_column(String(60))  # of: time place link status rule, separated by blanks
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    # A date that moved because its series did: who comes every month hears of it with the series, once.
    via_series: Mapped[bool] = mapped_column(default=False)
    first_at: Mapped[UtcTime]
    due_at: Mapped[UtcTime]
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # Telling goes in batches: up to which registration, and when the last one was told.
    told_up_to: Mapped[Counter]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
