"""New zone rules: the wall clock of a future event stays, its instant is derived again (domain.md, Time 1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gatherings.audit.actions import log
from gatherings.communities.models import Community
from gatherings.config import Site
from gatherings.core import zones
from gatherings.events.actions import note_change, note_series_change, touch_communities
from gatherings.events.models import Event, Series
from gatherings.events.queries import list_future
from gatherings.events.rules import derive, facts_of
from gatherings.invites.actions import store_blocks


@dataclass(frozen=True)
class Moved:
    """An event whose start or end is at another instant under the present zone rules."""

    event_id: int
    slug: str
    starts_local: datetime
    zone: str
    old_starts_at: datetime
    new_starts_at: datetime


def moved_events(session: Session, *, now: datetime) -> list[Moved]:
    """List the future events that moved; changes nothing."""
    found = []
    for event in list_future(session, now):
        times = derive(event.starts_local, event.ends_local, event.zone, lenient=True)
        if (times.starts_at, times.ends_at) != (event.starts_at, event.ends_at) and times.starts_at > now:
            found.append(Moved(event.id, event.slug, event.starts_local, event.zone, event.starts_at, times.starts_at))
    return found


def retime_events(session: Session, site: Site, *, now: datetime) -> list[Moved]:
    """Derive again what moved: revision raised, those registered told once, calendar bytes written afresh.

    Who comes every month gets one mail about the series, however many of its dates moved. A time that has become
    a gap or fold under the new rules follows RFC 5545 3.3.5: it cannot be asked for here. Events that did not move
    are noted as timed with these rules too.
    """
    moved = moved_events(session, now=now)
    by_id = {each.event_id: each for each in moved}
    of_series: dict[int, dict[str, Any]] = {}
    for event in list_future(session, now):
        if event.starts_at > now:
            event.zone_rules = zones.tzdata_version()
        if event.id not in by_id:
            continue
        before = facts_of(event)
        times = derive(event.starts_local, event.ends_local, event.zone, lenient=True)
        event.starts_at, event.ends_at = times.starts_at, times.ends_at
        event.zone_rules = zones.tzdata_version()
        event.changed_at = now
        date = event.series_id is not None and event.series_rule_id is not None
        note_change(session, event, ("time",), before, now=now, delay=site.change_delay, via_series=date)
        if event.series_id is not None and date and event.status == "published":
            of_series.setdefault(event.series_id, {"starts_at": before["starts_at"]})
        log(
            session, actor="retime", action="retime", about=f"event:{event.public_id}",
            community_id=event.community_id, now=now,
        )  # fmt: skip
    session.flush()
    _tell_series_once(session, of_series, site, now=now)
    touch_communities(session, list(by_id))
    store_blocks(session, base_url=site.base_url, event_ids=by_id)
    return moved


def _tell_series_once(session: Session, before: Mapping[int, dict[str, Any]], site: Site, *, now: datetime) -> None:
    for series_id, facts in sorted(before.items()):
        series = session.get_one(Series, series_id, populate_existing=True)
        note_series_change(session, series, ("time",), facts, now=now, delay=site.change_delay)
    session.flush()


def rewrite_blocks(session: Session, site: Site) -> None:
    """Write every stored calendar entry afresh: after BASE_URL changed, their links would be old."""
    store_blocks(
        session,
        base_url=site.base_url,
        event_ids=session.scalars(select(Event.id)),
        series_ids=session.scalars(select(Series.id).where(Series.rules.any())),
    )
    session.execute(update(Community).values(version=Community.version + 1))
