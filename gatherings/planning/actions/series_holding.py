"""What organisers do to a series: made, edited, published, called off, held again. Each is logged, and told of once."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.audit.models import LogEntry
from gatherings.communities.models import Community
from gatherings.config import Site
from gatherings.core.errors import Conflict, InvalidInput, Problem
from gatherings.core.words import say
from gatherings.events.actions import keep_old_slug, make_dates, touch_communities
from gatherings.events.models import Event, Series
from gatherings.events.rules import kinds_of_change
from gatherings.invites.actions import store_blocks
from gatherings.planning.actions.events import AskFirst, Saved, id_from
from gatherings.planning.actions.series import COLUMNS, change_series
from gatherings.planning.queries.dates import blocked_side, list_following, lock_series
from gatherings.planning.queries.people import people_of_series
from gatherings.planning.queries.slugs import slug_is_taken
from gatherings.planning.rules.conflicts import refuse_overtaken
from gatherings.planning.rules.sides import NO_MOVE
from gatherings.planning.rules.telling import SILENT
from gatherings.registration.jobs import fill_all

EDITED = ("slug", *(name for name in COLUMNS if name != "status"))
_TAKEN = say("Something else has this address already. Please choose another one.")


def create_series(
    session: Session, community_id: int, values: Mapping[str, Any], *, key: str, by: int, now: datetime
) -> Series:
    """Make a series as a draft that nobody else sees, without a rule yet.

    The same form sent again (`key`) leads to the same series. Raises InvalidInput for a slug that is taken.
    """
    person = session.get_one(Person, by)
    # One at a time for each community, so that two presses at once are one.
    community = session.scalars(select(Community).where(Community.id == community_id).with_for_update()).one()
    public_id = id_from(key, person, community)
    there = session.scalars(select(Series).where(Series.public_id == public_id)).one_or_none()
    if there is not None:
        return there
    if slug_is_taken(session, "series", values["slug"]):
        raise InvalidInput([Problem("slug", _TAKEN)])
    series = Series(
        public_id=public_id,
        community_id=community_id,
        status="draft",
        revision=0,
        changed_at=now,
        created_at=now,
        **values,
    )
    series.rules = []
    session.add(series)
    session.flush()
    note(session, series, "create_series", person.public_id, now)
    return series


def edit_series(
    session: Session,
    series_id: int,
    values: Mapping[str, Any],
    site: Site,
    *,
    base: Mapping[str, str],
    confirmed: Collection[str] = (),
    actor: str,
    now: datetime,
) -> Saved:
    """Change what a series says; its coming dates follow, those registered are told once.

    `base` are the values that the form was opened with, `confirmed` the kinds of change whose meaning was shown.
    Raises InvalidInput for a slug that is taken and a mode that would leave people behind, Overtaken and AskFirst.
    """
    series = lock_series(session, series_id)
    present = values_of(series)
    refuse_overtaken(values, present, base)
    changes = {name: value for name, value in values.items() if name in present and value != present[name]}
    fields = sorted(changes)
    if not changes:
        return Saved(series.slug)
    if "slug" in changes:
        if slug_is_taken(session, "series", changes["slug"], but=series.id):
            raise InvalidInput([Problem("slug", _TAKEN)])
        keep_old_slug(session, "series", series.id, series.slug)
        series.slug = changes.pop("slug")
    if "mode" in changes:
        _refuse_mode(session, series, changes["mode"], now)
    _ask_first(session, series, changes, confirmed, now)
    followed = change_series(session, series, changes, site, now=now, silent=SILENT)
    series.edits += 1
    event_ids = followed.event_ids | more_dates(session, series, site, now=now)
    finish(session, series, event_ids, site)
    note(session, series, "edit_series", actor, now, fields=fields)
    return Saved(series.slug, above=len(followed.above))


def values_of(series: Series) -> dict[str, Any]:
    """Give what an edit can set, as it stands."""
    return {name: getattr(series, name) for name in EDITED}


def _ask_first(
    session: Session, series: Series, changes: Mapping[str, Any], confirmed: Collection[str], now: datetime
) -> None:
    if series.status != "published":
        return
    before = {name: getattr(series, name) for name in COLUMNS}
    kinds = tuple(kind for kind in kinds_of_change(before, {**before, **changes}) if kind not in SILENT)
    if set(kinds) <= set(confirmed):
        return
    people = people_of_series(session, series.id, now)
    if people.every or people.singles:
        raise AskFirst(kinds, people.every + people.singles)


def publish_series(session: Session, series_id: int, site: Site, *, actor: str, now: datetime) -> None:
    """Let a draft be seen: its dates are made. Pressed twice, the second changes nothing."""
    series = lock_series(session, series_id)
    if series.status != "draft":
        return
    followed = change_series(session, series, {"status": "published"}, site, now=now)
    event_ids = followed.event_ids | more_dates(session, series, site, now=now)
    finish(session, series, event_ids, site)
    note(session, series, "publish_series", actor, now, dates=len(event_ids))


def unpublish_series(session: Session, series_id: int, site: Site, *, actor: str, now: datetime) -> None:
    """Make a series a draft again, with its coming dates; raises Conflict where anybody is registered."""
    series = lock_series(session, series_id)
    if series.status != "published":
        return
    people = people_of_series(session, series.id, now)
    if people.every or people.singles:
        raise Conflict(say("People are registered for this series. Cancelling it tells them; hiding it does not."))
    followed = change_series(session, series, {"status": "draft"}, site, now=now)
    finish(session, series, followed.event_ids, site)
    note(session, series, "unpublish_series", actor, now)


def cancel_series(session: Session, series_id: int, site: Site, *, actor: str, now: datetime) -> None:
    """Call a series off with all its coming dates; those registered are told once, and their calendars follow."""
    series = lock_series(session, series_id)
    if series.status != "published":
        return
    followed = change_series(session, series, {"status": "cancelled"}, site, now=now)
    finish(session, series, followed.event_ids, site)
    note(session, series, "cancel_series", actor, now, dates=len(followed.event_ids))


def restore_series(session: Session, series_id: int, site: Site, *, actor: str, now: datetime) -> None:
    """Hold a cancelled series after all, with the dates that were called off together with it."""
    series = lock_series(session, series_id)
    if series.status != "cancelled":
        return
    alone = _called_off_alone(session, series)
    followed = change_series(
        session, series, {"status": "published"}, site, now=now, own=lambda date: ["status"] * (date.id in alone)
    )
    event_ids = followed.event_ids | more_dates(session, series, site, now=now)
    finish(session, series, event_ids, site)
    note(session, series, "restore_series", actor, now, dates=len(event_ids))


def more_dates(session: Session, series: Series, site: Site, *, now: datetime) -> set[int]:
    """Make what is missing ahead, and give "every month" its places there; give the ids of the new dates."""
    if series.status != "published" or not series.rules:
        return set()
    new = make_dates(session, series, host=site.domain, now=now)
    if new:
        fill_all(session, series, site, now=now, new=True)
    return {event.id for event in new}


def finish(session: Session, series: Series, event_ids: Iterable[int], site: Site) -> None:
    """Write calendars afresh and let kept pages go: what every change of a series ends with."""
    ids = sorted(event_ids)
    session.flush()
    store_blocks(session, base_url=site.base_url, event_ids=ids, series_ids=[series.id])
    touch_communities(session, ids)
    session.execute(
        update(Community)
        .where(Community.id == series.community_id)
        .values(version=Community.version + 1)
        .execution_options(synchronize_session=False)
    )


def _refuse_mode(session: Session, series: Series, mode: str, now: datetime) -> None:
    for date in list_following(session, series.id):
        following = date.ends_at > now and date.mode == series.mode and date.status != "cancelled"
        side = blocked_side(session, date, mode) if following else None
        if side is not None:
            raise InvalidInput([Problem("mode", NO_MOVE[side])])


def _called_off_alone(session: Session, series: Series) -> set[int]:
    """Give the dates that were not called off together with their series."""
    at = session.scalar(
        select(LogEntry.at)
        .where(LogEntry.about == f"series:{series.public_id}", LogEntry.action == "cancel_series")
        .order_by(LogEntry.id.desc())
        .limit(1)
    )
    off = select(Event.id).where(Event.series_id == series.id, Event.status == "cancelled")
    return set(session.scalars(off if at is None else off.where(Event.cancelled_at != at)))


def note(session: Session, series: Series, action: str, actor: str, now: datetime, **details: Any) -> None:
    """Write what was done to a series into the log."""
    log(
        session, actor=actor, action=action, about=f"series:{series.public_id}", community_id=series.community_id,
        now=now, **details,
    )  # fmt: skip
