"""Reads of what is asked at registration."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from gatherings.events.models import Event
from gatherings.questions.models import ConsentText, Question


def list_questions(session: Session, event: Event) -> list[Question]:
    """List the questions of an event: its series' own first, then its own, in order; one query."""
    conditions = [Question.event_id == event.id]
    if event.series_rule_id is not None:
        conditions.append(Question.series_id == event.series_id)
    return list(
        session.scalars(
            select(Question)
            .where(or_(*conditions), Question.retired.is_(False))
            .order_by(Question.series_id.is_(None), Question.position, Question.id)
        )
    )


def list_consents(session: Session, event: Event) -> list[ConsentText]:
    """List the consents asked for at an event: the community's, then its own; one query."""
    return list(
        session.scalars(
            select(ConsentText)
            .where(
                or_(ConsentText.event_id == event.id, ConsentText.community_id == event.community_id),
                ConsentText.retired.is_(False),
            )
            .order_by(ConsentText.community_id.is_(None), ConsentText.position, ConsentText.id)
        )
    )
