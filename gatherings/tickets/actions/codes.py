"""Codes that buyers type: added, changed, taken out of use, used again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gatherings.core.errors import Conflict, InvalidInput, NotFound, Problem
from gatherings.core.words import say
from gatherings.db import places
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.tickets.actions.selling import Kept, Overtaken, find_event, instant, needed_sale, note, show, wall_clock
from gatherings.tickets.models import Code, Sale
from gatherings.tickets.queries.kinds import find_code, kinds_of
from gatherings.tickets.rules.selling import MOST_CODES, code_problems, window_problems

_PLAIN = ("code", "note", "effect", "value", "kinds", "most_each", "stacks", "early")
CODE = (*_PLAIN, "uses", "opens", "closes")


def code_values(code: Code, zone: str) -> dict[str, Any]:
    """Give a code's values as `save_code` takes them: times on the wall clock of the event's zone."""
    return {name: getattr(code, name) for name in _PLAIN} | {
        "uses": code.places.capacity,
        "opens": wall_clock(code.opens_at, zone),
        "closes": wall_clock(code.closes_at, zone),
    }


def save_code(
    session: Session,
    event_id: int,
    public_id: str,
    values: Mapping[str, Any],
    *,
    edits: int | None,
    by: int,
    now: datetime,
) -> Kept:
    """Add a code (`edits` None; the same public id twice adds one) or change it, of the state that was seen.

    Orders keep what it was when they were made. Raises InvalidInput and Overtaken.
    """
    event = find_event(session, event_id)
    code = find_code(session, event_id, public_id)
    if code is not None:
        places.lock(session, [code.places_id])
    sale = needed_sale(session, event_id)
    code = find_code(session, event_id, public_id)
    if code is None and edits is not None:
        raise NotFound()
    if code is not None and edits is None:
        return Kept(public_id)  # the form of a new one, sent twice
    if code is not None:
        session.refresh(code)
        present = code_values(code, event.zone)
        names = [name for name in CODE if present[name] != values[name]]
        if not names:
            return Kept(public_id)
        if edits != code.edits:
            raise Overtaken(present, code.edits)
    columns = _columns(session, values, event, sale, code)
    if code is None:
        _add(session, event_id, public_id, columns, values["uses"], now)
        note(session, event_id, "add_code", by, now)
        return Kept(public_id, True)
    for name, value in columns.items():
        setattr(code, name, value)
    code.edits += 1
    code.places.capacity = values["uses"]
    session.flush()
    show(session, sale)
    note(session, event_id, "edit_code", by, now, fields=names)
    return Kept(public_id)


def _columns(
    session: Session, values: Mapping[str, Any], event: Event, sale: Sale, code: Code | None
) -> dict[str, Any]:
    kinds = kinds_of(session, event.id, retired=True)
    problems = code_problems(values, sale.currency, [kind.public_id for kind in kinds if kind.hidden])
    opens = instant(values, "opens", "opens_date", event.zone, problems)
    closes = instant(values, "closes", "closes_date", event.zone, problems)
    problems = problems or window_problems(opens, closes, event.ends_at)
    same = select(Code.id).where(Code.event_id == event.id, Code.code == values["code"])
    if session.scalar(same if code is None else same.where(Code.id != code.id)) is not None:
        problems.append(Problem("code", say("There is a code %(code)s already.", code=values["code"])))
    if problems:
        raise InvalidInput(problems)
    named = [kind.public_id for kind in kinds if kind.public_id in values["kinds"]]
    return {name: values[name] for name in ("code", "note", "effect", "most_each", "stacks", "early")} | {
        "value": values["value"] if values["effect"] in ("percent", "fixed") else 0,
        "kinds": named,
        "opens_at": opens,
        "closes_at": closes,
    }


def _add(
    session: Session, event_id: int, public_id: str, columns: Mapping[str, Any], uses: int | None, now: datetime
) -> None:
    if (session.scalar(select(func.count(Code.id)).where(Code.event_id == event_id)) or 0) >= MOST_CODES:
        raise Conflict(
            say("There are %(most)s codes already. Please use one code for several people.", most=MOST_CODES)
        )
    pool = Places(capacity=uses)
    session.add(pool)
    session.flush()
    session.add(Code(public_id=public_id, event_id=event_id, places_id=pool.id, created_at=now, **columns))
    session.flush()


def remove_code(session: Session, event_id: int, public_id: str, *, by: int, now: datetime) -> str:
    """Delete a code that nobody ever used ("deleted"), or take it out of use ("retired")."""
    code = find_code(session, event_id, public_id)
    if code is None:
        return "deleted"  # pressed twice
    pool = places.lock(session, [code.places_id])[code.places_id]
    needed_sale(session, event_id)
    if pool.turns:  # it was used once, though perhaps not any more
        if not code.retired:
            code.retired, code.edits = True, code.edits + 1
            note(session, event_id, "retire_code", by, now)
        session.flush()
        return "retired"
    session.delete(code)
    session.flush()
    session.delete(pool)
    session.flush()
    note(session, event_id, "delete_code", by, now)
    return "deleted"


def use_again(session: Session, event_id: int, public_id: str, *, by: int, now: datetime) -> None:
    """Let a retired code be used again."""
    needed_sale(session, event_id)
    code = find_code(session, event_id, public_id)
    if code is None:
        raise NotFound()
    if not code.retired:
        return
    code.retired, code.edits = False, code.edits + 1
    session.flush()
    note(session, event_id, "reuse_code", by, now)
