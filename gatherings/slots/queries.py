"""Reads of running orders."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from gatherings.calls.models import Call, Submission
from gatherings.events.models import Event
from gatherings.slots.models import Item, RunningOrder
from gatherings.slots.rules.timing import Timed, plan


def find_order(session: Session, event_id: int) -> RunningOrder | None:
    """Read the running order of an event with its items, their submissions and co-presenters; three queries."""
    return session.scalars(
        select(RunningOrder)
        .where(RunningOrder.event_id == event_id)
        .options(selectinload(RunningOrder.items).joinedload(Item.submission).selectinload(Submission.others))
        .execution_options(populate_existing=True)
    ).one_or_none()


def find_version(session: Session, event_id: int) -> str:
    """Give what changes whenever the organisers' screen of an event's order looks otherwise; "" without an order.

    One statement: screens ask for it every few seconds.
    """
    of_event = (Call.event_id == event_id, Call.id == Submission.call_id)
    times = (Submission.decided_at, Submission.told_at, Submission.confirmed_at, Submission.withdrawn_at)
    begun = select(func.count(Item.began_at)).where(Item.order_id == RunningOrder.id)
    row = session.execute(
        select(
            RunningOrder.edits,
            RunningOrder.tell_at,
            Event.revision,
            Event.status,
            begun.scalar_subquery(),
            *(select(func.max(one)).where(*of_event).scalar_subquery() for one in times),
            *(select(func.count(one)).where(*of_event).scalar_subquery() for one in times),
        )
        .join(Event, Event.id == RunningOrder.event_id)
        .where(RunningOrder.event_id == event_id)
    ).one_or_none()
    return hashlib.sha256(repr(tuple(row)).encode()).hexdigest()[:16] if row is not None else ""


def list_unplaced(session: Session, event_id: int) -> list[Submission]:
    """List what is accepted for an event and not in its running order yet, in the order of arrival."""
    placed = select(Item.id).where(Item.submission_id == Submission.id)
    return list(
        session.scalars(
            select(Submission)
            .join(Call, Call.id == Submission.call_id)
            .where(Call.event_id == event_id, Submission.state == "accepted", ~placed.exists())
            .order_by(Submission.sent_at, Submission.id)
        )
    )


def begins_at(order: RunningOrder, event: Event) -> datetime:
    """Give when a running order begins (UTC): it moves with its event."""
    return event.starts_at + timedelta(seconds=order.offset_seconds)


def plan_of(order: RunningOrder, event: Event) -> list[Timed[Item]]:
    """Give each item of a running order with its planned start and end (UTC)."""
    return plan(order.items, begins_at(order, event), order.change_seconds)


def slot_words(item: Item) -> tuple[str, str]:
    """Give the title of an item and who speaks, from its submission where it has one; `item` as find_order reads it."""
    if item.submission is None:
        return item.title, item.speakers
    names = [item.submission.name, *(one.name for one in item.submission.others)]
    return item.submission.title, ", ".join(names)
