"""Reads of calls: the call of an event, and when pages that show one change by themselves."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gatherings.calls.models import Call, Submission
from gatherings.events import queries as events
from gatherings.events.queries import EDGES, first_of

# As they are counted; a draft has not been sent.
STATES = ("submitted", "accepted", "reserve", "declined", "withdrawn")
_BOUNDARIES = first_of(*EDGES, Call.opens_at, Call.closes_at)


def find_call(session: Session, event_id: int) -> Call | None:
    """Read the call of an event as it stands in the database now."""
    found = select(Call).where(Call.event_id == event_id).execution_options(populate_existing=True)
    return session.scalars(found).one_or_none()


def next_boundary(session: Session, now: datetime) -> datetime | None:
    """Give the next instant at which a page that shows calls changes by itself, in one query."""
    return events.next_boundary(session, now, _BOUNDARIES)


def told_of(session: Session, call_id: int) -> tuple[int, int]:
    """Give how many of a call have been told that they are accepted, and the seconds of their slots."""
    theirs = (Submission.call_id == call_id, Submission.told == "accepted", Submission.state != "withdrawn")
    number, seconds = session.execute(
        select(func.count(Submission.id), func.coalesce(func.sum(Submission.seconds), 0)).where(*theirs)
    ).one()
    return number, int(seconds)
