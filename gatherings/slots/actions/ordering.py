"""What organisers do to a running order: start it, move things in it, place who was accepted, settle it, publish it.

Each action locks the order's row first and changes one thing, so two organisers at once never lose or double a slot:
nobody ever writes a whole list that they saw earlier.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.audit.actions import log
from gatherings.calls.models import Call, Submission
from gatherings.config import Site
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.events.actions import touch_communities
from gatherings.events.models import Event
from gatherings.slots.models import Item, RunningOrder
from gatherings.slots.queries import find_order, list_unplaced
from gatherings.slots.rules import ordering as rules

OFFER = "order"  # the word by which an event's page links to its running order
FULL = say("There are very many things in this order already. Please take one away first.")
_GONE = say("This is not in the order any more. Somebody else took it out meanwhile.")
_BEGAN = say("This has begun already, so it stays where it is. What comes after it can still be moved.")
_PARTED = say("Somebody else changed the order meanwhile, so nothing was moved. This is the order now; please look.")


@dataclass(frozen=True)
class By:
    """Who acts (a person's public id), and the installation's settings that count: how long changes are gathered."""

    actor: str
    site: Site


@dataclass(frozen=True)
class Place:
    """Where something is wanted: between two neighbours as they were seen (public ids, "" for an end), or at a number.

    A number is one of the slots (slots/rules/ordering.py); where it is given, the neighbours do not count.
    """

    after: str = ""
    before: str = ""
    number: int | None = None


@dataclass(frozen=True)
class Moved:
    """What became of a move; `meanwhile`: somebody else had changed the order since it was looked at."""

    item: str
    changed: bool
    meanwhile: bool


def lock_order(session: Session, event_id: int) -> RunningOrder:
    """Read an order for changing it, with its items; others wait until this transaction ends. Raises NotFound."""
    session.execute(select(RunningOrder.id).where(RunningOrder.event_id == event_id).with_for_update())
    order = find_order(session, event_id)
    if order is None:
        raise NotFound()
    return order


def changed(
    session: Session,
    order: RunningOrder,
    action: str,
    *,
    by: By,
    now: datetime,
    undo: Mapping[str, Any] | None = None,
    **numbers: Any,
) -> None:
    """Note a change of an order, whatever it was: every action ends here.

    Raises `edits`; lets the worker look, some minutes after the last change, who must be told; lets pages that are
    kept follow; offers the public page as long as the order is published; writes the log.
    """
    order.edits += 1
    order.changed_at = now
    order.undo = {**undo, "edits": order.edits} if undo else {}
    published = order.published_at is not None
    order.tell_at = now + timedelta(seconds=by.site.change_delay) if published else None
    session.flush()
    _offer(session, order.event_id, published)
    touch_communities(session, [order.event_id])
    event = session.get_one(Event, order.event_id)
    log(
        session, actor=by.actor, action=action, about=f"event:{event.public_id}", community_id=event.community_id,
        now=now, **numbers,
    )  # fmt: skip


def _offer(session: Session, event_id: int, published: bool) -> None:
    event = session.get_one(Event, event_id)
    if (OFFER in event.offers.split()) is published:
        return
    event = session.get_one(Event, event_id, populate_existing=True, with_for_update={"key_share": True})
    offers = {*event.offers.split()} - {OFFER} | ({OFFER} if published else set())
    event.offers = " ".join(sorted(offers))
    session.flush()


def number(items: Sequence[Item]) -> None:
    """Give things their positions, from 1."""
    for position, item in enumerate(items, 1):
        if item.position != position:
            item.position = position


def find_item(order: RunningOrder, public_id: str) -> Item:
    """Give a thing of an order; raises Conflict where it is not in it (any more)."""
    found = next((item for item in order.items if item.public_id == public_id), None)
    if found is None:
        raise Conflict(_GONE)
    return found


def require_movable(item: Item) -> None:
    """Raise Conflict for what has begun or was skipped."""
    if not rules.movable(item):
        raise Conflict(_BEGAN)


# --- start -----------------------------------------------------------------------------------------------------------


def start_order(session: Session, event_id: int, *, by: By, now: datetime) -> bool:
    """Make an event's order of all that is accepted, an opening before and a closing after; False if there is one."""
    event = session.get(Event, event_id, populate_existing=True, with_for_update={"key_share": True})
    if event is None:
        raise NotFound()
    if session.scalar(select(RunningOrder.id).where(RunningOrder.event_id == event_id)) is not None:
        return False
    call = session.scalars(select(Call).where(Call.event_id == event_id)).one_or_none()
    order = RunningOrder(
        public_id=new_public_id(), event_id=event_id, seen_revision=event.revision, changed_at=now, created_at=now,
        edits=0, offset_seconds=0, change_seconds=call.change_seconds if call is not None else 30, undo={},
    )  # fmt: skip
    frame = rules.frame_seconds(call.kept_seconds if call is not None else 0)
    slots = [slot_of(one) for one in list_unplaced(session, event_id)]
    order.items = [new_item("opening", frame), *slots, new_item("closing", frame)]
    number(order.items)
    session.add(order)
    session.flush()
    changed(session, order, "order_started", by=by, now=now, slots=len(slots))
    return True


def new_item(kind: str, seconds: int, **values: Any) -> Item:
    """Make a thing that stands in no order yet."""
    columns: dict[str, Any] = {"public_id": new_public_id(), "title": "", "speakers": "", "notes": "", "skipped": False}
    counted = {"paused_seconds": 0, "extended_seconds": 0, "position": 0}
    return Item(**(columns | counted | {"kind": kind, "seconds": seconds} | values))


def slot_of(submission: Submission) -> Item:
    """Make the slot of a submission, of the length that it asks for."""
    return new_item("slot", submission.seconds, submission_id=submission.id)


# --- move ------------------------------------------------------------------------------------------------------------


def move_item(
    session: Session, event_id: int, public_id: str, place: Place, *, edits: int, by: By, now: datetime
) -> Moved:
    """Move one thing to where it is wanted by somebody who saw the order as it was after `edits` changes.

    On an older state it is still moved where its wanted neighbours stand side by side; else nothing is moved, and
    Conflict says so. Raises Conflict too for what has begun, and for a place among what has begun.
    """
    order = lock_order(session, event_id)
    item = find_item(order, public_id)
    require_movable(item)
    old, meanwhile = order.items.index(item), edits != order.edits
    rest = [one for one in order.items if one is not item]
    if place.number is not None:
        index = None if meanwhile else rules.at_number(order.items, item, place.number)
    else:
        index = rules.between(rest, place.after, place.before)
    if index is None:
        raise Conflict(_PARTED)
    if index < rules.held_until(rest):
        raise Conflict(say("What has begun already stays in front. Please choose a place after it."))
    if index == old:
        return Moved(public_id, False, meanwhile)
    rest.insert(index, item)
    number(rest)
    undo = {"kind": "moved", "item": public_id, "index": old}
    changed(session, order, "order_moved", by=by, now=now, undo=undo, was=old + 1, to=index + 1)
    return Moved(public_id, True, meanwhile)


# --- place who was accepted ------------------------------------------------------------------------------------------


def place_accepted(session: Session, event_id: int, *, only: str | None = None, by: By, now: datetime) -> list[str]:
    """Put those accepted that are not in the order yet before its closing; `only`: one submission (public id)."""
    order = lock_order(session, event_id)
    new = [slot_of(one) for one in list_unplaced(session, event_id) if only in (None, one.public_id)]
    if len(order.items) + len(new) > rules.MOST_ITEMS:
        raise Conflict(FULL)
    if new:
        items = list(order.items)
        at = rules.place_for("slot", items)
        items[at:at] = new
        put(session, order, new, items)
        changed(session, order, "order_placed", by=by, now=now, slots=len(new))
    return [item.public_id for item in new]


def put(session: Session, order: RunningOrder, new: Sequence[Item], items: Sequence[Item]) -> None:
    """Write new things of an order, all numbered as they stand in `items`."""
    for item in new:
        item.order_id = order.id
    number(items)
    session.add_all(new)
    session.flush()


def give_slot(session: Session, event_id: int, public_id: str, submission_id: str, *, by: By, now: datetime) -> None:
    """Give the slot of somebody who is gone to somebody accepted that is not in the order yet; raises Conflict."""
    order = lock_order(session, event_id)
    item = find_item(order, public_id)
    require_movable(item)
    next_one = next((one for one in list_unplaced(session, event_id) if one.public_id == submission_id), None)
    if item.submission is not None and item.submission.public_id == submission_id:
        return  # pressed twice
    if item.submission is None or item.submission.state == "accepted":
        raise Conflict(say("This slot is not free."))
    if next_one is None:
        raise Conflict(say("They are in the order already, or not accepted any more."))
    was = {"submission_id": item.submission_id, "seconds": item.seconds, "notes": item.notes}
    item.submission_id, item.seconds, item.notes = next_one.id, next_one.seconds, ""
    session.flush()
    changed(session, order, "order_given", by=by, now=now, undo={"kind": "given", "item": public_id, "was": was})
