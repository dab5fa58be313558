"""Organisers make and change an event: nothing that somebody else saved is lost, and nobody is told by accident."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.calls.actions.call import time_call_again
from gatherings.communities.models import Community
from gatherings.config import Site
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.events.actions import change_event, create_event
from gatherings.events.models import Event
from gatherings.events.queries import open_change
from gatherings.events.rules import facts_of
from gatherings.invites.actions import store_blocks
from gatherings.planning.actions.event_parts import (
    above,
    chosen_slug,
    columns_of,
    forget_old_slug,
    list_also,
    refuse_lost_side,
    set_capacities,
    write_lists,
)
from gatherings.planning.queries.events import count_told, editable, values_of
from gatherings.planning.rules.event_values import Difference, changed, differences
from gatherings.planning.rules.telling import SILENT, kinds_told
from gatherings.tickets.actions.kinds import follow_dates


class Overtaken(Conflict):
    """Somebody else saved meanwhile; `rows` say what differs."""

    def __init__(self, rows: Sequence[Difference]) -> None:
        super().__init__(say("Somebody else saved this gathering while you were writing."))
        self.rows = rows


class AskFirst(Conflict):
    """People would be told of a change that nobody has confirmed: `kinds`, and how many `people`.

    `days`: the kinds of ticket that would be for other days then, each with those.
    """

    def __init__(self, kinds: tuple[str, ...], people: int, days: Sequence[tuple[str, Sequence[str]]] = ()) -> None:
        super().__init__(say("People are registered, and would be told of this."))
        self.kinds = kinds
        self.people = people
        self.days = days


@dataclass(frozen=True)
class Saved:
    """What was saved: the event's slug, the changed values by name, how many people are above a capacity, and whether
    tickets for certain days moved along."""

    slug: str
    names: tuple[str, ...] = ()
    above: int = 0
    made: bool = True
    days: bool = False


@dataclass(frozen=True)
class Edit:
    """What a form brings of an event.

    `opened` and `edits` tell the state that it was opened with, `confirmed` the kinds of change whose meaning for
    those registered was shown.
    """

    values: Mapping[str, Any]
    opened: Mapping[str, str]
    edits: int
    confirmed: Collection[str] = ()


def create_draft(
    session: Session, community_id: int, values: Mapping[str, Any], *, key: str, by: int, site: Site, now: datetime
) -> Saved:
    """Make a draft of a form's values; the same form sent again (`key`) leads to the same event."""
    person = session.get_one(Person, by)
    # One at a time for each community, so that two presses at once are one.
    community = session.scalars(select(Community).where(Community.id == community_id).with_for_update()).one()
    public_id = id_from(key, person, community)
    there = session.scalar(select(Event.slug).where(Event.public_id == public_id))
    if there is not None:
        return Saved(there, made=False)
    columns = columns_of(values) | above(session, community_id, values, by, None, now)
    columns |= {
        "slug": chosen_slug(session, values, None),
        "public_id": public_id,
        "community_id": community_id,
        "status": "draft",
        "capacity_room": values["capacity_room"],
        "capacity_online": values["capacity_online"],
    }
    event = create_event(session, columns, host=site.domain, now=now)
    write_lists(session, event.id, values)
    if values["also_listed_by"]:
        list_also(session, event, values["also_listed_by"], by)
    store_blocks(session, base_url=site.base_url, event_ids=[event.id])
    note(session, event, "create_event", person, now)
    return Saved(event.slug)


def id_from(key: str, person: Person, community: Community) -> str:
    """Make the public id of what a form makes, of its key: 128 bits that only who sent the form could have caused."""
    text = f"{key}\n{person.public_id}\n{community.public_id}"
    return hashlib.sha256(text.encode()).hexdigest()[:22]


def edit_event(session: Session, event_id: int, edit: Edit, *, by: int, site: Site, now: datetime) -> Saved:
    """Save a form's values, those that changed.

    Raises Overtaken, AskFirst, and InvalidInput with a problem for each field.
    """
    event = editable(session, event_id, lock=True)
    present = values_of(event)
    wished = {**edit.values, "slug": edit.values.get("slug") or event.slug}
    rows = differences(edit.opened, present, wished, fresh=edit.edits == event.edits)
    if rows:
        raise Overtaken(rows)
    names = changed(present, wished)
    if not names:
        return Saved(event.slug)
    only = {name: wished[name] for name in names}
    if "mode" in only:
        refuse_lost_side(session, event, only["mode"])
    if "slug" in only:
        chosen_slug(session, only, event.id)
        forget_old_slug(session, only["slug"])
    before, times = facts_of(event), (event.starts_local, event.ends_local)
    columns = columns_of(only) | above(session, event.community_id, only, by, event, now)
    if "also_listed_by" in only:
        list_also(session, event, only["also_listed_by"], by)
    write_lists(session, event.id, only)
    change_event(session, event, columns, now=now, delay=site.change_delay, silent=SILENT)
    days: list[tuple[str, list[str]]] = []
    if "time" in only:
        time_call_again(session, event, now=now)
        days = follow_dates(session, event, *times)
    _confirmed(session, event, before, edit.confirmed, days, now=now)
    sides: dict[str, Any] = {name: wished[name] for name in ("capacity_room", "capacity_online") if name in wished}
    over = set_capacities(session, event, sides, site, now=now)
    if "join_url" in only:
        _known_link(session, event)
    _close(session, event, "edit_event", by, site, now=now, fields=names)
    if days:
        moved = event.starts_local.date() - times[0].date()
        note(session, event, "move_ticket_days", session.get_one(Person, by), now, days=abs(moved.days))
    return Saved(event.slug, tuple(names), over, days=bool(days))


def _confirmed(
    session: Session,
    event: Event,
    before: Mapping[str, Any],
    confirmed: Collection[str],
    days: Sequence[tuple[str, Sequence[str]]],
    *,
    now: datetime,
) -> None:
    kinds = kinds_told(before, facts_of(event), now)
    if set(kinds) <= set(confirmed):
        return
    people = count_told(session, event.id)
    if people:
        raise AskFirst(kinds, people, days)


def _known_link(session: Session, event: Event) -> None:
    """Let a change that people have not been told of yet begin from the new link: that is none to write about."""
    change = open_change(session, event_id=event.id)
    if change is not None:
        change.before = {**change.before, "join_url": event.join_url}


def set_meeting_link(
    session: Session, event_id: int, url: str | None, *, by: int, site: Site, now: datetime
) -> tuple[str, ...]:
    """Set where online people are led: without a mail, for invites carry our own way in. `by` is a person's id."""
    event = editable(session, event_id, lock=True)
    if (event.join_url or "") == (url or ""):
        return ()
    change_event(session, event, {"join_url": url or None}, now=now, delay=site.change_delay, silent=SILENT)
    _known_link(session, event)
    _close(session, event, "edit_event", by, site, now=now, fields=["join_url"])
    return ("join_url",)


def _close(
    session: Session, event: Event, action: str, by: int, site: Site, *, now: datetime, fields: Sequence[str]
) -> str:
    event.edits += 1
    session.flush()
    store_blocks(session, base_url=site.base_url, event_ids=[event.id])
    note(session, event, action, session.get_one(Person, by), now, fields=list(fields))
    return event.slug


def note(session: Session, event: Event, action: str, person: Person, now: datetime, **details: Any) -> None:
    """Write what was done to an event into the log."""
    log(
        session,
        actor=person.public_id,
        action=action,
        about=f"event:{event.public_id}",
        community_id=event.community_id,
        now=now,
        **details,
    )
