"""The one slide of a submission: set, replaced, taken away."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.actions import limit_attempts
from gatherings.calls.models import Call, Slide, Submission
from gatherings.calls.rules import slides as rules
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.pictures import Written
from gatherings.core.tokens import Claim, new_public_id
from gatherings.core.words import say


def count_try(session: Session, claim: Claim, *, now: datetime) -> None:
    """Count one picture that is sent; refuses with TooMany beyond MOST_TRIES an hour for one submission."""
    limit_attempts(
        session, "slide", claim.public_id, most=rules.MOST_TRIES, window=timedelta(hours=1), now=now,
        sentence=say("Many pictures were sent for this slot within an hour. Please wait a little and try again."),
    )  # fmt: skip


def set_slide(session: Session, claim: Claim, written: Written | None, alt: str, *, now: datetime) -> None:
    """Set a submission's slide (None: the one it has), said in words as `alt`.

    Raises NotFound for a link that was renewed, Conflict where nothing may be changed any more. The picture's name
    changes with the picture, so no browser shows an older one.
    """
    submission = _open(session, claim, now)
    slide = _slide_of(session, submission)
    if written is None:
        if slide is None:
            raise Conflict(say("There is no slide any more. Please choose a picture."))
        slide.alt = alt
        return
    if not rules.is_asked(submission.call):
        raise Conflict(rules.NOT_ASKED)
    if slide is None:
        slide = Slide(submission_id=submission.id)
        session.add(slide)
    slide.public_id, slide.alt, slide.created_at = new_public_id(), alt, now
    slide.width, slide.height, slide.data = written.width, written.height, written.data
    session.flush()


def drop_slide(session: Session, claim: Claim, *, now: datetime) -> None:
    """Take a submission's slide away; nothing happens where there is none."""
    slide = _slide_of(session, _open(session, claim, now))
    if slide is not None:
        session.delete(slide)
        session.flush()


def _open(session: Session, claim: Claim, now: datetime) -> Submission:
    """Read and lock the submission that a presenter's link names, as long as it may be changed."""
    submission = session.scalars(
        select(Submission)
        .where(
            Submission.public_id == claim.public_id,
            Submission.link_version == claim.version,
            Submission.erased_at.is_(None),
        )
        .with_for_update(of=Submission)
        .options(joinedload(Submission.call).joinedload(Call.event))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if submission is None or submission.call.event.status == "draft":
        raise NotFound()
    reason = rules.why_not(submission, submission.call, submission.call.event, now)
    if reason is not None:
        raise Conflict(reason)
    return submission


def _slide_of(session: Session, submission: Submission) -> Slide | None:
    """Read the slide of a locked submission: a statement of its own sees what was written while one waited."""
    return session.scalars(
        select(Slide).where(Slide.submission_id == submission.id).execution_options(populate_existing=True)
    ).one_or_none()
