"""Reads of the run of show: an event, its order and how it stands, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from gatherings.calls.models import CoPresenter, Submission
from gatherings.communities.models import Community
from gatherings.events.models import Event
from gatherings.live.models import Run
from gatherings.live.rules.shown import WAITING, Part, State
from gatherings.slots.models import Item, RunningOrder
from gatherings.slots.queries import find_order
from gatherings.slots.rules.timing import Timed, plan


@dataclass(frozen=True)
class Facts:
    """What screens say of the event and its order."""

    id: int
    public_id: str
    slug: str
    title: str
    zone: str
    status: str
    starts_at: datetime
    ends_at: datetime
    community_id: int
    community: str
    community_slug: str
    accent: str
    order_id: int
    published_at: datetime | None  # when the running order was published
    host_name: str


@dataclass(frozen=True)
class Held:
    """An event with its running order as planned, and how its run stands."""

    event: Facts
    plan: tuple[Timed[Part], ...]
    run: State


_GONE = ("withdrawn", "declined")  # nobody waits for their yes
_RUN = (
    Run.state,
    Run.item_id,
    Run.item_since,
    Run.item_extended,
    Run.paused_at,
    Run.turn,
    Run.pressed_by,
    Run.pressed,
    Run.pressed_at,
    Run.ended_at,
    Run.rehearsal,
)
_ITEM = (
    Item.id.label("item"),
    Item.public_id.label("item_public_id"),
    Item.kind,
    Item.seconds,
    Item.title.label("item_title"),
    Item.speakers,
    Item.notes,
    Item.began_at,
    Item.ended_at.label("item_ended_at"),
    Item.paused_seconds,
    Item.extended_seconds,
    Item.skipped,
    Submission.public_id.label("submission"),
    Submission.title.label("submission_title"),
    Submission.name,
    Submission.pronunciation,
    Submission.state.label("decided"),
    Submission.told,
    Submission.erased_at,
    CoPresenter.name.label("other"),
)
_EVENT = (
    Event.id,
    Event.public_id,
    Event.slug,
    Event.title,
    Event.zone,
    Event.status,
    Event.starts_at,
    Event.ends_at,
    Event.community_id,
    Community.name.label("community"),
    Community.slug.label("community_slug"),
    Community.accent,
    RunningOrder.id.label("order_id"),
    RunningOrder.offset_seconds,
    RunningOrder.change_seconds,
    RunningOrder.published_at,
    RunningOrder.host_name,
)


def _reading(where: ColumnElement[bool]) -> Select[Any]:
    columns: tuple[Any, ...] = (*_EVENT, *_RUN, *_ITEM)
    return (
        select(*columns)
        .join_from(Event, Community, Community.id == Event.community_id)
        .join(RunningOrder, RunningOrder.event_id == Event.id)
        .outerjoin(Run, Run.order_id == RunningOrder.id)
        .outerjoin(Item, Item.order_id == RunningOrder.id)
        .outerjoin(Submission, Submission.id == Item.submission_id)
        .outerjoin(CoPresenter, CoPresenter.submission_id == Submission.id)
        .where(where)
        .order_by(Item.position, Item.id, CoPresenter.id)
    )


def find_held(session: Session, slug: str, *, for_hosts: bool = False) -> Held | None:
    """Read an event's running order and run by the event's slug; None where it has none. One statement.

    `for_hosts` puts in what other screens never show: notes, pronunciation, and whose slot it is where no letter has
    told them so (any more).
    """
    return _held(session.execute(_reading(Event.slug == slug)).all(), for_hosts)


def held_of(session: Session, event_id: int, *, for_hosts: bool = False) -> Held | None:
    """Read an event's running order and run by the event's number; see find_held."""
    return _held(session.execute(_reading(Event.id == event_id)).all(), for_hosts)


def _held(rows: Sequence[Row[Any]], for_hosts: bool) -> Held | None:
    if not rows:
        return None
    first = rows[0]
    facts = Facts(**{name: getattr(first, name) for name in Facts.__dataclass_fields__})
    parts = [_part(list(of_one), for_hosts) for item, of_one in groupby(rows, lambda row: row.item) if item is not None]
    begins_at = first.starts_at + timedelta(seconds=first.offset_seconds)
    return Held(facts, tuple(plan(parts, begins_at, first.change_seconds)), _state(first))


def _part(rows: list[Row[Any]], for_hosts: bool) -> Part:
    """Make one thing of its rows: one for each co-presenter, or a single one."""
    row = rows[0]
    names = [row.name, *(one.other for one in rows if one.other is not None)]
    own = row.submission is None
    hidden = not (own or for_hosts or _is_told(row))
    return Part(
        id=row.item,
        public_id=row.item_public_id,
        kind=row.kind,
        title="" if hidden else row.item_title if own else row.submission_title,
        speakers="" if hidden else row.speakers if own else ", ".join(names),
        seconds=row.seconds,
        submission_id=row.submission,
        notes=row.notes if for_hosts else "",
        pronunciation=(row.pronunciation or "") if for_hosts else "",
        began_at=row.began_at,
        ended_at=row.item_ended_at,
        paused_seconds=row.paused_seconds,
        extended_seconds=row.extended_seconds,
        skipped=row.skipped,
        gone=not own and row.decided != "accepted",
    )


def _is_told(row: Row[Any]) -> bool:
    """Tell whether everybody may know whose slot it is: as on the public running order (slots/public.py)."""
    return (row.decided, row.told) == ("accepted", "accepted") and row.erased_at is None


def _state(row: Row[Any]) -> State:
    if row.state is None:
        return State()
    return State(
        state=row.state,
        item_id=row.item_id if row.state != WAITING else None,
        item_since=row.item_since,
        item_extended=row.item_extended,
        paused_at=row.paused_at,
        turn=row.turn,
        pressed_by=row.pressed_by,
        pressed=row.pressed,
        pressed_at=row.pressed_at,
        ended_at=row.ended_at,
        rehearsal=row.rehearsal,
    )


def in_rehearsal(session: Session, event_id: int) -> bool:
    """Tell whether an event's run of show is a rehearsal that has begun and is not forgotten yet."""
    runs = select(Run.id).join(RunningOrder, RunningOrder.id == Run.order_id)
    tried = runs.where(RunningOrder.event_id == event_id, Run.rehearsal.is_(True), Run.state != WAITING)
    return session.scalar(tried) is not None


def find_planned(session: Session, event_id: int) -> tuple[RunningOrder | None, bool]:
    """Read an event's running order to look at, and whether a rehearsal is on: then nothing in it has really begun.

    What the rehearsal wrote is hidden from whoever reads the order here, and stays in the database.
    """
    order, tried = find_order(session, event_id), in_rehearsal(session, event_id)
    if order is not None and tried:
        for item in order.items:
            for name, value in {"began_at": None, "ended_at": None, "skipped": False}.items():
                set_committed_value(item, name, value)
    return order, tried


def list_unconfirmed(session: Session, order_id: int) -> list[str]:
    """Give the names of presenters in an order who have not confirmed their slot yet."""
    found = session.scalars(
        select(Submission.name)
        .join(Item, Item.submission_id == Submission.id)
        .where(Item.order_id == order_id, Submission.confirmed_at.is_(None), ~Submission.state.in_(_GONE))
        .order_by(Item.position, Item.id)
    )
    return list(found)
