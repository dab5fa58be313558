"""What is held of presenters and reviewers goes: at their own wish, and by itself once it has been kept long enough."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.accounts.rules import normalise_address
from gatherings.calls.actions.choosing import withdraw
from gatherings.calls.actions.disowning import erase_submission
from gatherings.calls.actions.together import step_away
from gatherings.calls.models import Call, CoPresenter, Presenter, Remark, Submission
from gatherings.calls.rules.choosing import LIVE
from gatherings.config import Site
from gatherings.core.text import TextProblem
from gatherings.db import changed
from gatherings.events.models import Event
from gatherings.mail.actions import forget

KEPT_AFTER_EVENT = timedelta(days=365)  # reliability.md 5: as registrations
NEEDS_KEPT = timedelta(days=30)  # after the event; what was typed and never saved as well
DRAFTS_KEPT = timedelta(days=30)  # after the call has closed, and after somebody last typed into one
AT_ONCE = 2000  # rows in one transaction; the rest the next day


def withdraw_all(session: Session, person: Person, site: Site, *, now: datetime) -> None:
    """Withdraw all that somebody offers at events that are not over; their places go on, and no mail goes to them."""
    rows = session.execute(
        select(Submission.id)
        .join(Call, Call.id == Submission.call_id)
        .join(Event, Event.id == Call.event_id)
        .where(Submission.person_id == person.id, Submission.state.in_(LIVE), Event.ends_at > now)
        .order_by(Submission.call_id, Submission.id)
    ).all()
    for (submission_id,) in rows:
        withdraw(session, submission_id, now=now, site=site, tell=False)


def own_submissions(session: Session, person_id: int) -> list[int]:
    """List the submissions of somebody that still say something."""
    found = select(Submission.id).where(Submission.person_id == person_id, Submission.erased_at.is_(None))
    return list(session.scalars(found.order_by(Submission.id)))


def erase_presenter(session: Session, person: Person, *, now: datetime) -> None:
    """Take somebody's words, names and zones out of all submissions, and what they noted on those of others.

    What stays is that there was a submission, and the scores they gave: a number that is nobody's.
    """
    for submission_id in own_submissions(session, person.id):
        erase_submission(session, submission_id, now=now)
    keys = session.scalars(select(CoPresenter.public_id).where(CoPresenter.person_id == person.id)).all()
    for key in keys:
        step_away(session, key)
    session.flush()
    forget(session, [f"co-presenter:{key}" for key in keys])
    session.execute(delete(Presenter).where(Presenter.person_id == person.id))
    session.execute(delete(Remark).where(Remark.person_id == person.id))
    _forget_typed(session, person.key)


def _forget_typed(session: Session, key: str) -> None:
    """Take an address out of what was typed and not sent: a draft with it goes, as a co-presenter its row does."""
    written = select(Submission.id, Submission.state, Submission.typed).where(Submission.typed_at.is_not(None))
    for submission_id, state, typed in session.execute(written.execution_options(yield_per=500)).all():
        theirs = set(_fields_with(typed, key))
        if not theirs:
            continue
        if state == "draft" and "email" in theirs:
            session.execute(delete(Submission).where(Submission.id == submission_id))
            continue
        names = {field.removesuffix("email") + "name" for field in theirs if field != "email"}
        kept = {name: value for name, value in typed.items() if name not in theirs | names}
        session.execute(update(Submission).where(Submission.id == submission_id).values(typed=kept))
    session.expire_all()


def _fields_with(typed: dict[str, Any], key: str) -> Iterator[str]:
    for name, value in typed.items():
        if not name.endswith("email") or not isinstance(value, str):
            continue
        try:
            if normalise_address(value).key == key:
                yield name
        except TextProblem:
            continue


def let_go_of_calls(session: Session, *, now: datetime) -> dict[str, int]:
    """Let go of what was kept long enough: needs, drafts, and a year after the event all that presenters wrote."""
    return {
        "needs": _needs(session, now - NEEDS_KEPT),
        "drafts": _drafts(session, now - DRAFTS_KEPT),
        "submissions": _submissions(session, now - KEPT_AFTER_EVENT, now),
        "profiles": _profiles(session, now - KEPT_AFTER_EVENT),
    }


def _over(before: datetime) -> Any:
    """Select the calls of events that were over before an instant."""
    return select(Call.id).join(Event, Event.id == Call.event_id).where(Event.ends_at < before)


def _needs(session: Session, before: datetime) -> int:
    told = or_(Submission.needs != "", Submission.typed_at.is_not(None))
    statement = update(Submission).where(Submission.call_id.in_(_over(before)), Submission.state != "draft", told)
    return changed(session, statement.values(needs="", typed={}, typed_at=None, typed_late=False))


def _drafts(session: Session, before: datetime) -> int:
    closed = select(Call.id).where(Call.closes_at < before)
    last = func.coalesce(Submission.typed_at, Submission.created_at)
    old = select(Submission.id).where(Submission.state == "draft", Submission.call_id.in_(closed), last < before)
    ids = session.scalars(old.order_by(Submission.id).limit(AT_ONCE)).all()
    return changed(session, delete(Submission).where(Submission.id.in_(ids))) if ids else 0


def _submissions(session: Session, before: datetime, now: datetime) -> int:
    old = select(Submission.id).where(Submission.erased_at.is_(None), Submission.call_id.in_(_over(before)))
    ids = session.scalars(old.order_by(Submission.id).limit(AT_ONCE)).all()
    for submission_id in ids:
        erase_submission(session, submission_id, now=now)
    return len(ids)


def _profiles(session: Session, before: datetime) -> int:
    """Forget the profiles of those who changed them long ago and have no submission left."""
    own = select(Submission.id).where(Submission.person_id == Presenter.person_id, Submission.erased_at.is_(None))
    return changed(session, delete(Presenter).where(Presenter.changed_at < before, ~own.exists()))
