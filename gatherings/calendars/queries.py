"""Reads for feeds: the stored blocks, and the few values that tell whether a feed has changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from gatherings.accounts.models import Person
from gatherings.calendars import rules
from gatherings.calendars.slots import SLOT_VALUES, slot_state
from gatherings.communities.models import Community
from gatherings.core.errors import NotFound
from gatherings.core.tokens import Claim
from gatherings.db.types import UtcDateTime
from gatherings.events.models import CoListing, Event, OldSlug, Series
from gatherings.events.queries import Moved
from gatherings.invites.models import Invite
from gatherings.registration.models import Registration, SeriesRegistration

_BLOCKS = (undefer(Event.calendar_block), undefer(Event.calendar_zones), joinedload(Event.community))


@dataclass(frozen=True)
class CommunityState:
    """A community as its feed is named and cached by: `state` changes with everything that the feed holds."""

    id: int
    name: str
    state: tuple[Any, ...]


def get_event_block(session: Session, slug: str) -> Event | Moved:
    """Read an event with its calendar bytes; raises NotFound, also for one whose day is not known."""
    event = session.scalars(
        select(Event).where(Event.slug == slug, Event.status != "draft", Event.approximate.is_(False)).options(*_BLOCKS)
    ).one_or_none()
    return event if event is not None else _moved(session, "event", slug, Event)


def get_series_block(session: Session, slug: str) -> Series | Moved:
    """Read a series with its calendar bytes; raises NotFound."""
    series = session.scalars(
        select(Series)
        .where(Series.slug == slug, Series.status != "draft")
        .options(undefer(Series.calendar_block), undefer(Series.calendar_zones), joinedload(Series.community))
    ).one_or_none()
    return series if series is not None else _moved(session, "series", slug, Series)


def get_community_state(session: Session, slug: str) -> CommunityState | Moved:
    """Read what a community's feed depends on, in one small query; raises NotFound."""
    own = (Series.community_id == Community.id, Series.status != "draft", Series.listing == "public")
    row = session.execute(
        select(
            Community.id,
            Community.name,
            Community.public_id,
            Community.version,
            select(func.count()).where(*own).scalar_subquery(),
            select(func.sum(Series.revision)).where(*own).scalar_subquery(),
            select(func.max(Series.changed_at)).where(*own).scalar_subquery(),
        ).where(Community.slug == slug)
    ).one_or_none()
    if row is None:
        return _moved(session, "community", slug, Community)
    return CommunityState(row[0], row[1], tuple(row[2:]))


def _moved(session: Session, kind: str, slug: str, model: type[Event] | type[Series] | type[Community]) -> Moved:
    statement = (
        select(model.slug)
        .join(OldSlug, and_(OldSlug.object_id == model.id, OldSlug.kind == kind))
        .where(OldSlug.slug == slug)
    )
    if not issubclass(model, Community):
        statement = statement.where(model.status != "draft")
    found = session.scalar(statement)
    if found is None:
        raise NotFound()
    return Moved(found)


def list_feed_series(session: Session, community_id: int, now: datetime) -> Sequence[Series]:
    """List a community's public series that have a date not older than feeds go back; one query."""
    recent = exists().where(
        Event.series_id == Series.id, Event.series_rule_id.is_not(None), Event.ends_at > rules.oldest_end(now)
    )
    return session.scalars(
        select(Series)
        .where(Series.community_id == community_id, Series.listing == "public", Series.status != "draft", recent)
        .order_by(Series.id)
        .options(undefer(Series.calendar_block), undefer(Series.calendar_zones), joinedload(Series.community))
    ).all()


