"""A call is written, opened and closed by organisers; nothing that somebody else saved is lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.calls.models import Call, Submission
from gatherings.calls.rules.call import ASKS, CallState, asks_of, problems_of, state_of
from gatherings.core import zones
from gatherings.core.errors import Conflict, InvalidInput, NotFound, Problem
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.events.actions import touch_communities
from gatherings.events.models import Event
from gatherings.events.offering import set_offer

COLUMNS = (
    "opens_local", "closes_local", "slot_seconds", "least_seconds", "most_seconds", "places", "change_seconds",
    "kept_seconds", "words_a_minute", "intro", "contact",
)  # fmt: skip
_NONE = say("There is no call for this gathering yet. Please write one first.")
_OVER = say("This gathering is over, so nothing can be offered for it any more.")
_CANCELLED = say("This gathering is cancelled. Publish it again if it takes place after all.")
_LATER = say("This is in the past. Please choose a later time, so that people can offer something.")
_BEYOND = say("The call should close before the gathering is over.")
_SENT = say("People have sent something already, so this cannot be a draft again. Close the call instead.")


class Overtaken(Conflict):
    """Somebody else saved meanwhile: `present` are the values as they stand, of the state `edits`."""

    def __init__(self, present: Mapping[str, Any], edits: int) -> None:
        super().__init__(say("Somebody else saved this call while you were writing."))
        self.present = present
        self.edits = edits


@dataclass(frozen=True)
class Saved:
    """What was saved: whether the call is new, and the names of the values that changed."""

    made: bool
    names: tuple[str, ...] = ()


def values_of(call: Call) -> dict[str, Any]:
    """Give a call's values as `save_call` takes them: its columns, and `asks_…` for each thing that can be asked."""
    asks = {f"asks_{name}": value for name, value in asks_of(call).items()}
    return {name: getattr(call, name) for name in COLUMNS} | asks


def save_call(
    session: Session, event_id: int, values: Mapping[str, Any], *, edits: int | None, by: int, now: datetime
) -> Saved:
    """Write the call of an event, as a draft at first; `edits`: the state that the form was opened with, None for none.

    What is accepted stays accepted, also where there are fewer places or minutes than before (rules: shortfall).
    Raises InvalidInput with a problem for each field, and Overtaken.
    """
    event = _locked_event(session, event_id)
    call = _locked(session, event_id)
    instants = _instants(event, values)
    columns = {name: values[name] for name in COLUMNS} | instants
    columns["asks"] = {name: values[f"asks_{name}"] for name in ASKS}
    if call is None:
        session.add(Call(public_id=new_public_id(), event_id=event_id, state="draft", created_at=now, **columns))
        session.flush()
        _note(session, event, "write_call", by, now)
        return Saved(made=True)
    present = values_of(call)
    names = tuple(name for name, value in values.items() if present[name] != value)
    if not names:
        return Saved(made=False)
    if edits != call.edits:
        raise Overtaken(present, call.edits)
    # Each accepted slot counts one change-over (calls/rules/call.py): with another one, all of them do.
    call.accepted_seconds += call.accepted * (columns["change_seconds"] - call.change_seconds)
    for name, value in columns.items():
        setattr(call, name, value)
    call.edits += 1
    session.flush()
    if call.state == "published":
        set_offer(session, event_id, "call", True)
    _note(session, event, "edit_call", by, now, fields=list(names))
    return Saved(made=False, names=names)


def publish_call(session: Session, event_id: int, *, by: int, now: datetime) -> None:
    """Let everybody see a call; it opens by itself. Raises Conflict where nobody could offer anything any more."""
    event, call = _both(session, event_id)
    if call.state == "published":
        return  # pressed twice
    _refuse_over(event, now)
    if call.closes_at <= now:
        raise Conflict(_LATER)
    call.state = "published"
    _close(session, event, call, "publish_call", by, now)


def unpublish_call(session: Session, event_id: int, *, by: int, now: datetime) -> None:
    """Make a call a draft again; raises Conflict where somebody has sent something."""
    event, call = _both(session, event_id)
    if call.state == "draft":
        return
    if session.scalar(select(exists().where(Submission.call_id == call.id, Submission.state != "draft"))):
        raise Conflict(_SENT)
    call.state = "draft"
    _close(session, event, call, "unpublish_call", by, now)


