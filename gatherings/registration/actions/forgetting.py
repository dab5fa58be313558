"""Forgetting what mails say about somebody: at once for what is over, later for a cancellation that must still go."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from gatherings.core.tokens import digest, new_public_id
from gatherings.jobs import actions as jobs
from gatherings.jobs.models import Job
from gatherings.mail.models import OutboxMail

JOB = "forget_mails"
FIRST_LOOK = timedelta(minutes=10)
NEXT_LOOK = timedelta(hours=1)
GIVEN_UP = timedelta(hours=80)  # a mail is tried for 72 hours
_WAITING = ("queued", "held")
_LAST_WORDS = ("cancelled", "series_cancelled", "moved_away")
_EMPTY: dict[str, Any] = {
    "facts": {}, "mime": None, "subject": None, "last_error": None, "recipient": "", "zone": "UTC",
}  # fmt: skip


def forget_mails(session: Session, abouts: Sequence[str], *, now: datetime, recipient: str | None = None) -> None:
    """Empty the mails about these things (and all to `recipient`); of those not sent, cancellations still go.

    What a calendar must be told is emptied by a job once it was sent. Keys, kinds and times of rows stay.
    """
    mine = _mine(abouts, recipient)
    last_words = OutboxMail.state.in_(_WAITING) & OutboxMail.kind.in_(_LAST_WORDS)
    _run(session, delete(OutboxMail).where(mine, OutboxMail.state.in_(_WAITING), ~last_words))
    _run(session, update(OutboxMail).where(mine, ~OutboxMail.state.in_(_WAITING)).values(_EMPTY))
    if session.scalar(select(OutboxMail.id).where(mine, last_words).limit(1)) is not None:
        _look_later(session, {"abouts": list(abouts), "since": now.isoformat()}, now + FIRST_LOOK, now=now)


def forget_later(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Empty mails of `payload["abouts"]` that have gone out since; look again while some have not. A job's work."""
    mine = OutboxMail.about.in_(payload["abouts"])
    over = now - datetime.fromisoformat(payload["since"]) > GIVEN_UP
    if over:
        _run(session, delete(OutboxMail).where(mine, OutboxMail.state.in_(_WAITING)))
    _run(session, update(OutboxMail).where(mine, ~OutboxMail.state.in_(_WAITING)).values(_EMPTY))
    if not over and session.scalar(select(OutboxMail.id).where(mine).where(OutboxMail.state.in_(_WAITING)).limit(1)):
        _look_later(session, payload, now + NEXT_LOOK, now=now)


def forget_jobs(session: Session, key: str) -> None:
    """Delete jobs that were caused by typing this address."""
    typed = Job.payload["key"].as_string() == key
    _run(session, delete(Job).where(Job.kind.in_(("find_links", "my_data_link")), typed))


def _mine(abouts: Sequence[str], recipient: str | None) -> ColumnElement[bool]:
    about = OutboxMail.about.in_(abouts)
    return about if recipient is None else or_(about, OutboxMail.recipient == recipient)


def _look_later(session: Session, payload: dict[str, Any], due_at: datetime, *, now: datetime) -> None:
    key = f"forget:{digest(','.join(payload['abouts']))[:20]}:{new_public_id()}"
    jobs.enqueue(session, kind=JOB, key=key, due_at=due_at, payload=payload, now=now)


def _run(session: Session, statement: Any) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})
