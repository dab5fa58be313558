"""Reads of slides: the picture alone, for those who may see it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.calls.models import Call, CoPresenter, Slide, Submission
from gatherings.core.errors import NotFound
from gatherings.core.tokens import Claim


def slide_of_presenter(session: Session, claim: Claim) -> tuple[str, bytes]:
    """Give the name and data (WebP) of the slide that a presenter's link leads to; raises NotFound."""
    return _found(
        session, Submission.public_id == claim.public_id, Submission.link_version == claim.version
    )  # fmt: skip


def slide_of_co_presenter(session: Session, claim: Claim) -> tuple[str, bytes]:
    """Give the slide that a co-presenter's link leads to; raises NotFound."""
    own = select(CoPresenter.submission_id).where(
        CoPresenter.public_id == claim.public_id, CoPresenter.link_version == claim.version
    )
    return _found(session, Submission.id == own.scalar_subquery())


def slide_of_event(session: Session, event_id: int, public_id: str) -> tuple[str, bytes]:
    """Give the slide of a submission to an event's call, for its organisers; raises NotFound. Not of drafts."""
    return _found(
        session, Submission.public_id == public_id, Call.event_id == event_id, Submission.state != "draft"
    )  # fmt: skip


def who_has_slides(session: Session, submission_ids: Sequence[int]) -> set[int]:
    """Give which of these submissions have a slide; one query."""
    return set(session.scalars(select(Slide.submission_id).where(Slide.submission_id.in_(submission_ids))))


def _found(session: Session, *which: object) -> tuple[str, bytes]:
    row = session.execute(
        select(Slide.public_id, Slide.data)
        .join(Submission, Submission.id == Slide.submission_id)
        .join(Call, Call.id == Submission.call_id)
        .where(Submission.erased_at.is_(None), *which)  # type: ignore[arg-type]
    ).one_or_none()
    if row is None:
        raise NotFound()
    return row[0], row[1]
