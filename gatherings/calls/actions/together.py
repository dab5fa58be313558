"""Those who present together: named by whoever sends the submission, told by a mail of their own, free to step away."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.actions import count_attempt, find_or_make_person, was_tried
from gatherings.accounts.rules import normalise_address
from gatherings.calls.actions.receipts import post_asked, post_left_out, unpost_left_out
from gatherings.calls.models import CoPresenter, Submission
from gatherings.calls.queries.submissions import lock_by_key
from gatherings.calls.rules.submitting import Other, check_others
from gatherings.config import Site
from gatherings.core.errors import InvalidInput, NotFound
from gatherings.core.tokens import new_public_id

_WRITTEN_AN_HOUR = 10  # mails to those who present together that one submission can cause


def set_others(session: Session, submission: Submission, others: Sequence[Other], site: Site, *, now: datetime) -> None:
    """Let exactly these present together with whoever sent it; who is new gets a mail with a link of their own.

    Who is named no more gets a mail as well, some minutes later. Where a minute was told to them, the mail that takes
    it out of their calendar says it instead (slots/actions/telling.py).

    `submission` as get_by_id reads it. Somebody's own zone and language are kept.
    """
    assert submission.person is not None
    problems = check_others(others, normalise_address(submission.person.address))
    if problems:
        raise InvalidInput(problems)
    held = {one.person.key: one for one in submission.others}
    wanted = {other.address.key for other in others}
    for other in others:
        if other.address.key in held:
            held[other.address.key].name = other.name
        else:
            _ask(session, submission, other, site, now=now)
    for key, one in held.items():
        if key not in wanted:
            if _may_write(session, submission, now=now):
                post_left_out(session, submission, one, site, now=now)
            session.delete(one)


def _may_write(session: Session, submission: Submission, *, now: datetime) -> bool:
    """Count one more mail of this submission: sent again and again with other addresses it must not reach strangers."""
    hour = timedelta(hours=1)
    return count_attempt(session, "asked-along", submission.public_id, most=_WRITTEN_AN_HOUR, window=hour, now=now)


def _ask(session: Session, submission: Submission, other: Other, site: Site, *, now: datetime) -> None:
    person = find_or_make_person(session, other.address, now=now)
    unpost_left_out(session, submission, person)
    if was_tried(session, "not-me", f"{person.id}:{submission.call.event_id}", now=now):
        return
    made = CoPresenter(
        public_id=new_public_id(),
        submission_id=submission.id,
        person_id=person.id,
        name=other.name,
        language=submission.language,
        link_version=1,
        created_at=now,
    )
    session.add(made)
    session.flush()
    if _may_write(session, submission, now=now):
        post_asked(session, submission, made, person, site, now=now)


def change_own(session: Session, key: str, *, name: str, zone: str) -> None:
    """Change a co-presenter's own name and zone; raises NotFound when they are none any more."""
    other, submission = _lock(session, key)
    other.name, other.zone = name, zone
    submission.edits += 1  # whoever has the form open is told that it changed


def step_away(session: Session, key: str) -> Submission:
    """Take a co-presenter off a submission, at their own wish; raises NotFound when that was done before."""
    other, submission = _lock(session, key)
    session.delete(other)
    submission.edits += 1
    return submission


def _lock(session: Session, key: str) -> tuple[CoPresenter, Submission]:
    found = session.execute(
        select(Submission.public_id)
        .join(CoPresenter, CoPresenter.submission_id == Submission.id)
        .where(CoPresenter.public_id == key)
    ).scalar_one_or_none()
    submission = lock_by_key(session, found) if found is not None else None
    statement = select(CoPresenter).where(CoPresenter.public_id == key).execution_options(populate_existing=True)
    other = session.scalars(statement).one_or_none()
    if submission is None or other is None:
        raise NotFound()
    return other, submission
