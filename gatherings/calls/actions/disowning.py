""" "This was not me": what a stranger did with somebody's address is undone, and forgotten."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from gatherings.accounts.actions import count_attempt
from gatherings.calls.actions.choosing import withdraw
from gatherings.calls.actions.together import step_away
from gatherings.calls.models import Call, CoPresenter, Remark, Score, Slide, Submission
from gatherings.calls.queries.submissions import find_by_key
from gatherings.config import Site
from gatherings.core.errors import NotFound
from gatherings.mail.actions import forget
from gatherings.registration.rules import NOT_ME_PAUSE


def not_me(session: Session, key: str, site: Site, *, now: datetime) -> None:
    """Undo a submission that somebody else sent with this address: withdrawn, erased, not to be repeated today.

    Raises NotFound when there is none any more.
    """
    submission = find_by_key(session, key)
    if submission is None or submission.person_id is None or submission.erased_at is not None:
        raise NotFound()
    person_id, submission_id, call_id = submission.person_id, submission.id, submission.call_id
    withdraw(session, submission_id, now=now, site=site, tell=False)
    _pause(session, person_id, call_id, now=now)
    erase_submission(session, submission_id, now=now)


def co_presenter_not_me(session: Session, key: str, *, now: datetime) -> None:
    """Undo that somebody named this address as presenting together; raises NotFound when that was done before."""
    found = session.execute(select(CoPresenter.person_id).where(CoPresenter.public_id == key)).scalar_one_or_none()
    submission = step_away(session, key)
    if found is not None:
        _pause(session, found, submission.call_id, now=now)
    forget(session, [f"co-presenter:{key}"])


def _pause(session: Session, person_id: int, call_id: int, *, now: datetime) -> None:
    event_id = session.execute(select(Call.event_id).where(Call.id == call_id)).scalar_one()
    count_attempt(session, "not-me", f"{person_id}:{event_id}", most=1, window=NOT_ME_PAUSE, now=now)


def erase_submission(session: Session, submission_id: int, *, now: datetime) -> None:
    """Take all that people wrote out of a submission that was withdrawn; what stays is that there was one."""
    others = session.scalars(select(CoPresenter.public_id).where(CoPresenter.submission_id == submission_id)).all()
    key = session.execute(select(Submission.public_id).where(Submission.id == submission_id)).scalar_one()
    for table in (CoPresenter, Slide, Score, Remark):
        session.execute(delete(table).where(table.submission_id == submission_id))
    texts = ("name", "pronunciation", "title", "about", "ask", "script", "needs", "recording_words")
    session.execute(
        update(Submission)
        .where(Submission.id == submission_id)
        .values(
            {
                **dict.fromkeys(texts, ""),
                "links": [], "typed": {}, "zone": None, "recording": False, "letter": None, "erased_at": now,
                "link_version": Submission.link_version + 1,
            }
        )
    )  # fmt: skip
    session.expire_all()
    forget(session, [f"submission:{key}", *(f"co-presenter:{one}" for one in others)])
