"""Reads for loading: what stands in the database now, in the shape in which a file's values are compared with it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.communities.models import Community
from gatherings.events.models import Event, OldSlug, Series, SeriesRule
from gatherings.loading.models import LoadedItem
from gatherings.loading.programme import Programme, Reference, references
from gatherings.questions.models import ConsentText, Question

COMMUNITY_COLUMNS = (
    "name", "accent", "zone", "tagline", "about", "website", "sender", "code_of_kindness", "access_notes",
    "asked_often", "joining",
)  # fmt: skip
WHERE_COLUMNS = ("mode", "place_name", "place_address", "place_map", "join_url")
TEXT_COLUMNS = ("title", "summary", "about", "language")
SERIES_COLUMNS = (*TEXT_COLUMNS, *WHERE_COLUMNS, "capacity_room", "capacity_online", "ahead", "status")
EVENT_COLUMNS = (
    *TEXT_COLUMNS, *WHERE_COLUMNS, "recording_url", "access_notes", "asked_often", "status", "listing",
    "takes_registrations", "edition_year", "theme", "approximate",
)  # fmt: skip
SPEAKER_FIELDS = ("name", "role", "group", "about", "country", "talk")
RESOURCE_FIELDS = ("title", "url", "note")
_MODELS: dict[str, type[Community] | type[Series] | type[Event]] = {
    "community": Community, "series": Series, "event": Event,
}  # fmt: skip


def list_remembered(session: Session) -> dict[tuple[str, str], LoadedItem]:
    """Give all that was ever loaded, by kind and slug."""
    return {(item.kind, item.slug): item for item in session.scalars(select(LoadedItem).order_by(LoadedItem.id))}


def unknown_references(session: Session, programme: Programme) -> list[Reference]:
    """List the references of a programme that lead to nothing, neither in the file nor in the database."""
    own = {
        "community": {item.slug for item in programme.communities},
        "series": {item.slug for item in programme.series},
        "event": {item.slug for item in programme.events},
    }
    outside = [one for one in references(programme) if one.slug and one.slug not in own[one.kind]]
    known = {kind: _known(session, kind, {one.slug for one in outside if one.kind == kind}) for kind in own}
    return [one for one in outside if one.slug not in known[one.kind]]


def _known(session: Session, kind: str, slugs: set[str]) -> set[str]:
    if not slugs:
        return set()
    model = _MODELS[kind]
    return set(session.scalars(select(model.slug).where(model.slug.in_(slugs))))


def taken_slugs(session: Session, kind: str, slugs: Iterable[str]) -> set[str]:
    """Tell which slugs lead somewhere already, be it as an old slug that redirects (domain.md 19)."""
    wanted = set(slugs)
    old = select(OldSlug.slug).where(OldSlug.kind == kind, OldSlug.slug.in_(wanted))
    return _known(session, kind, wanted) | set(session.scalars(old))


def zones_of(session: Session, slugs: Iterable[str]) -> dict[str, str]:
    """Give the zones of events by slug."""
    rows = session.execute(select(Event.slug, Event.zone).where(Event.slug.in_(set(slugs)))).all()
    return {row.slug: row.zone for row in rows}


def read_communities(session: Session, slugs: Iterable[str]) -> dict[str, Community]:
    """Read communities by slug."""
    found = session.scalars(select(Community).where(Community.slug.in_(set(slugs))))
    return {community.slug: community for community in found}


def read_series(session: Session, slugs: Iterable[str]) -> dict[str, Series]:
    """Read series by slug, with community and rules."""
    found = session.scalars(
        select(Series)
        .where(Series.slug.in_(set(slugs)))
        .options(joinedload(Series.community), selectinload(Series.rules))
    )
    return {series.slug: series for series in found}


def read_events(session: Session, slugs: Iterable[str]) -> dict[str, Event]:
    """Read events by slug, with all that loading compares."""
    found = session.scalars(select(Event).where(Event.slug.in_(set(slugs))).options(*_compared()))
    return {event.slug: event for event in found}


def list_series_dates(session: Session, series_id: int) -> list[Event]:
    """List all dates of a series that a rule made, soonest first, with all that loading compares."""
    return list(
        session.scalars(
            select(Event)
            .where(Event.series_id == series_id, Event.series_rule_id.is_not(None))
            .order_by(Event.starts_at)
            .options(*_compared())
        )
    )


def _compared() -> Sequence[Any]:
    return (
        joinedload(Event.community),
        joinedload(Event.series),
        joinedload(Event.series_rule),
        joinedload(Event.umbrella),
        joinedload(Event.room),
        joinedload(Event.online),
        selectinload(Event.also_listed_by),
        selectinload(Event.speakers),
        selectinload(Event.resources),
    )


def community_values(community: Community) -> dict[str, Any]:
    """Give a community's columns as they stand."""
    return {name: getattr(community, name) for name in COMMUNITY_COLUMNS}


