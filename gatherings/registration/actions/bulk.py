"""Several registrations at once: what was asked waits for 60 seconds with Undo, then the worker does it in batches.

Nothing happens to anybody before. Undo and the worker ask for the same row in one guarded statement: one of them has
it. Each batch is one transaction with how far it came, so that a killed worker does nobody twice.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, joinedload

from gatherings.audit.actions import log
from gatherings.audit.models import LogEntry
from gatherings.config import Site
from gatherings.core.errors import Conflict, InvalidInput, NotFound, Problem, TooMany
from gatherings.core.tokens import PUBLIC_ID, new_public_id
from gatherings.core.words import say, say_many
from gatherings.db import changed
from gatherings.events.models import Event
from gatherings.jobs import actions as jobs
from gatherings.registration.actions.bulk_kinds import KINDS
from gatherings.registration.actions.hosting import NoPlace
from gatherings.registration.listing import Filter, public_ids
from gatherings.registration.models import BulkChange, Registration
from gatherings.registration.queries import get_of_event

WAIT = timedelta(seconds=60)
KEPT = timedelta(days=7)
BATCH = 40  # registrations in one transaction
_IDS = 500  # public ids in one query
JOB = "bulk_change"


@dataclass(frozen=True)
class Ticked:
    """Whom it is for: those ticked, or `everybody` that a filter finds if they are still as many as were `seen`."""

    public_ids: Sequence[str] = ()
    everybody: bool = False
    filter: Filter = field(default_factory=Filter)
    seen: int = 0


def ask(
    session: Session, event_id: int, kind: str, ticked: Ticked, *, person_id: int, actor: str, now: datetime
) -> str:
    """Note what is asked for several registrations, to be done in 60 seconds; give its public id.

    The same asked for again while it waits (a press repeated) is that one.
    Raises InvalidInput for a kind that is not on offer or nobody ticked, NotFound for a registration of elsewhere,
    Conflict when more or fewer people are found than the screen said.
    """
    event = session.scalars(
        select(Event)
        .where(Event.id == event_id)
        .options(joinedload(Event.room), joinedload(Event.online))
        .with_for_update(of=Event, key_share=True)  # two presses at once are one
    ).one()
    if kind not in KINDS or not KINDS[kind].fits(event):
        raise InvalidInput([Problem("kind", say("Please choose what is to be done."))])
    wanted = _whom(session, event, ticked)
    mine = (BulkChange.event_id == event.id, BulkChange.person_id == person_id, BulkChange.kind == kind)
    for waiting in session.scalars(select(BulkChange).where(*mine, BulkChange.state == "waiting")):
        if waiting.registrations == wanted:
            return waiting.public_id
    change = BulkChange(
        public_id=new_public_id(),
        event_id=event.id,
        person_id=person_id,
        kind=kind,
        wanted={},
        registrations=wanted,
        state="waiting",
        outcome={},
        created_at=now,
        due_at=now + WAIT,
    )
    session.add(change)
    session.flush()
    _enqueue(session, change.public_id, 0, due_at=change.due_at, now=now)
    _log(session, event, actor, "bulk_asked", change.public_id, kind, now, count=len(wanted))
    return change.public_id


def _whom(session: Session, event: Event, ticked: Ticked) -> list[str]:
    if ticked.everybody:
        found = public_ids(session, event, ticked.filter)
        if len(found) != ticked.seen:
            raise Conflict(
                say_many(
                    "When you looked, %(before)s were found. Now it is %(num)s. Nothing was asked for yet: please look "
                    "at the list again.",
                    "When you looked, %(before)s were found. Now it is %(num)s. Nothing was asked for yet: please look "
                    "at the list again.",
                    len(found),
                    before=ticked.seen,
                )
            )
    else:
        found = _known(session, event, list(dict.fromkeys(ticked.public_ids)))
    if not found:
        raise InvalidInput([Problem("rows", say("Please tick somebody first."))])
    return found


def _known(session: Session, event: Event, wanted: list[str]) -> list[str]:
    """Check that all are registrations of this event; one that is not makes all of it 404."""
    if any(PUBLIC_ID.fullmatch(one) is None for one in wanted):
        raise NotFound()
    known: set[str] = set()
    for start in range(0, len(wanted), _IDS):
        known |= set(
            session.scalars(
                select(Registration.public_id).where(
                    Registration.event_id == event.id,
                    Registration.erased_at.is_(None),
                    Registration.public_id.in_(wanted[start : start + _IDS]),
                )
            )
        )
    if len(known) < len(wanted):
        raise NotFound()
    return wanted


def undo(session: Session, event_id: int, public_id: str, *, actor: str, now: datetime) -> bool:
    """Take back what has not begun, so that nothing is left of it but the log; False when that was done before.

    Raises Conflict when it has begun.
    """
    event = session.get_one(Event, event_id)
    change = _find(session, event_id, public_id)
    if change is None and _was_undone(session, event, public_id):
        return False
    if change is None:
        raise NotFound()
    kind, count = change.kind, len(change.registrations)
    mine = BulkChange.id == change.id, BulkChange.state == "waiting"
    if not changed(session, delete(BulkChange).where(*mine)):
        raise Conflict(say("This has begun already, so it cannot be undone here any more."))
    for key in (_key(public_id, 0), _now_key(public_id)):
        jobs.withdraw(session, key=key)
    _log(session, event, actor, "bulk_undone", public_id, kind, now, count=count)
    return True


def _was_undone(session: Session, event: Event, public_id: str) -> bool:
    """Tell whether somebody took it back before: all that is left of it stands in the log."""
    lines = session.scalars(
        select(LogEntry.details)
        .where(LogEntry.about == f"event:{event.public_id}", LogEntry.action == "bulk_undone")
        .order_by(LogEntry.id.desc())
        .limit(100)
    )
    return any(details.get("change") == public_id for details in lines)


def do_now(session: Session, event_id: int, public_id: str, *, now: datetime) -> bool:
    """Let what waits begin at once; False when it has begun, or was taken back."""
    change = _get(session, event_id, public_id)
    won = changed(
        session,
        update(BulkChange).where(BulkChange.id == change.id, BulkChange.state == "waiting").values(due_at=now),
    )
    if won:
        jobs.enqueue(session, kind=JOB, key=_now_key(public_id), due_at=now, payload=_payload(public_id, 0), now=now)
    session.refresh(change)
    return bool(won)


def dismiss(session: Session, event_id: int, public_id: str) -> None:
    """Take the outcome away from above the list."""
    change = _get(session, event_id, public_id)
    if change.state == "done":
        change.outcome = {**change.outcome, "dismissed": True}


def run(session: Session, payload: dict[str, Any], now: datetime, *, site: Site) -> None:
    """Do one batch of what was asked for, and note how far it came, in the job's own transaction."""
    change = session.scalars(
        select(BulkChange)
        .where(BulkChange.public_id == payload["change"])
        .options(joinedload(BulkChange.event), joinedload(BulkChange.person))
    ).one_or_none()
    if change is None or not _mine(session, change, payload["from"]):
        return
    event, actor = change.event, change.person.public_id
    done, left = change.outcome.get("done", 0), Counter(change.outcome.get("left", {}))
    upto = min(payload["from"] + BATCH, len(change.registrations))
    for public_id in change.registrations[payload["from"] : upto]:
        why = _one(session, change, public_id, site, now=now, actor=actor)
        if why is None:
            done += 1
        else:
            left[why] += 1
    session.refresh(change)
    change.outcome = {**change.outcome, "done": done, "left": dict(left), "upto": upto}
    if upto < len(change.registrations):
        _enqueue(session, change.public_id, upto, due_at=now, now=now)
        return
    change.state, change.done_at = "done", now
    numbers = {"done": done, "left": sum(left.values())}
    _log(session, event, actor, "bulk_done", change.public_id, change.kind, now, **numbers)


