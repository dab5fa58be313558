"""Reads of an event for editing it: its values, what it clashes with, who is concerned by a change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.communities.models import Community, Member, Role
from gatherings.communities.rules import ROLES, allows
from gatherings.core.errors import NotFound
from gatherings.events.models import CoListing, Event, OldSlug, Series
from gatherings.planning.rules.sides import SIDES
from gatherings.registration.models import Registration
from gatherings.registration.rules import LIVE

SPEAKER_FIELDS = ("name", "role", "group", "country", "talk", "about")
RESOURCE_FIELDS = ("title", "url", "note")
_PLAIN = (
    "title", "summary", "about", "language", "approximate", "mode", "place_name", "place_address", "place_map",
    "join_url", "recording_url", "takes_registrations", "access_notes", "listing", "slug", "edition_year", "theme",
)  # fmt: skip
_EDITING = tuple(role for role in ROLES if allows(role, "edit"))
_UMBRELLA_SINCE = timedelta(days=1)


@dataclass(frozen=True)
class Choice:
    """Something that can be chosen on the form, by slug."""

    slug: str
    words: str


def editable(session: Session, event_id: int, *, lock: bool = False) -> Event:
    """Read an event with all that its form shows, as it stands; `lock`ed where it is about to be changed."""
    statement = (
        select(Event)
        .where(Event.id == event_id)
        .options(
            joinedload(Event.community),
            joinedload(Event.series),
            joinedload(Event.series_rule),
            joinedload(Event.umbrella),
            joinedload(Event.room),
            joinedload(Event.online),
            joinedload(Event.picture),
            selectinload(Event.also_listed_by),
            selectinload(Event.speakers),
            selectinload(Event.resources),
        )
        .execution_options(populate_existing=True)
    )
    event = session.scalars(statement.with_for_update(of=Event) if lock else statement).one_or_none()
    if event is None:
        raise NotFound()
    return event


def sibling(session: Session, community_id: int, slug: str) -> Event:
    """Read another event of the same community by its slug, to fill a form from; raises NotFound."""
    found = session.scalar(select(Event.id).where(Event.slug == slug, Event.community_id == community_id))
    if found is None:
        raise NotFound()
    return editable(session, found)


def values_of(event: Event) -> dict[str, Any]:
    """Give an event's values as they stand, in the shape in which its form gives them."""
    values = {name: getattr(event, name) for name in _PLAIN}
    for name in ("place_name", "place_address", "place_map", "join_url", "recording_url", "theme"):
        values[name] = values[name] or ""
    return {
        **values,
        "time": {
            "starts": event.starts_local.isoformat(),
            "ends": event.ends_local.isoformat(),
            "zone": event.zone,
            "all_day": event.all_day,
        },
        "capacity_room": event.room.capacity if event.room and event.mode in SIDES["room"] else None,
        "capacity_online": event.online.capacity if event.online and event.mode in SIDES["online"] else None,
        "speakers": [{name: getattr(one, name) for name in SPEAKER_FIELDS} for one in event.speakers],
        "resources": [{name: getattr(one, name) for name in RESOURCE_FIELDS} for one in event.resources],
        "asked_often": [{"question": one["question"], "answer": one["answer"]} for one in event.asked_often],
        "registration_opens_at": instant(event.registration_opens_at),
        "registration_closes_at": instant(event.registration_closes_at),
        "also_listed_by": sorted(community.slug for community in event.also_listed_by),
        "umbrella": event.umbrella.slug if event.umbrella else "",
        "series": event.series.slug if event.series else "",
    }


def instant(at: datetime | None) -> str | None:
    """Write an instant as it is compared: UTC, ISO 8601."""
    return at.astimezone(UTC).isoformat() if at is not None else None


def count_told(session: Session, event_id: int) -> int:
    """Count who is told of a change: everybody with a live registration, those who wait included."""
    live = (Registration.event_id == event_id, Registration.state.in_(LIVE))
    return session.scalar(select(func.count()).select_from(Registration).where(*live)) or 0


