"""Reads of what is asked at registration."""

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from gatherings.communities.models import Community
from gatherings.events.models import Event, Series
from gatherings.questions.models import ConsentText, Question

Owner = Event | Series | Community  # who asks: questions are of an event or series, consents of an event or community

# Of an event: its series' own first (of the dates of a rule), then its own.
_QUESTION = and_(
    or_(Question.event_id == Event.id, and_(Event.series_rule_id.is_not(None), Question.series_id == Event.series_id)),
    Question.retired.is_(False),
)
_QUESTIONS_IN_ORDER = (Question.series_id.is_(None), Question.position, Question.id)
# Of an event: its community's, then its own.
_CONSENT = and_(
    or_(ConsentText.event_id == Event.id, ConsentText.community_id == Event.community_id),
    ConsentText.retired.is_(False),
)
_CONSENTS_IN_ORDER = (ConsentText.community_id.is_(None), ConsentText.position, ConsentText.id)
# Made once: building such a statement costs more than running it.
_EVENT = Event.id == bindparam("event_id")
_QUESTIONS = select(Question).join(Event, _QUESTION).where(_EVENT).order_by(*_QUESTIONS_IN_ORDER)
_ASKED = (
    select(Question, ConsentText)
    .select_from(Event)
    .outerjoin(Question, _QUESTION)
    .outerjoin(ConsentText, _CONSENT)
    .where(_EVENT)
    .order_by(*_QUESTIONS_IN_ORDER, *_CONSENTS_IN_ORDER)
)


def list_questions(session: Session, event: Event) -> list[Question]:
    """List the questions of an event: its series' own first, then its own, in order; one query."""
    return list(session.scalars(_QUESTIONS, {"event_id": event.id}))


def list_asked(session: Session, event: Event) -> tuple[list[Question], list[ConsentText]]:
    """List all that an event asks: its questions as above, and its consents, the community's first; one query.

    There are few of both, so each with each is no more than some dozen rows.
    """
    questions, consents = dict[Question, None](), dict[ConsentText, None]()  # each once, in order
    for question, consent in session.execute(_ASKED, {"event_id": event.id}):
        if question is not None:
            questions[question] = None
        if consent is not None:
            consents[consent] = None
    return list(questions), list(consents)


def list_own_questions(session: Session, of: Event | Series) -> list[Question]:
    """List what an event or a series asks itself, in order; those that are not asked any more too."""
    column = Question.event_id if isinstance(of, Event) else Question.series_id
    return list(session.scalars(select(Question).where(column == of.id).order_by(Question.position, Question.id)))


def list_inherited(session: Session, of: Event | Series) -> list[Question]:
    """List the live questions that come before an event's own: its series', for the dates of a rule."""
    if not isinstance(of, Event) or of.series_rule_id is None or of.series_id is None:
        return []
    found = select(Question).where(Question.series_id == of.series_id, Question.retired.is_(False))
    return list(session.scalars(found.order_by(Question.position, Question.id)))


def list_of_dates(session: Session, series: Series) -> list[Question]:
    """List the live questions that single dates of a series ask besides."""
    found = select(Question).join(Event, Event.id == Question.event_id)
    return list(session.scalars(found.where(Event.series_id == series.id, Question.retired.is_(False))))


def list_own_consents(session: Session, of: Event | Community) -> list[ConsentText]:
    """List the consents of an event or a community, in order; those that are not asked any more too."""
    column = ConsentText.event_id if isinstance(of, Event) else ConsentText.community_id
    statement = select(ConsentText).where(column == of.id).order_by(ConsentText.position, ConsentText.id)
    return list(session.scalars(statement))
