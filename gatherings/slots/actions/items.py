"""What organisers do to one thing of a running order: add it, change it, take it out, and take that back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.calls.models import Submission
from gatherings.core.errors import Conflict, InvalidInput, NotFound, Problem
from gatherings.core.words import say
from gatherings.slots.actions.ordering import (
    FULL,
    By,
    changed,
    find_item,
    lock_order,
    new_item,
    number,
    put,
    require_movable,
)
from gatherings.slots.models import Item, RunningOrder
from gatherings.slots.rules import ordering as rules

FIELDS = ("seconds", "title", "speakers", "notes")
_OVERTAKEN = say("Somebody else changed this at the same moment. Please look at it again.")
_TOO_LATE = say("Somebody else changed the order after that, so it was not taken back. This is the order now.")


def values_of(item: Item) -> dict[str, Any]:
    """Give what may be changed of a thing."""
    return {name: getattr(item, name) for name in FIELDS}


def add_item(
    session: Session,
    event_id: int,
    kind: str,
    values: Mapping[str, Any],
    *,
    after: str,
    key: str,
    by: By,
    now: datetime,
) -> str:
    """Put something new after another thing ("": where its kind belongs); give its public id, which is `key`.

    Pressed twice, it is added once. Raises Conflict where there is too much already.
    """
    order = lock_order(session, event_id)
    if any(item.public_id == key for item in order.items):
        return key
    if session.scalar(select(Item.id).where(Item.public_id == key)) is not None:
        raise NotFound()
    if len(order.items) >= rules.MOST_ITEMS:
        raise Conflict(FULL)
    items = list(order.items)
    at = next((index for index, item in enumerate(items, 1) if item.public_id == after), None)
    at = rules.place_for(kind, items) if at is None else max(at, rules.held_until(items))
    item = new_item(kind, values["seconds"], public_id=key, **{name: values[name] for name in FIELDS[1:]})
    items.insert(at, item)
    put(session, order, [item], items)
    changed(session, order, "order_added", by=by, now=now, kind=kind)
    return key


def change_item(
    session: Session,
    event_id: int,
    public_id: str,
    values: Mapping[str, Any],
    *,
    seen: Mapping[str, Any],
    by: By,
    now: datetime,
) -> None:
    """Keep what was typed about a thing that still is as it was seen; raises Conflict, InvalidInput, NotFound."""
    order = lock_order(session, event_id)
    item = find_item(order, public_id)
    present = values_of(item)
    if present == values:
        return
    if present != seen:
        raise Conflict(_OVERTAKEN)
    if values["seconds"] != item.seconds and not rules.movable(item):
        sentence = say("This has begun already. Its length is changed on the live screen.")
        raise InvalidInput([Problem("length", sentence)])
    for name, value in values.items():
        setattr(item, name, value)
    changed(session, order, "order_changed", by=by, now=now)


def remove_item(session: Session, event_id: int, public_id: str, *, by: By, now: datetime) -> bool:
    """Take a thing out of its order; False if it is out already. Who was accepted stays accepted."""
    order = lock_order(session, event_id)
    item = next((one for one in order.items if one.public_id == public_id), None)
    if item is None:
        return False
    require_movable(item)
    index = order.items.index(item)
    kept = {
        **values_of(item),
        "kind": item.kind,
        "submission_id": item.submission_id,
        "recording_url": item.recording_url,
    }
    order.items.remove(item)
    number(order.items)
    session.flush()
    undo = {"kind": "removed", "item": public_id, "index": index, "was": kept}
    changed(session, order, "order_removed", by=by, now=now, undo=undo, kind=str(kept["kind"]))
    return True


def undo_last(session: Session, event_id: int, *, edits: int, by: By, now: datetime) -> str:
    """Take back the last move or removal, if nobody has changed the order since; give the public id of the thing.

    Raises Conflict where somebody has: then nothing happens.
    """
    order = lock_order(session, event_id)
    undo = order.undo
    if not undo or edits != order.edits or undo.get("edits") != order.edits:
        raise Conflict(_TOO_LATE)
    public_id, items = str(undo["item"]), list(order.items)
    if undo["kind"] == "removed":
        _bring_back(session, order, items, undo)
    else:
        item = find_item(order, public_id)
        require_movable(item)
        if undo["kind"] == "given":
            for name, value in undo["was"].items():
                setattr(item, name, value)
        else:
            items.remove(item)
            items.insert(_still_free(undo["index"], items), item)
            number(items)
    session.flush()
    changed(session, order, "order_undone", by=by, now=now)
    return public_id


def _still_free(index: int, rest: list[Item]) -> int:
    if index < rules.held_until(rest):
        raise Conflict(say("The gathering has gone on meanwhile: that place is in what has begun."))
    return index


def _bring_back(session: Session, order: RunningOrder, items: list[Item], undo: Mapping[str, Any]) -> None:
    was = dict(undo["was"])
    if was["submission_id"] is not None and session.get(Submission, was["submission_id"]) is None:
        raise Conflict(_TOO_LATE)
    item = new_item(was.pop("kind"), was.pop("seconds"), public_id=undo["item"], **was)
    items.insert(_still_free(undo["index"], items), item)
    put(session, order, [item], items)
