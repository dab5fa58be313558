"""What the mailbox page, organisers, `/readyz` and `gatherings check` want to know about the outbox."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased, undefer

from gatherings.core.errors import NotFound
from gatherings.mail.models import OutboxMail


def list_mails(
    session: Session, *, before_id: int | None = None, to: str | None = None, limit: int = 50
) -> Sequence[OutboxMail]:
    """List mails, newest first, without their bytes; `before_id` is the last id of the page before.

    `to` is a part of the recipient's address, in upper or lower case.
    """
    statement = select(OutboxMail).order_by(OutboxMail.id.desc()).limit(limit)
    if before_id is not None:
        statement = statement.where(OutboxMail.id < before_id)
    if to is not None:
        statement = statement.where(func.lower(OutboxMail.recipient).contains(to.lower(), autoescape=True))
    return session.scalars(statement).all()


def get_mail(session: Session, mail_id: int) -> OutboxMail:
    """Give one mail with its bytes (`mime` is None before it is composed); raises NotFound."""
    statement = select(OutboxMail).where(OutboxMail.id == mail_id).options(undefer(OutboxMail.mime))
    mail = session.scalar(statement) if mail_id < 2**31 else None  # more than a database's number can hold
    if mail is None:
        raise NotFound()
    return mail


def list_about(session: Session, about: str) -> Sequence[OutboxMail]:
    """List the mails that concern one thing ("registration:<public id>"), newest first."""
    statement = select(OutboxMail).where(OutboxMail.about == about).order_by(OutboxMail.id.desc())
    return session.scalars(statement).all()


def list_failed(session: Session, *, limit: int = 50) -> Sequence[OutboxMail]:
    """List mails that were given up, newest first."""
    statement = select(OutboxMail).where(OutboxMail.state == "failed").order_by(OutboxMail.id.desc())
    return session.scalars(statement.limit(limit)).all()


def any_due(session: Session, now: datetime) -> bool:
    """Tell whether a mail could be leased: a cheap look before a writing transaction."""
    statement = select(OutboxMail.id).where(OutboxMail.state == "queued", OutboxMail.due_at <= now)
    free = or_(OutboxMail.lease_until.is_(None), OutboxMail.lease_until <= now)
    return session.scalar(statement.where(free).limit(1)) is not None


def oldest_due(session: Session, now: datetime) -> datetime | None:
    """Give since when the oldest due mail has been waiting (UTC), None when nothing is due."""
    statement = select(func.min(OutboxMail.due_at)).where(OutboxMail.state == "queued", OutboxMail.due_at <= now)
    return session.scalar(statement)


def count_by_state(session: Session) -> dict[str, int]:
    """Count mails by state; states without mails are left out."""
    rows = session.execute(select(OutboxMail.state, func.count()).group_by(OutboxMail.state))
    return {row[0]: row[1] for row in rows}


def unsettled() -> ColumnElement[bool]:
    """Give the condition that no later mail has reached the same address: what failed still needs somebody."""
    later = aliased(OutboxMail)
    reached = select(later.id).where(
        later.recipient == OutboxMail.recipient, later.id > OutboxMail.id, later.state == "sent"
    )
    return ~reached.exists()
