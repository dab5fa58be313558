"""Those who present together: named by whoever sends the submission, told by a mail of their own, free to step away."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.actions import count_attempt, find_or_make_person, was_tried
from gatherings.accounts.rules import normalise_address
from gatherings.calls.actions.receipts import post_asked
from gatherings.calls.models import CoPresenter, Submission
from gatherings.calls.queries.submissions import lock_by_key
from gatherings.calls.rules.submitting import Other, check_others
from gatherings.config import Site
from gatherings.core.errors import InvalidInput, NotFound
from gatherings.core.tokens import new_public_id

_ASKED_AN_HOUR = 10  # people whom one submission can have mails sent to


def set_others(session: Session, submission: Submission, others: Sequence[Other], site: Site, *, now: datetime) -> None:
    """Let exactly these present together with whoever sent it; who is new gets a mail with a link of their own.

    `submission` as get_by_id reads it. Somebody's own zone and language are kept.
    """
    assert submission.person is not None
    problems = check_others(others, normalise_address(submission.person.address))
    if problems:
        raise InvalidInput(problems)
    held = {one.person.key: one for one in submission.others}
    wanted = {other.address.key for other in others}
    for key, one in held.items():
        if key not in wanted:
            session.delete(one)
    for other in others:
        if other.address.key in held:
            held[other.address.key].name = other.name
        else:
            _ask(session, submission, other, site, now=now)


def _ask(session: Session, submission: Submission, other: Other, site: Site, *, now: datetime) -> None:
    person = find_or_make_person(session, other.address, now=now)
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
    # A form that is sent again and again with other addresses must not become a way to write to strangers.
    hour = timedelta(hours=1)
    if count_attempt(session, "asked-along", submission.public_id, most=_ASKED_AN_HOUR, window=hour, now=now):
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
