"""What is let go by itself besides registrations, and what keeps a person known."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.calls.actions.forgetting import KEPT_AFTER_EVENT, let_go_of_calls
from gatherings.calls.models import CoPresenter, Presenter, Submission
from gatherings.db import changed
from gatherings.doors.actions.forgetting import let_go_of_followers
from gatherings.doors.models import DoorFollower
from gatherings.events.models import Event
from gatherings.live.models import Run
from gatherings.payments.actions.forgetting import let_go_of_money
from gatherings.slots.actions.forgetting import let_go_of_minutes
from gatherings.slots.models import RunningOrder
from gatherings.tickets.models import Application, Order

# Whoever has one of these is known for it: their address stays (registration/jobs.py, tidy).
KNOWN: tuple[Any, ...] = (
    select(Submission.id).where(Submission.person_id == Person.id, Submission.erased_at.is_(None)),
    select(CoPresenter.id).where(CoPresenter.person_id == Person.id),
    select(Presenter.id).where(Presenter.person_id == Person.id),
    select(DoorFollower.id).where(DoorFollower.person_id == Person.id),
    select(Order.id).where(Order.person_id == Person.id, Order.erased_at.is_(None)),
    select(Application.id).where(Application.person_id == Person.id, Application.erased_at.is_(None)),
)


def let_go(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Let go of what presenters, followers of doors and buyers left, once it was kept long enough; the log counts."""
    counts = let_go_of_calls(session, now=now)
    counts["minutes"] = let_go_of_minutes(session)
    counts["presses"] = _presses(session, now - KEPT_AFTER_EVENT)
    counts["followers"] = let_go_of_followers(session, now=now)
    counts |= let_go_of_money(session, now=now)
    counts = {name: count for name, count in counts.items() if count}
    if counts:
        log(session, actor="worker", action="retention", about="submissions", now=now, **counts)


def _presses(session: Session, before: datetime) -> int:
    """Take the names of hosts off the shows of long ago."""
    old = select(RunningOrder.id).join(Event, Event.id == RunningOrder.event_id).where(Event.ends_at < before)
    return changed(session, update(Run).where(Run.pressed_by != "", Run.order_id.in_(old)).values(pressed_by=""))
