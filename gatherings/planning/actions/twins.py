"""Twin sittings: one gathering in two sittings that share speakers and material, each with its own time and places."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.errors import Conflict, InvalidInput, Problem
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.events.actions import change_event, create_event
from gatherings.events.models import Event
from gatherings.invites.actions import store_blocks
from gatherings.planning.actions.event_parts import free_slug, write_lists
from gatherings.planning.actions.events import Edit, Saved, edit_event, note
from gatherings.planning.queries.events import editable, values_of
from gatherings.questions.models import ConsentText, Question
from gatherings.questions.queries import list_questions

# What both sittings have in common; each keeps its own time, places, meeting link and people.
SHARED = (
    "title", "summary", "about", "language", "theme", "access_notes", "asked_often", "picture_id", "picture_alt",
)  # fmt: skip
_FROM_FIRST = (
    *SHARED, "community_id", "series_id", "umbrella_id", "edition_year", "mode", "place_name", "place_address",
    "place_map", "zone", "listing", "takes_registrations", "status", "registration_opens_at",
)  # fmt: skip
_ASKED = ("key", "position", "type", "label", "help", "required", "options", "only_if", "keep_days")


@dataclass(frozen=True)
class Sitting:
    """What the second sitting has of its own: its start on the first one's clock, its link and its places."""

    starts: datetime
    join_url: str | None = None
    capacity_room: int | None = None
    capacity_online: int | None = None


def make_twin(session: Session, event_id: int, wanted: Sitting, *, by: int, site: Site, now: datetime) -> str:
    """Hold a gathering a second time; give the slug of that sitting. The same press again leads to the same one.

    Draft or published as the first is. Raises InvalidInput for an hour that cannot be or is over, Conflict for a
    gathering that is over, cancelled, or has its two sittings already.
    """
    first = editable(session, event_id, lock=True)
    other = session.get(Event, first.twin_of_id) if first.twin_of_id is not None else None
    if other is not None and other.status != "cancelled":
        if other.starts_local == wanted.starts and other.zone == first.zone:
            return other.slug
        raise Conflict(say("This gathering has two sittings already. You can change the time of the other one."))
    if first.status == "cancelled" or first.all_day or first.approximate:
        raise Conflict(say("Only a gathering with an hour of its own, which takes place, can have a second sitting."))
    if wanted.starts == first.starts_local:
        raise InvalidInput([Problem("starts", say("This is the time of the first sitting. Please choose another."))])
    columns: dict[str, Any] = {name: getattr(first, name) for name in _FROM_FIRST} | {
        "slug": free_slug(session, f"{first.slug[:48].rstrip('-')}-again"),
        "starts_local": wanted.starts,
        "ends_local": wanted.starts + (first.ends_local - first.starts_local),
        "join_url": wanted.join_url if first.mode != "in person" else None,
        "capacity_room": wanted.capacity_room,
        "capacity_online": wanted.capacity_online,
        "twin_of_id": first.id,
    }
    second = create_event(session, columns, host=site.domain, now=now)
    if second.starts_at <= now:
        raise InvalidInput([Problem("starts", say("This is over already. Please choose a time to come."))])
    if other is not None:  # cancelled: should it be held after all, it stands alone
        other.twin_of_id = None
    first.twin_of_id = second.id
    first.edits += 1
    write_lists(session, second.id, _lists(values_of(first)))
    _ask_the_same(session, first, second)
    store_blocks(session, base_url=site.base_url, event_ids=[second.id])
    note(session, second, "create_twin", session.get_one(Person, by), now, of=first.public_id)
    return second.slug


def edit_both(session: Session, event_id: int, edit: Edit, *, by: int, site: Site, now: datetime) -> Saved:
    """Save a form's values as `edit_event` does, and bring what is shared to the other sitting, in one transaction."""
    saved = edit_event(session, event_id, edit, by=by, site=site, now=now)
    share_with_twin(session, session.get_one(Event, event_id), site, now=now)
    return saved


def share_with_twin(session: Session, event: Event, site: Site, *, now: datetime) -> str | None:
    """Bring what both sittings share to the other one, after an edit of `event`; give its slug, None without one.

    A recording follows where the other sitting has none of its own. Nobody is written to: none of it is a time, a
    place, a link or a state.
    """
    if event.twin_of_id is None:
        return None
    mine = editable(session, event.id)
    other = editable(session, event.twin_of_id, lock=True)
    if other.status == "cancelled" or other.twin_of_id != event.id:
        return None
    columns: dict[str, Any] = {name: getattr(mine, name) for name in SHARED}
    if not other.recording_url:
        columns["recording_url"] = mine.recording_url
    changes = {name: value for name, value in columns.items() if getattr(other, name) != value}
    lists = {name: value for name, value in _lists(values_of(mine)).items() if value != values_of(other)[name]}
    if not changes and not lists:
        return None
    write_lists(session, other.id, lists)
    change_event(session, other, changes, now=now, delay=site.change_delay)
    other.edits += 1
    session.flush()
    store_blocks(session, base_url=site.base_url, event_ids=[other.id])
    return other.slug


def _lists(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in ("speakers", "resources")}


def _ask_the_same(session: Session, first: Event, second: Event) -> None:
    """Ask at the second sitting what the first asks, under the same keys: so answers can be carried over."""
    questions = list_questions(session, first)
    ids = {question.public_id: new_public_id() for question in questions}
    for question in questions:
        values: dict[str, Any] = {name: getattr(question, name) for name in _ASKED}
        condition = dict(values["only_if"] or {})
        if condition.get("question") in ids:
            condition["question"] = ids[condition["question"]]
        session.add(Question(**values | {"only_if": condition}, public_id=ids[question.public_id], event_id=second.id))
    own = select(ConsentText).where(ConsentText.event_id == first.id, ConsentText.retired.is_(False))
    for text in session.scalars(own).all():
        session.add(
            ConsentText(event_id=second.id, position=text.position, key=text.key, text=text.text, version=text.version)
        )
    session.flush()
