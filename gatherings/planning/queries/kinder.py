"""Whose clocks count for a kinder hour: people by zone. Each is one SELECT that gives counts and no names."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.orm import Session

from gatherings.communities.models import Community, Member
from gatherings.events.models import Event, Series
from gatherings.registration.models import Registration, SeriesRegistration

Zones = Mapping[str, int]
COMES = ("pending", "offered", "confirmed", "waitlisted")
_LATELY = timedelta(days=365)


def zones_for_community(session: Session, community: Community, *, now: datetime) -> dict[str, Zones]:
    """Give people by zone: its members, and those who registered for its gatherings within a year."""
    newest = (
        select(func.max(Registration.id))
        .join(Event, Event.id == Registration.event_id)
        .where(
            Event.community_id == community.id,
            Event.starts_at > now - _LATELY,
            Registration.state.in_(COMES),
            Registration.erased_at.is_(None),
        )
        .group_by(Registration.person_id)
    )
    came = select(Registration.person_id, Registration.zone).where(Registration.id.in_(newest))
    return _counted(session, {"members": _members(community.id), "lately": came})


def zones_for_series(session: Session, series: Series) -> dict[str, Zones]:
    """Give people by zone: those who come every time, the community's members, and both together, each person once."""
    every = select(SeriesRegistration.person_id, SeriesRegistration.zone).where(
        SeriesRegistration.series_id == series.id,
        SeriesRegistration.state == "confirmed",
        SeriesRegistration.erased_at.is_(None),
    )
    return _with_members(session, "every", every, series.community_id)


def zones_for_event(session: Session, event: Event) -> dict[str, Zones]:
    """Give people by zone: those registered (waiting ones too), the community's members, and both together."""
    registered = select(Registration.person_id, Registration.zone).where(
        Registration.event_id == event.id, Registration.state.in_(COMES), Registration.erased_at.is_(None)
    )
    return _with_members(session, "registered", registered, event.community_id)


def _members(community_id: int) -> Select[Any, Any]:
    return select(Member.person_id, func.coalesce(Member.zone, "")).where(
        Member.community_id == community_id, Member.state == "active", Member.erased_at.is_(None)
    )


def _with_members(session: Session, name: str, theirs: Select[Any, Any], community_id: int) -> dict[str, Zones]:
    """Count somebody who is in both once, by the zone of what they registered for."""
    members = _members(community_id)
    others = members.where(Member.person_id.not_in(theirs.with_only_columns(theirs.selected_columns[0])))
    return _counted(session, {name: theirs, "members": members, "both": union_all(theirs, others)})


def _counted(session: Session, asked: Mapping[str, Any]) -> dict[str, Zones]:
    found: dict[str, Zones] = {}
    for name, statement in asked.items():
        rows = statement.subquery()
        zone = list(rows.columns)[1]
        counts = {key: int(count) for key, count in session.execute(select(zone, func.count()).group_by(zone))}
        if sum(counts.values()):
            found[name] = counts
    if found.get("both") in (found.get("members"), next(iter(found.values()), None)):
        found.pop("both", None)
    return found
