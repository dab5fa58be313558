"""What waits, runs or was just done to several registrations at once, as the list shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from gatherings.registration.models import BulkChange

SHOWN = timedelta(hours=1)  # how long an outcome stands above the list
LATE = timedelta(seconds=15)  # after which one is told that the worker is late


@dataclass(frozen=True)
class Pending:
    """One thing that was asked for several: `state` is waiting, late, running or done; `seconds` until it begins."""

    public_id: str
    kind: str
    count: int
    state: str
    seconds: int
    begins_at: datetime
    upto: int
    done: int
    left: dict[str, int]
    by: str


def list_pending(session: Session, event_id: int, *, now: datetime) -> list[Pending]:
    """List what waits for an event, newest first, then what was done within the hour and not dismissed."""
    found: Sequence[BulkChange] = session.scalars(
        select(BulkChange)
        .where(
            BulkChange.event_id == event_id,
            or_(BulkChange.state.in_(("waiting", "running")), BulkChange.done_at > now - SHOWN),
        )
        .order_by(BulkChange.id.desc())
        .limit(20)
        .options(joinedload(BulkChange.person))
    ).all()
    shown = [_pending(change, now) for change in found if not change.outcome.get("dismissed")]
    return sorted(shown, key=lambda one: one.state == "done")


def _pending(change: BulkChange, now: datetime) -> Pending:
    late = change.state == "waiting" and now - change.due_at > LATE
    return Pending(
        public_id=change.public_id,
        kind=change.kind,
        count=len(change.registrations),
        state="late" if late else change.state,
        seconds=max(0, round((change.due_at - now).total_seconds())),
        begins_at=change.due_at,
        upto=change.outcome.get("upto", 0),
        done=change.outcome.get("done", 0),
        left=change.outcome.get("left", {}),
        by=change.person.name or change.person.address,
    )
