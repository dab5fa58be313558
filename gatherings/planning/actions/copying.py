"""An event copied to another date, and next year's edition: drafts to look at, with everything but the people."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.calls.actions.copying import copy_call
from gatherings.communities.models import Community
from gatherings.config import Site
from gatherings.core import zones
from gatherings.core.errors import InvalidInput, Problem
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.events.actions import create_event
from gatherings.events.models import CoListing, Event
from gatherings.events.rules import derive
from gatherings.invites.actions import store_blocks
from gatherings.planning.actions.event_parts import free_slug, write_lists
from gatherings.planning.actions.events import Saved, id_from, note
from gatherings.planning.queries.events import RESOURCE_FIELDS, SPEAKER_FIELDS, editable, editing_roles
from gatherings.planning.rules.slugs import slug_of, title_for_year, with_year
from gatherings.questions.models import ConsentText, Question
from gatherings.tickets.actions.copying import copy_sale

_COPIED = (
    "title", "summary", "about", "language", "zone", "all_day", "mode", "place_name", "place_address", "place_map",
    "join_url", "access_notes", "asked_often", "listing", "takes_registrations", "picture_id", "picture_alt",
)  # fmt: skip
_QUESTION = ("key", "position", "type", "label", "help", "required", "options", "only_if", "keep_days", "retired")
_CONSENT = ("key", "position", "text", "version", "retired")


def copy_event(
    session: Session, event_id: int, starts: datetime, *, key: str, by: int, site: Site, now: datetime
) -> Saved:
    """Copy an event to another start (its own wall clock) as a one-off draft; the same form twice makes one copy.

    It is listed by, and part of, what is another community's only where `by` may edit there, too.
    """
    source = editable(session, event_id)
    person, made, public_id = _made(session, source.community_id, key, by)
    if made is not None:
        return Saved(made, made=False)
    days = (starts.date() - source.starts_local.date()).days
    times = _times(source, days, starts)
    slug = free_slug(session, slug_of(source.title, starts.date()))
    mine, umbrella = _mine(session, by), source.umbrella
    own: dict[str, Any] = {"slug": slug, "theme": source.theme}
    own["umbrella_id"] = umbrella.id if umbrella is not None and umbrella.community_id in mine else None
    event = _copy(session, source, times, own, public_id, days, site, now=now)
    _copy_lists(session, source, event, mine, speakers=True)
    store_blocks(session, base_url=site.base_url, event_ids=[event.id])
    note(session, event, "copy_event", person, now, copied=source.public_id)
    return Saved(event.slug)


def next_edition(
    session: Session,
    event_id: int,
    first_day: date,
    *,
    below: bool,
    speakers: bool,
    key: str,
    by: int,
    site: Site,
    now: datetime,
) -> Saved:
    """Make next year's edition of an event as a draft, moved to `first_day`; `below`: with what is held under it.

    What is held under it moves by as many days, so that each stays on its weekday; what another community holds there
    is that community's to copy.
    """
    source = editable(session, event_id)
    person, made, public_id = _made(session, source.community_id, key, by)
    if made is not None:
        return Saved(made, made=False)
    days = (first_day - source.starts_local.date()).days
    mine = _mine(session, by)
    event = _edition(session, source, days, public_id, mine, speakers=speakers, site=site, now=now)
    ids = [event.id]
    for one in _list_below(session, event_id, mine) if below else []:
        local = _edition(session, editable(session, one), days, None, mine, speakers=speakers, site=site, now=now)
        local.umbrella_id = event.id
        ids.append(local.id)
    session.flush()
    store_blocks(session, base_url=site.base_url, event_ids=ids)
    note(session, event, "copy_event", person, now, copied=source.public_id, below=len(ids) - 1)
    return Saved(event.slug)


def _made(session: Session, community_id: int, key: str, by: int) -> tuple[Person, str | None, str]:
    person = session.get_one(Person, by)
    community = session.scalars(select(Community).where(Community.id == community_id).with_for_update()).one()
    public_id = id_from(key, person, community)
    return person, session.scalar(select(Event.slug).where(Event.public_id == public_id)), public_id


def _mine(session: Session, by: int) -> set[int]:
    return {community.id for community in editing_roles(session, by)}


def _list_below(session: Session, event_id: int, mine: Collection[int]) -> list[int]:
    found = select(Event.id).where(
        Event.umbrella_id == event_id, Event.status != "cancelled", Event.community_id.in_(mine)
    )
    return list(session.scalars(found.order_by(Event.starts_at)))


def _edition(
    session: Session,
    source: Event,
    days: int,
    public_id: str | None,
    mine: Collection[int],
    *,
    speakers: bool,
    site: Site,
    now: datetime,
) -> Event:
    old = source.edition_year or source.starts_local.year
    new = old + max(1, (source.starts_local + timedelta(days=days)).year - source.starts_local.year)
    own: dict[str, Any] = {
        "slug": free_slug(session, with_year(source.slug, old, new)),
        "title": title_for_year(source.title, old, new),
        "series_id": source.series_id if source.series_rule_id is None else None,
        "edition_year": new if source.edition_year is not None else None,
    }
    event = _copy(session, source, _times(source, days, None), own, public_id, days, site, now=now)
    _copy_lists(session, source, event, mine, speakers=speakers)
    return event


def _times(source: Event, days: int, starts: datetime | None) -> tuple[datetime, datetime]:
    """Give the moved wall-clock times; raises InvalidInput where the clocks skip or repeat them."""
    begins = starts or source.starts_local + timedelta(days=days)
    ends = begins + (source.ends_local - source.starts_local)
    try:
        derive(begins, ends, source.zone)
    except InvalidInput as refusal:
        said = say("%(title)s: %(why)s", title=source.title, why=refusal.sentence)
        raise InvalidInput([Problem("day", said)]) from None
    except OverflowError:
        raise InvalidInput([Problem("day", say("This date is too far away. Please choose another year."))]) from None
    return begins, ends


def _copy(
    session: Session,
    source: Event,
    times: tuple[datetime, datetime],
    own: dict[str, Any],
    public_id: str | None,
    days: int,
    site: Site,
    *,
    now: datetime,
) -> Event:
    columns = {name: getattr(source, name) for name in _COPIED} | {
        "community_id": source.community_id,
        "starts_local": times[0],
        "ends_local": times[1],
        "registration_opens_at": _moved(source.registration_opens_at, source.zone, days),
        "registration_closes_at": _moved(source.registration_closes_at, source.zone, days),
        "capacity_room": source.room.capacity if source.room else None,
        "capacity_online": source.online.capacity if source.online else None,
        "status": "draft",
        "public_id": public_id,
    }
    event = create_event(session, columns | own, host=site.domain, now=now)
    copy_call(session, source.id, event, days, now=now)
    copy_sale(session, source, event, days, now=now)
    return event


def _moved(at: datetime | None, zone: str, days: int) -> datetime | None:
    """Move an instant by days on the wall clock of its zone."""
    if at is None:
        return None
    return zones.to_utc_rfc(zones.to_local(at, zone) + timedelta(days=days), zone)[0]


def _copy_lists(session: Session, source: Event, event: Event, mine: Collection[int], *, speakers: bool) -> None:
    lists: dict[str, Any] = {
        "resources": [{name: getattr(one, name) for name in RESOURCE_FIELDS} for one in source.resources]
    }
    if speakers:
        lists["speakers"] = [{name: getattr(one, name) for name in SPEAKER_FIELDS} for one in source.speakers]
    write_lists(session, event.id, lists)
    listed = [one.id for one in source.also_listed_by if one.id in mine]
    session.add_all(CoListing(event_id=event.id, community_id=one) for one in listed)
    asked = Question.event_id == source.id
    if source.series_rule_id is not None:  # what its series asks is asked at its dates
        asked = asked | (Question.series_id == source.series_id)
    for question in session.scalars(select(Question).where(asked, Question.retired.is_(False))):
        values = {name: getattr(question, name) for name in _QUESTION}
        session.add(Question(public_id=new_public_id(), event_id=event.id, **values))
    for text in session.scalars(select(ConsentText).where(ConsentText.event_id == source.id)):
        session.add(ConsentText(event_id=event.id, **{name: getattr(text, name) for name in _CONSENT}))
    session.flush()


def count_below(session: Session, event_id: int, by: int) -> int:
    """Count what would be copied along with an umbrella by somebody."""
    return len(_list_below(session, event_id, _mine(session, by)))
