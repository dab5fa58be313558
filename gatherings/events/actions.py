"""What is done to events and series: made, changed, cancelled, their dates kept ahead.

Each action raises the revision in the caller's transaction and gathers what people must be told; the calendar
blocks are stored afresh by whoever calls (invites/actions.py), feeds and downloads follow at once.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from gatherings.communities.models import Community
from gatherings.core import zones
from gatherings.core.recurrence import Rule
from gatherings.core.tokens import new_public_id
from gatherings.db.places import Places
from gatherings.events import rules, search
from gatherings.events.models import CoListing, Event, EventChange, OldSlug, Series, SeriesRule


def new_uid(kind: str, public_id: str, host: str) -> str:
    """Make the UID of a calendar entry, once; it is stored and never made again (RFC 7986 5.3)."""
    return f"{kind}-{public_id}@{host}"


def create_event(session: Session, values: Mapping[str, Any], *, host: str, now: datetime) -> Event:
    """Create an event from column values; times derived, pools made (the room's before the online one's).

    `capacity_room` and `capacity_online` (None: unlimited) are taken out of the values. Pools are always locked
    in ascending id; that the room comes first lets who waits for the room keep an online place. `public_id` may be
    given by who must not make the same event twice.
    Raises InvalidInput for times that cannot be.
    """
    columns = dict(values)
    lenient = columns.get("original_local") is not None and columns["original_local"] == columns["starts_local"]
    times = rules.derive(columns["starts_local"], columns["ends_local"], columns["zone"], lenient=lenient)
    capacity_room, capacity_online = columns.pop("capacity_room", None), columns.pop("capacity_online", None)
    public_id = columns.pop("public_id", None) or new_public_id()
    event = Event(
        public_id=public_id,
        uid=new_uid("event", public_id, host),
        starts_at=times.starts_at,
        ends_at=times.ends_at,
        zone_rules=zones.tzdata_version(),
        changed_at=now,
        created_at=now,
        revision=0,
        **columns,
    )
    if event.status == "cancelled":
        event.cancelled_at = now
    _make_pools(session, event, capacity_room, capacity_online)
    event.search_text = search.first_words(session, event)
    session.add(event)
    session.flush()
    touch_communities(session, [event.id])
    return event


def _make_pools(session: Session, event: Event, capacity_room: int | None, capacity_online: int | None) -> None:
    if event.mode in ("in person", "hybrid") and event.room_id is None:
        room = Places(capacity=capacity_room, taken=0, queue=0)
        session.add(room)
        session.flush()
        event.room_id = room.id
    if event.mode in ("online", "hybrid") and event.online_id is None:
        online = Places(capacity=capacity_online, taken=0, queue=0)
        session.add(online)
        session.flush()
        event.online_id = online.id


def change_event(
    session: Session,
    event: Event,
    values: Mapping[str, Any],
    *,
    now: datetime,
    delay: int,
    via_series: bool = False,
    silent: Collection[str] = (),
) -> tuple[str, ...]:
    """Set columns of an event; return the kinds of change that people will be told about, once, after `delay` s.

    `silent`: kinds that raise the revision and lead to no mail of their own.

    Raises the revision of the event (and of its series, whose messages share one counter: calendars.md 11) when
    there is one. Capacities are not columns of the event: see registration's `set_capacity`.
    """
    before = rules.facts_of(event)
    if "slug" in values and values["slug"] != event.slug:
        keep_old_slug(session, "event", event.id, event.slug)
    for name, value in values.items():
        setattr(event, name, value)
    _make_pools(session, event, None, None)
    moved = {"starts_local", "ends_local", "zone"} & set(values)
    if moved:
        lenient = event.original_local is not None and event.original_local == event.starts_local
        times = rules.derive(event.starts_local, event.ends_local, event.zone, lenient=lenient)
        event.starts_at, event.ends_at = times.starts_at, times.ends_at
        event.zone_rules = zones.tzdata_version()
    if event.status == "cancelled" and before["status"] != "cancelled":
        event.cancelled_at = now
    elif event.status != "cancelled":
        event.cancelled_at = None
    kinds = rules.kinds_of_change(before, rules.facts_of(event))
    if kinds:
        note_change(session, event, kinds, before, now=now, delay=delay, via_series=via_series, silent=silent)
    event.changed_at = now
    session.flush()
    if not search.COLUMNS.isdisjoint(values):
        search.renew(session, [event.id])
    touch_communities(session, [event.id])
    return kinds


def note_change(
    session: Session,
    event: Event,
    kinds: tuple[str, ...],
    before: Mapping[str, Any],
    *,
    now: datetime,
    delay: int,
    via_series: bool = False,
    silent: Collection[str] = (),
) -> None:
    """Raise revisions for a change of an event and gather it for those registered (domain.md 13)."""
    event.revision += 1
    if "time" in kinds:
        event.reminded_day_at = event.reminded_hour_at = None
    if event.series_id is not None and event.series_rule_id is not None:
        session.execute(
            update(Series)
            .where(Series.id == event.series_id)
            .values(revision=Series.revision + 1, changed_at=now)
            .execution_options(synchronize_session="fetch")
        )
    # Nobody is registered for a draft, and nobody wants mail about what is over or stays cancelled.
    if before["status"] == "draft" or before["status"] == event.status == "cancelled":
        return
    if max(event.ends_at.isoformat(), str(before["ends_at"])) <= now.isoformat():
        return
    told = tuple(kind for kind in kinds if kind not in silent)
    if told:
        _gather(session, {"event_id": event.id}, told, before, now=now, delay=delay, via_series=via_series)


def _gather(
    session: Session,
    of: dict[str, int],
    kinds: tuple[str, ...],
    before: Mapping[str, Any],
    *,
    now: datetime,
    delay: int,
    via_series: bool = False,
) -> None:
    name, number = next(iter(of.items()))
    change = session.scalars(
        select(EventChange).where(getattr(EventChange, name) == number, EventChange.told_at.is_(None))
    ).one_or_none()
    due_at = now + timedelta(seconds=delay)
    if change is None:
        session.add(
            EventChange(
                **of, kinds=" ".join(kinds), before=dict(before), first_at=now, due_at=due_at, via_series=via_series
            )
        )
        return
    change.kinds = " ".join(sorted(set(change.kinds.split()) | set(kinds)))
    change.before = {**before, **change.before}  # what people last knew, whichever change told of a fact first
    change.via_series = change.via_series and via_series
    # Each new change waits its minutes again, but nobody waits longer than five times that in all.
    change.due_at = min(due_at, change.first_at + timedelta(seconds=5 * delay))


def keep_old_slug(session: Session, kind: str, object_id: int, slug: str) -> None:
    """Let an old slug redirect from now on (domain.md 19)."""
    session.execute(delete(OldSlug).where(OldSlug.kind == kind, OldSlug.slug == slug))
    session.add(OldSlug(kind=kind, object_id=object_id, slug=slug))


def touch_communities(session: Session, event_ids: list[int]) -> None:
    """Raise the version of every community that lists one of these events, so that caches and feeds follow."""
    from_events = select(Event.community_id).where(Event.id.in_(event_ids))
    listed = select(CoListing.community_id).where(CoListing.event_id.in_(event_ids))
    session.execute(
        update(Community)
        .where(Community.id.in_(from_events) | Community.id.in_(listed))
        .values(version=Community.version + 1)
        .execution_options(synchronize_session=False)
    )


def make_dates(session: Session, series: Series, *, host: str, now: datetime) -> list[Event]:
    """Make a series' dates into events until `ahead` of them are to come; give the new ones (domain.md: series).

    `series.rules` must be loaded. Dates in a gap or fold follow RFC 5545 3.3.5. A date is made once: one that was
    cancelled or moved is not made again; one that is over already is not made at all.
    """
    if not series.rules:
        return []
    rule = series.rules[-1]
    made = dict(
        session.execute(select(Event.original_local, Event.ends_at).where(Event.series_rule_id == rule.id)).all()
    )
    local_now = zones.to_local(now, rule.zone) - timedelta(days=1)
    parsed = Rule.parse(rule.rule)
    if rule.until_at is not None:  # a stretch that was ended makes no more dates
        parsed = parsed.with_until(rule.until_at)
    wanted = parsed.occurrences(rule.starts_local, rule.zone, after=local_now, limit=series.ahead + 2)
    new: list[Event] = []
    coming = 0
    for starts_local in wanted:
        if coming >= series.ahead:
            break
        ends_at = made.get(starts_local)
        if ends_at is None:
            if zones.to_utc_rfc(starts_local, rule.zone)[0] + timedelta(minutes=rule.minutes) <= now:
                continue  # over since yesterday: what nobody made in time is not made afterwards
            event = make_date(session, series, rule, starts_local, host=host, now=now)
            new.append(event)
            ends_at = event.ends_at
        coming += ends_at > now
    return new


def make_date(
    session: Session, series: Series, rule: SeriesRule, starts_local: datetime, *, host: str, now: datetime
) -> Event:
    """Make one date of a series into an event with the series' own title, mode, places and link."""
    return create_event(
        session,
        {
            "slug": _free_slug(session, f"{series.slug[:60]}-{starts_local:%Y-%m-%d}"),
            "community_id": series.community_id,
            "series_id": series.id,
            "series_rule_id": rule.id,
            "original_local": starts_local,
            "title": series.title,
            "summary": series.summary,
            "about": series.about,
            "language": series.language,
            "starts_local": starts_local,
            "ends_local": starts_local + timedelta(minutes=rule.minutes),
            "zone": rule.zone,
            "mode": series.mode,
            "capacity_room": series.capacity_room,
            "capacity_online": series.capacity_online,
            "place_name": series.place_name,
            "place_address": series.place_address,
            "place_map": series.place_map,
            "join_url": series.join_url,
            "status": "published",
            "listing": series.listing,
        },
        host=host,
        now=now,
    )


def _free_slug(session: Session, slug: str) -> str:
    """Give a date's slug, or the next with a number: a date that moved away keeps the slug of its old day."""
    taken = set(session.scalars(select(Event.slug).where(Event.slug.startswith(slug, autoescape=True))))
    old = select(OldSlug.slug).where(OldSlug.kind == "event", OldSlug.slug.startswith(slug, autoescape=True))
    taken |= set(session.scalars(old))
    if slug not in taken:
        return slug
    return next(one for one in (f"{slug}-{number}" for number in count(2)) if one not in taken)


def note_series_change(
    session: Session,
    series: Series,
    kinds: tuple[str, ...],
    before: Mapping[str, Any],
    *,
    now: datetime,
    delay: int,
) -> None:
    """Raise a series' revision and gather what those who come every month are told."""
    series.revision += 1
    series.changed_at = now
    if kinds:
        _gather(session, {"series_id": series.id}, kinds, before, now=now, delay=delay)
