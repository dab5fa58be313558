"""What needs somebody among submissions: letters to send, silence, what was typed late, a place that became free."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from gatherings.calls.models import Call, Submission
from gatherings.calls.rules.choosing import ONE_DAY, TOLD
from gatherings.events.models import Event
from gatherings.organise.rules import Need


def list_slot_needs(session: Session, where: ColumnElement[bool], now: datetime) -> list[Need]:
    """List what needs somebody among the submissions to calls of some gatherings: one query."""
    counted = {
        "letters": and_(Submission.state.in_(TOLD), Submission.told != Submission.state),
        "silent": and_(
            Submission.state == "accepted",
            Submission.told == "accepted",
            Submission.confirmed_at.is_(None),
            Submission.told_at <= now - ONE_DAY,
        ),
        "late": and_(Submission.typed_late.is_(True), Submission.state != "withdrawn"),
        "freed": and_(
            Submission.state == "withdrawn", Submission.told == "accepted", Call.accepted < Call.places
        ),
    }  # fmt: skip
    sums = [func.sum(case((condition, 1), else_=0)) for condition in counted.values()]
    rows = session.execute(
        select(Event.community_id, Event.slug, Event.title, Event.starts_at, *sums)
        .join(Call, Call.event_id == Event.id)
        .join(Submission, Submission.call_id == Call.id)
        .where(where, Event.status == "published", Submission.erased_at.is_(None))
        .group_by(Event.id, Event.community_id, Event.slug, Event.title, Event.starts_at)
    )
    return [
        Need(kind, of, slug, title, starts_at, int(number))
        for of, slug, title, starts_at, *numbers in rows
        for kind, number in zip(counted, numbers, strict=True)
        if number
    ]
