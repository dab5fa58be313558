"""Reads of a community's page, in few explicit queries."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, selectinload

from gatherings.core import zones
from gatherings.events.models import CoListing, Event, Series
from gatherings.events.queries import list_coming
from gatherings.pages import editions

PAST_SHOWN = 24
COMING_READ = 60
COMING_SHOWN = 12
OF_ONE_SERIES = 2  # its own page has all of its dates
EDITIONS_SHOWN = 200


@dataclass(frozen=True)
class CommunityPage:
    """What a community's page shows beside the community itself: its series each with the next date, if any.

    `more` tells whether there is more to come than what stands here.
    """

    series: Sequence[tuple[Series, Event | None]]
    coming: Sequence[Event]
    more: bool
    past: Sequence[Event]
    lines: Sequence[editions.Line]


def list_of_community(session: Session, community_id: int, zone: str, now: datetime) -> CommunityPage:
    """Read a community's public series, what is coming, and what is over: editions by series; six queries.

    `zone` is the community's own: its clock says which year it is.
    """
    series = session.scalars(
        select(Series)
        .where(Series.community_id == community_id, Series.listing == "public", Series.status != "draft")
        .order_by(Series.title, Series.id)
        .options(selectinload(Series.rules))
    ).all()
    following = _next_dates(session, [one.id for one in series], now)
    coming = list_coming(session, now, community_id=community_id, limit=COMING_READ)
    shown = _nearest(coming)
    over = _over(community_id, now)
    held = session.scalars(
        select(Event).where(*over, Event.edition_year.is_not(None)).order_by(Event.edition_year).limit(EDITIONS_SHOWN)
    ).all()
    past = session.scalars(
        select(Event)
        .where(*over, Event.edition_year.is_(None))
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(PAST_SHOWN)
    ).all()
    lines = _lines(series, held, coming, zones.to_local(now, zone).year)
    listed = [(one, following.get(one.id)) for one in series]
    return CommunityPage(listed, shown, len(shown) < len(coming), past, lines)


def _nearest(coming: Sequence[Event]) -> list[Event]:
    """Keep the first gatherings, and of those that come again and again only the next two."""
    counts: Counter[int | None] = Counter()
    shown: list[Event] = []
    for event in coming:
        counts[event.series_rule_id] += 1
        if event.series_rule_id is None or counts[event.series_rule_id] <= OF_ONE_SERIES:
            shown.append(event)
    return shown[:COMING_SHOWN]


def _over(community_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    co_listed = select(CoListing.event_id).where(CoListing.community_id == community_id)
    return (
        or_(Event.community_id == community_id, Event.id.in_(co_listed)),
        Event.listing == "public",
        Event.status == "published",
        Event.ends_at <= now,
    )


def _next_dates(session: Session, series_ids: Sequence[int], now: datetime) -> dict[int, Event]:
    """Find each series' next public date that is not cancelled; no query for no series."""
    if not series_ids:
        return {}
    places = (
        select(
            Event.id,
            func.row_number().over(partition_by=Event.series_id, order_by=(Event.starts_at, Event.id)).label("place"),
        )
        .where(
            Event.series_id.in_(series_ids),
            Event.listing == "public",
            Event.status == "published",
            Event.ends_at > now,
        )
        .subquery()
    )
    found = session.scalars(select(Event).join(places, places.c.id == Event.id).where(places.c.place == 1))
    return {event.series_id: event for event in found if event.series_id is not None}


def _lines(
    series: Sequence[Series], held: Sequence[Event], coming: Sequence[Event], this_year: int
) -> list[editions.Line]:
    """Give each series that has past editions its line; those of no public series stand on one of their own."""
    known = {one.id: one for one in series}

    def key(event: Event) -> int | None:
        return event.series_id if event.series_id in known else None

    groups: dict[int | None, list[Event]] = {}
    for event in held:
        groups.setdefault(key(event), []).append(event)
    ahead = [event for event in coming if event.edition_year is not None and event.status == "published"]
    return [
        editions.line_of(
            known[group] if group is not None else None, events, this_year, [one for one in ahead if key(one) == group]
        )
        for group, events in groups.items()
    ]