def series_values(series: Series) -> dict[str, Any]:
    """Give a series' values as they stand; its rule aside."""
    values = {name: getattr(series, name) for name in SERIES_COLUMNS}
    minutes = series.rules[-1].minutes if series.rules else 0
    return {**values, "community": series.community.slug, "minutes": minutes}


def rule_values(rule: SeriesRule | None) -> dict[str, Any] | None:
    """Give a series' rule as it stands."""
    if rule is None:
        return None
    return {"rule": rule.rule, "starts": rule.starts_local.isoformat(), "zone": rule.zone}


def event_values(event: Event) -> dict[str, Any]:
    """Give an event's values as they stand; questions and consents aside."""
    return {
        **{name: getattr(event, name) for name in EVENT_COLUMNS},
        "community": event.community.slug,
        "series": event.series.slug if event.series else None,
        "umbrella": event.umbrella.slug if event.umbrella else None,
        "also_listed_by": sorted(community.slug for community in event.also_listed_by),
        "time": time_values(event.starts_local, event.ends_local, event.zone, event.all_day),
        "registration_opens_at": instant(event.registration_opens_at),
        "registration_closes_at": instant(event.registration_closes_at),
        "capacity_room": event.room.capacity if event.room else None,
        "capacity_online": event.online.capacity if event.online else None,
        **list_values(event),
    }


def list_values(event: Event) -> dict[str, Any]:
    """Give an event's speakers and resources as they stand."""
    return {
        "speakers": [{name: getattr(one, name) for name in SPEAKER_FIELDS} for one in event.speakers],
        "resources": [{name: getattr(one, name) for name in RESOURCE_FIELDS} for one in event.resources],
    }


def time_values(starts: datetime, ends: datetime, zone: str, all_day: bool) -> dict[str, Any]:
    """Give an event's time in the shape in which it is remembered: one thing, for its parts make sense together."""
    return {"starts": starts.isoformat(), "ends": ends.isoformat(), "zone": zone, "all_day": all_day}


def instant(at: datetime | None) -> str | None:
    """Write an instant as it is remembered."""
    return at.astimezone(UTC).isoformat() if at is not None else None


def read_asked(session: Session, column: Any, ids: Iterable[int]) -> dict[int, list[Any]]:
    """Read the questions or consents of several owners, retired ones too, in order.

    `column` says which: Question.event_id, Question.series_id, ConsentText.event_id or ConsentText.community_id.
    """
    found: dict[int, list[Any]] = defaultdict(list)
    model = column.class_
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), 400):
        statement = select(model).where(column.in_(wanted[start : start + 400])).order_by(model.position, model.id)
        for row in session.scalars(statement):
            found[getattr(row, column.key)].append(row)
    return found


def question_values(rows: Iterable[Question]) -> list[dict[str, Any]]:
    """Give questions as they stand; retired ones are not there."""
    return [
        {
            "key": row.key, "ask": row.label, "type": row.type, "required": row.required, "help": row.help,
            "options": row.options,
        }
        for row in rows
        if not row.retired
    ]  # fmt: skip


def consent_values(rows: Iterable[ConsentText]) -> list[dict[str, Any]]:
    """Give consents as they stand; retired ones are not there."""
    return [{"key": row.key, "text": row.text} for row in rows if not row.retired]
