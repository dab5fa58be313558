"""What `/readyz`, `gatherings check` and the loop want to know about jobs and workers."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from gatherings.jobs.models import Job, Worker


def any_due(session: Session, now: datetime) -> bool:
    """Tell whether a job could be leased: a cheap look before a writing transaction."""
    statement = select(Job.id).where(Job.state == "waiting", Job.due_at <= now)
    free = or_(Job.lease_until.is_(None), Job.lease_until <= now)
    return session.scalar(statement.where(free).limit(1)) is not None


def oldest_due(session: Session, now: datetime) -> datetime | None:
    """Give since when the oldest due job has been waiting (UTC), None when nothing is due."""
    return session.scalar(select(func.min(Job.due_at)).where(Job.state == "waiting", Job.due_at <= now))


def count_failed(session: Session) -> int:
    """Count the jobs that were given up."""
    return session.scalar(select(func.count()).select_from(Job).where(Job.state == "failed")) or 0


def list_failed(session: Session, *, limit: int = 50) -> Sequence[Job]:
    """List jobs that were given up, newest first."""
    return session.scalars(select(Job).where(Job.state == "failed").order_by(Job.id.desc()).limit(limit)).all()


def list_workers(session: Session, *, since: datetime) -> Sequence[Worker]:
    """List the workers that gave a sign of life since an instant, last seen first."""
    return session.scalars(select(Worker).where(Worker.seen_at >= since).order_by(Worker.seen_at.desc())).all()


def last_seen(session: Session) -> datetime | None:
    """Give the last sign of life of any worker (UTC), None when there never was one."""
    return session.scalar(select(func.max(Worker.seen_at)))
