"""Reads of a series for its overview: its dates or editions, with who speaks and who comes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.events.models import Event
from gatherings.registration.models import Registration

COMING_SHOWN, PAST_SHOWN = 100, 24


@dataclass(frozen=True)
class Dates:
    """A series' dates to come (soonest first) and past (latest first), with how many come and wait, by event."""

    coming: Sequence[Event]
    past: Sequence[Event]
    older: int
    confirmed: Mapping[int, int]
    waiting: Mapping[int, int]


def has_editions(session: Session, series_id: int) -> bool:
    """Tell whether a series holds events that no rule made and that are editions."""
    found = select(Event.id).where(Event.series_id == series_id, Event.edition_year.is_not(None)).limit(1)
    return session.scalar(found) is not None


def dates_of_series(session: Session, series_id: int, now: datetime, *, all_past: bool = False) -> Dates:
    """Read a series' dates with speakers and counts; seven small queries at most, however many people."""
    shown = select(Event).where(Event.series_id == series_id).options(*_shown())
    coming = session.scalars(shown.where(Event.ends_at > now).order_by(Event.starts_at).limit(COMING_SHOWN)).all()
    over = shown.where(Event.ends_at <= now).order_by(Event.starts_at.desc())
    past = session.scalars(over.limit(500 if all_past else PAST_SHOWN)).all()
    count = select(func.count()).select_from(Event).where(Event.series_id == series_id, Event.ends_at <= now)
    ids = [event.id for event in (*coming, *past)]
    rows = session.execute(
        select(Registration.event_id, Registration.state, func.count())
        .where(Registration.event_id.in_(ids), Registration.state.in_(("confirmed", "waitlisted")))
        .group_by(Registration.event_id, Registration.state)
    ).all()
    confirmed = {event_id: number for event_id, state, number in rows if state == "confirmed"}
    waiting = {event_id: number for event_id, state, number in rows if state == "waitlisted"}
    return Dates(coming, past, max(0, (session.scalar(count) or 0) - len(past)), confirmed, waiting)


def _shown() -> tuple[Any, ...]:
    return (joinedload(Event.room), joinedload(Event.online), selectinload(Event.speakers))


def next_to_prepare(coming: Sequence[Event]) -> Event | None:
    """Give the date that somebody prepares next: the first without a speaker, else the first that is held."""
    held = [event for event in coming if event.status != "cancelled"]
    return next((event for event in held if not event.speakers), held[0] if held else None)


def model_for(event: Event, dates: Dates) -> Event | None:
    """Give the date that another is filled from: the latest before it with a speaker, else the latest before it."""
    before = [one for one in (*reversed(dates.coming), *dates.past) if one.starts_at < event.starts_at]
    held = [one for one in before if one.status == "published"]
    return next((one for one in held if one.speakers), held[0] if held else None)