def _mine(session: Session, change: BulkChange, start: int) -> bool:
    """Tell whether this job may go on: the first batch takes the row from Undo, later ones go on where it stopped.

    The statement locks the row, so that neither Undo nor another worker comes in between.
    """
    state = "waiting" if start == 0 else "running"
    won = changed(
        session,
        update(BulkChange).where(BulkChange.id == change.id, BulkChange.state == state).values(state="running"),
    )
    if won:
        session.refresh(change)
    return bool(won) and change.outcome.get("upto", 0) == start


def _one(session: Session, change: BulkChange, public_id: str, site: Site, *, now: datetime, actor: str) -> str | None:
    """Do it to one registration; give why it was left as it is, or None. What one refuses does not touch the others."""
    try:
        with session.begin_nested():
            registration = get_of_event(session, change.event_id, public_id)
            return None if KINDS[change.kind].apply(session, registration, site, now, actor) else "changed"
    except NoPlace:
        return "no_place"
    except TooMany:
        return "sent_lately"
    except (Conflict, NotFound, InvalidInput):
        return "changed"


def forget(session: Session, *, before: datetime) -> int:
    """Let go of what was done before an instant; returns how many."""
    return changed(
        session,
        delete(BulkChange).where(BulkChange.state == "done", BulkChange.done_at < before),
    )


def _find(session: Session, event_id: int, public_id: str) -> BulkChange | None:
    mine = BulkChange.public_id == public_id, BulkChange.event_id == event_id
    return session.scalars(select(BulkChange).where(*mine)).one_or_none() if PUBLIC_ID.fullmatch(public_id) else None


def _get(session: Session, event_id: int, public_id: str) -> BulkChange:
    found = _find(session, event_id, public_id)
    if found is None:
        raise NotFound()
    return found


def _key(public_id: str, start: int) -> str:
    return f"bulk-change:{public_id}:{start}"


def _now_key(public_id: str) -> str:
    return f"{_key(public_id, 0)}:now"


def _payload(public_id: str, start: int) -> dict[str, Any]:
    return {"change": public_id, "from": start}


def _enqueue(session: Session, public_id: str, start: int, *, due_at: datetime, now: datetime) -> None:
    jobs.enqueue(
        session, kind=JOB, key=_key(public_id, start), due_at=due_at, payload=_payload(public_id, start), now=now
    )


def _log(
    session: Session, event: Event, actor: str, action: str, change: str, kind: str, now: datetime, **numbers: int
) -> None:
    log(
        session,
        actor=actor,
        action=action,
        about=f"event:{event.public_id}",
        community_id=event.community_id,
        now=now,
        kind=kind,
        change=change,
        **numbers,
    )
