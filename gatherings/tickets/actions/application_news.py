"""Organisers are told of applications for bursaries: gathered, once a day at most, at an hour when they are awake."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gatherings.communities.models import Community, Member, Role
from gatherings.communities.queries.team import list_team
from gatherings.communities.rules import allows
from gatherings.config import Site
from gatherings.core import zones
from gatherings.core.hours import part_of_day
from gatherings.events.models import Event
from gatherings.mail import actions as mail
from gatherings.tickets.models import Application

JOB = "tell_of_applications"
EVERY = timedelta(hours=1)  # how often it is looked whether somebody has woken up
NOTICE = "applications_wait"

_Waiting = tuple[str, str, int, datetime]  # a gathering: slug, title, how many wait, when the last of them asked


def tell_of_applications(session: Session, site: Site, *, now: datetime) -> int:
    """Write to those who decide on applications what waits, where something came since they were last told.

    Gives how many were written to. On whose clock: that of their own membership, or else the community's.
    """
    waiting = session.execute(
        select(Community, Event.slug, Event.title, func.count(Application.id), func.max(Application.created_at))
        .join(Event, Event.id == Application.event_id)
        .join(Community, Community.id == Event.community_id)
        .where(
            Application.state == "asked",
            Application.erased_at.is_(None),
            Event.status == "published",
            Event.ends_at > now,
        )
        .group_by(Community.id, Event.id, Event.slug, Event.title, Event.starts_at)
        .order_by(Community.id, Event.starts_at, Event.id)
    ).all()
    of: dict[Community, list[_Waiting]] = {}
    for community, slug, title, number, newest in waiting:
        of.setdefault(community, []).append((slug, title, number, newest))
    return sum(_tell(session, community, events, site, now) for community, events in of.items())


def _tell(session: Session, community: Community, events: Sequence[_Waiting], site: Site, now: datetime) -> int:
    newest = max(latest for *_what, latest in events)
    team = [role for role in list_team(session, community.id) if allows(role.role, "money")]
    clocks = _zones(session, community, [role.person_id for role in team])
    told = 0
    for role in team:
        zone = clocks.get(role.person_id, community.zone)
        if _is_due(role.applications_told_at, newest, zone, now):
            role.applications_told_at = now
            told += _post(session, role, community, events, zone, site, now)
    session.flush()
    return told


def _is_due(told_at: datetime | None, newest: datetime, zone: str, now: datetime) -> bool:
    here = zones.to_local(now, zone)
    if part_of_day(here) == "night":
        return False
    return told_at is None or (newest > told_at and zones.to_local(told_at, zone).date() < here.date())


def _zones(session: Session, community: Community, people: Sequence[int]) -> dict[int, str]:
    """Give the zones of those who are members as well and said theirs."""
    found = select(Member.person_id, Member.zone).where(
        Member.community_id == community.id, Member.person_id.in_(people), Member.state == "active"
    )
    return {person_id: zone for person_id, zone in session.execute(found) if zone}


def _post(
    session: Session,
    role: Role,
    community: Community,
    events: Sequence[_Waiting],
    zone: str,
    site: Site,
    now: datetime,
) -> int:
    facts: dict[str, Any] = {
        "community": {
            "name": community.name, "slug": community.slug, "sender": community.sender, "accent": community.accent,
        },
        "to": {"name": role.person.name, "address": role.person.address, "zone": zone},
        "events": [{"slug": slug, "title": title, "count": number} for slug, title, number, _latest in events],
    }  # fmt: skip
    return mail.post(
        session,
        key=f"{NOTICE}:{role.public_id}:{now.timestamp():.0f}",
        kind=NOTICE,
        recipient=role.person.address,
        sender=community.sender,
        zone=zones.canonical(zone) or zone,
        about=f"community:{community.public_id}",
        facts=facts,
        now=now,
        domain=site.domain,
    )
