"""What is changed of a series, and what its coming dates have from it: both in one transaction, told of once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gatherings.config import Site
from gatherings.events import rules as event_rules
from gatherings.events import search
from gatherings.events.actions import change_event, note_series_change
from gatherings.events.models import Event, Series
from gatherings.invites.rules import rule_text
from gatherings.planning.queries.dates import list_following
from gatherings.planning.rules.sides import SIDES
from gatherings.registration.actions import set_capacity

# What a date has from its series, unless it has its own.
SHARED = (
    "title", "summary", "about", "language", "mode", "place_name", "place_address", "place_map", "join_url",
    "listing",
)  # fmt: skip
COLUMNS = (*SHARED, "capacity_room", "capacity_online", "ahead", "status")


@dataclass
class Followed:
    """What came of a change: the dates that followed, and those with fewer places than people (slug, places)."""

    event_ids: set[int] = field(default_factory=set)
    above: list[tuple[str, int | None]] = field(default_factory=list)


def nothing_own(date: Event) -> Collection[str]:
    """Say that a date has nothing of its own but what differs from its series."""
    return ()


def change_series(
    session: Session,
    series: Series,
    changes: Mapping[str, Any],
    site: Site,
    *,
    now: datetime,
    own: Callable[[Event], Collection[str]] = nothing_own,
    silent: Collection[str] = (),
) -> Followed:
    """Set columns of a series, its `community_id`, or the `minutes` of its rule; coming dates follow.

    A date keeps what differs from its series already, and what `own` names. Capacities serve waiting lists. Nobody is
    told of `silent` kinds of change. The caller has refused a mode that would leave people behind, and stores the
    calendar blocks.
    """
    old = {name: getattr(series, name) for name in (*COLUMNS, "community_id")}
    old["minutes"] = series.rules[-1].minutes if series.rules else 0
    coming = [date for date in list_following(session, series.id) if date.ends_at > now]
    before, kept = _facts(series), _for_mail(series)
    for name in (*COLUMNS, "community_id"):
        if name in changes:
            setattr(series, name, changes[name])
    if "minutes" in changes and series.rules:
        series.rules[-1].minutes = changes["minutes"]
    session.flush()
    session.refresh(series, ["community"])
    followed = Followed()
    for date in coming:
        _follow(session, date, changes, old, own(date), site, followed, now=now, silent=silent)
    if not {"title", "status", "listing"}.isdisjoint(changes):  # what a search finds of its dates
        search.renew_of(session, series_id=series.id)
    kinds = tuple(one for one in event_rules.kinds_of_change(before, _facts(series)) if one not in silent)
    if kinds:
        told = {name: value for kind in kinds for name, value in kept.get(kind, {}).items()}
        note_series_change(session, series, kinds, told, now=now, delay=site.change_delay)
    series.changed_at = now
    session.flush()
    return followed


def set_capacities(
    session: Session, event: Event, changes: Mapping[str, Any], site: Site, *, now: datetime
) -> list[int | None]:
    """Set the changed capacities of the sides that an event has; who waits is served, who is there stays.

    Gives the capacities that are below the number of people there.
    """
    below: list[int | None] = []
    for side, modes in SIDES.items():
        capacity = changes.get(f"capacity_{side}", ...)
        if capacity is ... or event.mode not in modes:
            continue
        if set_capacity(session, event, side, capacity, site, now=now):
            below.append(capacity)
    return below


def _facts(series: Series) -> dict[str, Any]:
    minutes = series.rules[-1].minutes if series.rules else 0
    # "ends_local" stands for the length: it is one of the facts of time.
    return {**{name: getattr(series, name) for name in (*SHARED, "status")}, "ends_local": minutes}


def _for_mail(series: Series) -> dict[str, dict[str, Any]]:
    """Give how it was by kind of change, as the mail about "every month" tells it."""
    place = {name: getattr(series, name) for name in ("mode", "place_name", "place_address")}
    status = {"status": series.status}
    if not series.rules:
        return {"place": place, "status": status}
    rule = series.rules[-1]
    starts = rule.starts_local.isoformat()
    time = {"text": rule_text(rule), "starts_local": starts, "minutes": rule.minutes, "zone": rule.zone}
    return {"place": place, "time": time, "status": status}


def _follow(
    session: Session,
    date: Event,
    changes: Mapping[str, Any],
    old: Mapping[str, Any],
    own: Collection[str],
    site: Site,
    followed: Followed,
    *,
    now: datetime,
    silent: Collection[str],
) -> None:
    """Let a coming date follow its series in all that it does not have of its own."""
    values = {
        name: changes[name]
        for name in (*SHARED, "status")
        if name in changes and name not in own and getattr(date, name) == old[name]
    }
    if "community_id" in changes and date.community_id == old["community_id"]:
        values["community_id"] = changes["community_id"]
    length = timedelta(minutes=int(old["minutes"]))
    follows = "minutes" in changes and "minutes" not in own
    if follows and date.starts_at > now and date.ends_local - date.starts_local == length:
        values["ends_local"] = date.starts_local + timedelta(minutes=changes["minutes"])
    pools = {"capacity_room": date.room, "capacity_online": date.online}
    capacities = {
        name: changes[name]
        for name, pool in pools.items()
        if name in changes and (pool.capacity if pool else None) == old[name]
    }
    if values:
        change_event(session, date, values, now=now, delay=site.change_delay, via_series=True, silent=frozenset(silent))
    followed.above += [(date.slug, below) for below in set_capacities(session, date, capacities, site, now=now)]
    if values or capacities:
        followed.event_ids.add(date.id)
