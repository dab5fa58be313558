"""Answers that organisers keep for some days only go by themselves (domain.md 18)."""

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from gatherings.db import changed
from gatherings.events.models import Event
from gatherings.questions.models import Question
from gatherings.registration.models import Answer, Registration, SeriesRegistration


def let_go_of_answers(session: Session, *, now: datetime) -> int:
    """Delete the answers whose days after the gathering are over; give how many.

    Of who comes every time, the days count from the last date that they come to.
    """
    gone = 0
    for days in session.scalars(select(Question.keep_days).where(Question.keep_days.is_not(None)).distinct()).all():
        before = now - timedelta(days=days or 0)
        over = select(Registration.id).join(Event, Event.id == Registration.event_id).where(Event.ends_at <= before)
        still_to_come = exists().where(
            Registration.series_registration_id == SeriesRegistration.id,
            Registration.event_id == Event.id,
            Event.ends_at > before,
        )
        every_over = select(SeriesRegistration.id).where(SeriesRegistration.created_at <= before, ~still_to_come)
        asked = select(Question.id).where(Question.keep_days == days)
        theirs = Answer.registration_id.in_(over) | Answer.series_registration_id.in_(every_over)
        gone += changed(session, delete(Answer).where(Answer.question_id.in_(asked), theirs))
    return gone