def zones_of_people(session: Session, community_id: int, event_id: int | None) -> dict[str, int]:
    """Count the zones of those registered for an event; of the community's members where nobody is."""
    if event_id is not None:
        rows = session.execute(
            select(Registration.zone, func.count())
            .where(Registration.event_id == event_id, Registration.state.in_(LIVE))
            .group_by(Registration.zone)
        ).all()
        if rows:
            return {row[0]: row[1] for row in rows}
    members = session.execute(
        select(Member.zone, func.count())
        .where(Member.community_id == community_id, Member.state == "active", Member.zone.is_not(None))
        .group_by(Member.zone)
    ).all()
    return {row[0]: row[1] for row in members if row[0]}


def clashes(
    session: Session,
    community_id: int,
    starts_at: datetime,
    ends_at: datetime,
    *,
    but: Event | None = None,
    umbrella: str = "",
    limit: int = 5,
) -> list[Event]:
    """List a community's other gatherings at the same time: its own, drafts too, and those that it lists.

    An umbrella and what is held under it are at the same time by their nature.
    """
    listed = select(CoListing.event_id).where(CoListing.community_id == community_id)
    statement = (
        select(Event)
        .where(
            or_(Event.community_id == community_id, Event.id.in_(listed) & (Event.status != "draft")),
            Event.status != "cancelled",
            Event.approximate.is_(False),
            Event.starts_at < ends_at,
            Event.ends_at > starts_at,
        )
        .order_by(Event.starts_at, Event.id)
        .limit(limit + 1)
    )
    if but is not None:
        statement = statement.where(Event.id != but.id, or_(Event.umbrella_id.is_(None), Event.umbrella_id != but.id))
        if but.umbrella_id is not None:
            statement = statement.where(Event.id != but.umbrella_id)
    return [event for event in session.scalars(statement) if event.slug != umbrella][:limit]


def editing_roles(session: Session, person_id: int) -> list[Community]:
    """List the communities in which somebody may edit, by name."""
    mine = select(Role.community_id).where(Role.person_id == person_id, Role.role.in_(_EDITING))
    return list(session.scalars(select(Community).where(Community.id.in_(mine)).order_by(Community.name, Community.id)))


def umbrella_choices(
    session: Session, communities: Iterable[int], *, now: datetime, but: int | None, present: int | None
) -> list[Event]:
    """List what an event can be part of: gatherings of these communities that are no part of another themselves."""
    allowed = (
        Event.community_id.in_(list(communities)),
        Event.ends_at > now - _UMBRELLA_SINCE,
        Event.status != "cancelled",
        Event.umbrella_id.is_(None),
        Event.series_rule_id.is_(None),
    )
    fits = select(Event).where(*allowed, Event.id != (but or 0)).order_by(Event.starts_at, Event.id).limit(200)
    found = list(session.scalars(fits))
    if present is not None and present not in {event.id for event in found}:
        found.append(session.get_one(Event, present))
    return found


def has_below(session: Session, event_id: int) -> bool:
    """Tell whether something is held under an event."""
    return session.scalar(select(Event.id).where(Event.umbrella_id == event_id).limit(1)) is not None


def edition_series(session: Session, community_id: int, present: int | None) -> list[Series]:
    """List a community's series of editions: those without a rule."""
    found = session.scalars(
        select(Series)
        .where(or_(Series.community_id == community_id, Series.id == (present or 0)))
        .order_by(Series.title, Series.id)
        .options(selectinload(Series.rules))
    )
    return [series for series in found if not series.rules]


def slug_is_free(session: Session, slug: str, event_id: int | None) -> bool:
    """Tell whether an event can have a slug: no other has it, or once had it."""
    mine = event_id or 0
    taken = session.scalar(select(Event.id).where(Event.slug == slug, Event.id != mine))
    old = select(OldSlug.id).where(OldSlug.kind == "event", OldSlug.slug == slug, OldSlug.object_id != mine)
    return taken is None and session.scalar(old) is None


def taken_slugs(session: Session, start: str) -> set[str]:
    """List the slugs that begin alike, the old ones too."""
    taken = set(session.scalars(select(Event.slug).where(Event.slug.startswith(start, autoescape=True))))
    old = select(OldSlug.slug).where(OldSlug.kind == "event", OldSlug.slug.startswith(start, autoescape=True))
    return taken | set(session.scalars(old))
