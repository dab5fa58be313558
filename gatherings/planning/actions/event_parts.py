"""What making and changing an event share: values become columns, lists are written afresh, wishes are checked."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gatherings.communities.models import Community
from gatherings.config import Site
from gatherings.core.errors import InvalidInput, Problem
from gatherings.core.words import say
from gatherings.db.places import Places
from gatherings.events import search
from gatherings.events.actions import touch_communities
from gatherings.events.models import CoListing, Event, OldSlug, Resource, Speaker
from gatherings.planning.queries import events as queries
from gatherings.planning.queries.dates import blocked_side
from gatherings.planning.rules.sides import NO_MOVE, SIDES
from gatherings.planning.rules.slugs import is_slug, slug_of
from gatherings.registration.actions import set_capacity

_COLUMNS = (
    "title", "summary", "about", "language", "approximate", "mode", "takes_registrations", "access_notes", "listing",
    "slug", "edition_year", "asked_often",
)  # fmt: skip
_OR_NONE = ("place_name", "place_address", "place_map", "join_url", "recording_url", "theme")
_INSTANTS = ("registration_opens_at", "registration_closes_at")


def columns_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn values into columns; lists, capacities and what belongs above an event are left out."""
    columns: dict[str, Any] = {name: values[name] for name in _COLUMNS if name in values}
    columns |= {name: values[name] or None for name in _OR_NONE if name in values}
    columns |= {
        name: datetime.fromisoformat(values[name]) if values[name] else None for name in _INSTANTS if name in values
    }
    if "time" in values:
        time = values["time"]
        columns["starts_local"] = datetime.fromisoformat(time["starts"])
        columns["ends_local"] = datetime.fromisoformat(time["ends"])
        columns["zone"], columns["all_day"] = time["zone"], time["all_day"]
    return columns


def above(
    session: Session, community_id: int, values: Mapping[str, Any], person_id: int, event: Event | None, now: datetime
) -> dict[str, Any]:
    """Give the columns of what an event belongs to, those among the values; raises InvalidInput for what cannot be."""
    columns: dict[str, Any] = {}
    if "umbrella" in values:
        columns["umbrella_id"] = _umbrella_id(session, values["umbrella"], person_id, event, now)
    if "series" in values and (event is None or event.series_rule_id is None):
        present = event.series_id if event is not None else None
        offered = {one.slug: one.id for one in queries.edition_series(session, community_id, present)}
        if values["series"] and values["series"] not in offered:
            raise InvalidInput([Problem("series", say("Please choose one of these."))])
        columns["series_id"] = offered[values["series"]] if values["series"] else None
    return columns


def _umbrella_id(session: Session, slug: str, person_id: int, event: Event | None, now: datetime) -> int | None:
    if not slug:
        return None
    if event is not None and (queries.has_below(session, event.id) or event.series_rule_id is not None):
        raise InvalidInput([Problem("umbrella", say("Something is held under this gathering already."))])
    mine = [community.id for community in queries.editing_roles(session, person_id)]
    offered = queries.umbrella_choices(
        session,
        mine,
        now=now,
        but=event.id if event is not None else None,
        present=event.umbrella_id if event is not None else None,
    )
    found = next((one.id for one in offered if one.slug == slug), None)
    if found is None:
        raise InvalidInput([Problem("umbrella", say("Please choose one of these."))])
    return found


def chosen_slug(session: Session, values: Mapping[str, Any], event_id: int | None) -> str:
    """Give the slug that is wished, or a free one made of the title; raises InvalidInput for one that is taken."""
    wished = values.get("slug") or ""
    if wished:
        if not is_slug(wished) or not queries.slug_is_free(session, wished, event_id):
            raise InvalidInput(
                [Problem("slug", say("Another gathering has this address, or once had it. Please choose another one."))]
            )
        return str(wished)
    day = datetime.fromisoformat(values["time"]["starts"]).date()
    return free_slug(session, slug_of(values["title"], day))


def free_slug(session: Session, slug: str) -> str:
    """Give a slug, or the next one with a number."""
    taken = queries.taken_slugs(session, slug)
    return next(one for one in (slug, *(f"{slug}-{number}" for number in range(2, len(taken) + 3))) if one not in taken)


def forget_old_slug(session: Session, slug: str) -> None:
    """Let a slug that an event takes back stop redirecting to itself."""
    session.execute(delete(OldSlug).where(OldSlug.kind == "event", OldSlug.slug == slug))


def refuse_lost_side(session: Session, event: Event, mode: str) -> None:
    """Refuse a mode without a side that somebody holds a place at, or waits for; raises InvalidInput."""
    side = blocked_side(session, event, mode)
    if side is not None:
        raise InvalidInput([Problem("mode", NO_MOVE[side])])


def set_capacities(session: Session, event: Event, values: Mapping[str, Any], site: Site, *, now: datetime) -> int:
    """Bring the sides that an event has to the capacities wished; return how many people are above them now."""
    over = 0
    for side, modes in SIDES.items():
        pool_id = event.pool_at(side)
        if f"capacity_{side}" not in values or event.mode not in modes or pool_id is None:
            continue
        wished = values[f"capacity_{side}"]
        if session.get_one(Places, pool_id).capacity != wished:
            over += set_capacity(session, event, side, wished, site, now=now)
    return over


def write_lists(session: Session, event_id: int, values: Mapping[str, Any]) -> None:
    """Write an event's speakers and resources afresh, those that are among the values."""
    for name, model in (("speakers", Speaker), ("resources", Resource)):
        if name in values:
            session.execute(delete(model).where(model.event_id == event_id))
            places = count()
            session.add_all(model(event_id=event_id, position=next(places), **one) for one in values[name])
    session.flush()
    if "speakers" in values:
        search.renew(session, [event_id])


def list_also(session: Session, event: Event, slugs: Iterable[str], person_id: int) -> None:
    """Have an event listed by other communities too: those in which somebody may edit; what others list stays."""
    mine = {one.slug: one.id for one in queries.editing_roles(session, person_id) if one.id != event.community_id}
    present = dict(
        session.execute(
            select(Community.slug, Community.id)
            .join(CoListing, CoListing.community_id == Community.id)
            .where(CoListing.event_id == event.id)
        ).all()
    )
    wished = set(slugs)
    if not wished <= set(mine) | set(present):
        raise InvalidInput([Problem("also_listed_by", say("Please choose one of these."))])
    kept = {slug for slug in present if slug in wished or slug not in mine}
    touch_communities(session, [event.id])  # those that list it no longer, too
    for slug in set(present) - kept:
        session.execute(
            delete(CoListing)
            .where(CoListing.event_id == event.id, CoListing.community_id == present[slug])
            .execution_options(synchronize_session=False)
        )
    session.add_all(CoListing(event_id=event.id, community_id=mine[slug]) for slug in sorted(wished - set(present)))
    session.flush()
    search.renew(session, [event.id])
    touch_communities(session, [event.id])