def close_call(session: Session, event_id: int, *, by: int, now: datetime) -> None:
    """Close an open call at this second; one that is not open stays as it is."""
    event, call = _both(session, event_id)
    if state_of(call, event, now) is not CallState.OPEN:
        return
    at = now.replace(microsecond=0)
    call.closes_at, call.closes_local = at, zones.to_local(at, event.zone)
    _close(session, event, call, "close_call", by, now)


def reopen_call(session: Session, event_id: int, closes_local: datetime, *, by: int, now: datetime) -> None:
    """Open a call again, until a wall-clock time in the event's zone; raises InvalidInput with problems of `closes`."""
    event, call = _both(session, event_id)
    _refuse_over(event, now)
    try:
        closes_at = zones.to_utc(closes_local, event.zone)
    except zones.LocalTimeProblem as problem:
        raise InvalidInput([Problem("closes", problem.sentence)]) from None
    if closes_at <= now:
        raise InvalidInput([Problem("closes", _LATER)])
    if closes_at > event.ends_at:
        raise InvalidInput([Problem("closes", _BEYOND)])
    if call.state == "published" and call.closes_at == closes_at:
        return
    call.state, call.closes_local, call.closes_at = "published", closes_local, closes_at
    if call.opens_at >= closes_at:
        call.opens_at = now.replace(microsecond=0)
        call.opens_local = zones.to_local(call.opens_at, event.zone)
    _close(session, event, call, "reopen_call", by, now)


def time_call_again(session: Session, event: Event, *, now: datetime) -> bool:
    """Derive a call's coming instants anew where its event's zone, or the rules of that zone, have changed.

    A time that is a gap or fold there follows RFC 5545 3.3.5. Tells whether anything moved; what is past stays.
    """
    call = _locked(session, event.id)
    before = (call.opens_at, call.closes_at) if call is not None else ()
    for name in ("opens", "closes") if call is not None else ():
        at = zones.to_utc_rfc(getattr(call, f"{name}_local"), event.zone)[0]
        if getattr(call, f"{name}_at") > now:
            setattr(call, f"{name}_at", at)
    session.flush()
    return call is not None and before != (call.opens_at, call.closes_at)


def time_calls_again(session: Session, *, now: datetime) -> int:
    """Derive the instants of all coming calls anew under the present zone rules; return how many moved."""
    coming = select(Event).join(Call, Call.event_id == Event.id).where(Event.ends_at > now).order_by(Event.id)
    moved = [event.id for event in session.scalars(coming) if time_call_again(session, event, now=now)]
    if moved:
        touch_communities(session, moved)
    return len(moved)


def _instants(event: Event, values: Mapping[str, Any]) -> dict[str, datetime]:
    problems, found = [], {}
    for name in ("opens", "closes"):
        try:
            found[f"{name}_at"] = zones.to_utc(values[f"{name}_local"], event.zone)
        except zones.LocalTimeProblem as problem:
            problems.append(Problem(name, problem.sentence))
    problems += problems_of(values)
    if not problems and found["closes_at"] > event.ends_at:
        problems.append(Problem("closes", _BEYOND))
    if problems:
        raise InvalidInput(problems)
    return found


def _locked_event(session: Session, event_id: int) -> Event:
    found = select(Event).where(Event.id == event_id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(found).one()


def _locked(session: Session, event_id: int) -> Call | None:
    found = select(Call).where(Call.event_id == event_id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(found).one_or_none()


def _both(session: Session, event_id: int) -> tuple[Event, Call]:
    event, call = _locked_event(session, event_id), _locked(session, event_id)
    if call is None:
        raise NotFound(_NONE)
    return event, call


def _refuse_over(event: Event, now: datetime) -> None:
    if event.status == "cancelled":
        raise Conflict(_CANCELLED)
    if event.ends_at <= now:
        raise Conflict(_OVER)


def _close(session: Session, event: Event, call: Call, action: str, by: int, now: datetime) -> None:
    call.edits += 1
    session.flush()
    set_offer(session, event.id, "call", call.state == "published")
    _note(session, event, action, by, now)


def _note(session: Session, event: Event, action: str, by: int, now: datetime, **details: Any) -> None:
    log(
        session,
        actor=session.get_one(Person, by).public_id,
        action=action,
        about=f"event:{event.public_id}",
        community_id=event.community_id,
        now=now,
        **details,
    )