def list_feed_events(
    session: Session, now: datetime, *, community_id: int | None = None, series: Series | None = None
) -> Sequence[Event]:
    """List the events of a feed that its series do not bring already, by start; one query.

    A community's: its public ones outside recurrences, and what it lists of others. A series': its editions. From a
    year back; cancelled ones for six weeks; what has no known day never.
    """
    recent = [
        Event.ends_at > rules.oldest_end(now),
        Event.approximate.is_(False),
        or_(
            Event.status == "published",
            and_(
                Event.status == "cancelled",
                Event.cancelled_at > rules.start_of_day(now) - rules.CANCELLED_STAYS,
            ),
        ),
    ]
    if series is not None:
        recent += [Event.series_id == series.id, Event.series_rule_id.is_(None)]
        if series.listing == "public":
            recent.append(Event.listing == "public")
    else:
        co_listed = select(CoListing.event_id).where(CoListing.community_id == community_id)
        own = and_(Event.community_id == community_id, Event.series_rule_id.is_(None))
        foreign = and_(Event.community_id != community_id, Event.id.in_(co_listed))
        recent += [Event.listing == "public", or_(own, foreign)]
    return session.scalars(select(Event).where(*recent).order_by(Event.starts_at, Event.id).options(*_BLOCKS)).all()


def list_dates_of_series(session: Session, series_id: int) -> tuple[Series, Sequence[Event]]:
    """Read a series with rules and public dates, to write its block anew."""
    series = session.scalars(
        select(Series)
        .where(Series.id == series_id)
        .options(joinedload(Series.community), selectinload(Series.rules))
        .execution_options(populate_existing=True)
    ).one()
    dates = session.scalars(
        select(Event)
        .where(Event.series_id == series_id, Event.series_rule_id.is_not(None), Event.status != "draft")
        .order_by(Event.original_local)
    ).all()
    return series, [date for date in dates if date.listing == series.listing]


# Made once: calendars ask for this all day long.
_PERSONAL_STATE: Any = (
    select(
        Person.id,
        Registration.id,
        Registration.state,
        Registration.places_id,
        Registration.link_version,
        Registration.cancelled_at,
        Event.revision,
        Event.changed_at,
        Event.cancelled_at,
        Invite.uid,
        Invite.steps,
        Invite.sequence,
        Invite.sent_at,
        SeriesRegistration.state,
        SeriesRegistration.wish,
        SeriesRegistration.link_version,
        SeriesRegistration.cancelled_at,
        Series.revision,
        Series.changed_at,
        SeriesRegistration.first_local,
        *slot_state(),
    )
    .select_from(Person)
    .outerjoin(Registration, and_(Registration.person_id == Person.id, Registration.erased_at.is_(None)))
    .outerjoin(Event, and_(Event.id == Registration.event_id, Event.ends_at > bindparam("oldest", type_=UtcDateTime())))
    .outerjoin(Invite, Invite.id == Registration.invite_id)
    .outerjoin(SeriesRegistration, SeriesRegistration.id == Registration.series_registration_id)
    .outerjoin(Series, Series.id == SeriesRegistration.series_id)
    .where(Person.public_id == bindparam("public_id"), Person.feed_version == bindparam("version"))
    .order_by(Registration.id)
)


def read_personal_state(session: Session, claim: Claim, now: datetime) -> tuple[int, tuple[Any, ...]]:
    """Give whose personal feed a link names, and every value that its bytes are made from; one query.

    Raises NotFound for a link that was renewed, or whose person is not held any more.
    """
    stays = rules.start_of_day(now) - rules.CANCELLED_STAYS
    asked = {"public_id": claim.public_id, "version": claim.version, "oldest": rules.oldest_end(now), "stays": stays}
    rows: list[tuple[Any, ...]] = [tuple(row) for row in session.execute(_PERSONAL_STATE, asked)]
    if not rows:
        raise NotFound()
    held = [row for row in rows if row[7] is not None]
    told = [tuple(rules.still_told(row[at], now) for at in (5, 8, 16)) for row in held]
    return rows[0][0], (held, told, rows[0][-SLOT_VALUES:])


def has_slots(state: tuple[Any, ...]) -> bool:
    """Tell from the state of a personal feed whether slots are in it."""
    return bool(state[-1][0])
