"""Reads of one's own submissions, by link and by person."""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.calls.models import Call, CoPresenter, Submission
from gatherings.core.errors import NotFound
from gatherings.core.tokens import Claim
from gatherings.events.models import Event

DRAFT_VERSION = 1  # of the link that a form has before it is sent

_WHOLE = (
    joinedload(Submission.call).joinedload(Call.event).joinedload(Event.community),
    joinedload(Submission.person),
    joinedload(Submission.slide),
    selectinload(Submission.others).joinedload(CoPresenter.person),
)


def get_by_link(session: Session, claim: Claim) -> Submission:
    """Read what a presenter's link names, with all that their page shows; raises NotFound."""
    return _one(session, _whole().where(Submission.public_id == claim.public_id), claim.version)


def get_by_id(session: Session, submission_id: int) -> Submission:
    """Read a submission with all that its presenter's page shows; raises NotFound."""
    return _one(session, _whole().where(Submission.id == submission_id))


def _whole() -> Select[Submission]:
    return select(Submission).where(Submission.erased_at.is_(None)).options(*_WHOLE)


def _one(session: Session, statement: Select[Submission], version: int | None = None) -> Submission:
    found = session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if found is None or found.call.event.status == "draft" or version not in (None, found.link_version):
        raise NotFound()
    return found


def get_co_by_link(session: Session, claim: Claim) -> CoPresenter:
    """Read what a co-presenter's link names, with all that their page shows; raises NotFound."""
    other = session.scalars(
        select(CoPresenter)
        .where(CoPresenter.public_id == claim.public_id, CoPresenter.link_version == claim.version)
        .options(joinedload(CoPresenter.submission).options(*_WHOLE), joinedload(CoPresenter.person))
    ).one_or_none()
    if other is None or other.submission.erased_at is not None or other.submission.call.event.status == "draft":
        raise NotFound()
    return other


def was_sent(session: Session, claim: Claim) -> Submission | None:
    """Find the submission that a link opened while it was a draft: since it was sent, its link comes by mail alone."""
    if claim.version != DRAFT_VERSION:
        return None
    return session.scalars(
        _whole().where(
            Submission.public_id == claim.public_id,
            Submission.link_version > DRAFT_VERSION,
            Submission.state != "draft",
        )
    ).one_or_none()


def lock_by_key(session: Session, key: str) -> Submission | None:
    """Read a submission by its public id inside a writing transaction, so that others who write it wait."""
    statement = select(Submission).where(Submission.public_id == key, Submission.erased_at.is_(None))
    return session.scalars(statement.with_for_update().execution_options(populate_existing=True)).one_or_none()


def list_of_person(session: Session, person_id: int, *, ending_after: datetime) -> list[Submission | CoPresenter]:
    """List what somebody offered or presents with others, of events that are not over: what a lost link leads to."""
    live = (Submission.erased_at.is_(None), Submission.state.not_in(("draft", "withdrawn")))
    coming = (Event.status != "draft", Event.ends_at > ending_after)
    own = session.scalars(
        select(Submission)
        .join(Submission.call).join(Call.event)
        .where(Submission.person_id == person_id, *live, *coming)
        .order_by(Event.starts_at, Submission.id)
        .options(*_WHOLE)
    ).all()  # fmt: skip
    with_others = session.scalars(
        select(CoPresenter)
        .join(CoPresenter.submission).join(Submission.call).join(Call.event)
        .where(CoPresenter.person_id == person_id, *live, *coming)
        .order_by(Event.starts_at, CoPresenter.id)
        .options(joinedload(CoPresenter.submission).options(*_WHOLE))
    ).all()  # fmt: skip
    return [*own, *with_others]


def find_by_key(session: Session, key: str) -> Submission | None:
    """Find a submission by its public id, alone."""
    return session.scalars(select(Submission).where(Submission.public_id == key)).one_or_none()
