"""Write, lease and settle jobs. A job's effect and its `done` stand in one transaction, so it happens once."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Table, case, delete, or_, select, update
from sqlalchemy.orm import Session

from gatherings.db import changed
from gatherings.db.upsert import insert_into
from gatherings.jobs.models import Job, Worker

LEASE_SECONDS = 60  # how long a dead worker keeps others waiting (reliability.md B19)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
MAX_TRIES = 20  # with the pauses below: about 72 hours

_JOBS = cast(Table, Job.__table__)
_WORKERS = cast(Table, Worker.__table__)


def enqueue(
    session: Session,
    *,
    kind: str,
    key: str,
    due_at: datetime,
    payload: Mapping[str, Any] | None = None,
    now: datetime,
) -> bool:
    """Write a job, once for each key; returns whether it is new.

    `payload` is a snapshot in JSON's types. A key that is there already changes nothing, whatever its state.
    """
    row = {"kind": kind, "key": key, "payload": dict(payload or {}), "due_at": due_at, "created_at": now}
    return insert_new(session, _JOBS, [row]) == 1


def withdraw(session: Session, *, key: str) -> bool:
    """Take back a job that nobody has begun: what it was for was undone."""
    return changed(session, delete(Job).where(Job.key == key, Job.state == "waiting", Job.leased_by.is_(None))) == 1


def lease(session: Session, *, worker: str, now: datetime, limit: int = 1, seconds: int = LEASE_SECONDS) -> list[Job]:
    """Take up to `limit` due jobs for `seconds`, oldest first; each lease counts as one try.

    Counted at the lease and not at the failure, so that a job that kills its worker ends after its tries too.
    """
    ids = claim(session, _JOBS, state="waiting", worker=worker, now=now, limit=limit, seconds=seconds)
    if not ids:
        return []
    return list(session.scalars(select(Job).where(Job.id.in_(ids)).order_by(Job.due_at, Job.id)))


def finish(session: Session, *, job_id: int, worker: str, now: datetime) -> bool:
    """Mark a job done, before its effect and in the same transaction; False when it is no longer this worker's.

    The mark comes first because it locks the row on PostgreSQL: nobody can lease the job while its effect runs,
    however long that takes.
    """
    changes = {"state": "done", "done_at": now, "lease_until": None, "leased_by": None, "last_error": None}
    return changed(session, _held(job_id, worker).values(changes)) == 1


def retry_later(session: Session, *, job_id: int, worker: str, now: datetime, error: str) -> str | None:
    """Put a failed job back with a growing pause (1 min to 6 h), or give it up after its tries.

    Returns the new state, None when the job is no longer this worker's.
    """
    job = session.get(Job, job_id)
    if job is None:
        return None
    state = "failed" if job.tries >= MAX_TRIES else "waiting"
    changes = {"state": state, "due_at": now + backoff(job.tries), "last_error": error[:2000]}
    statement = _held(job_id, worker).values(changes | {"lease_until": None, "leased_by": None})
    return state if changed(session, statement) else None


def put_back(session: Session, *, job_id: int, worker: str) -> bool:
    """Give a lease back without counting a try: the fault was not the job's."""
    fewer = case((Job.tries > 0, Job.tries - 1), else_=0)
    return changed(session, _held(job_id, worker).values(tries=fewer, lease_until=None, leased_by=None)) == 1


def forget_done(session: Session, *, before: datetime) -> int:
    """Delete jobs done before an instant; returns how many.

    A forgotten key can be written again: keep done jobs longer than any cause can come a second time.
    """
    return changed(session, delete(Job).where(Job.state == "done", Job.done_at < before))


def beat(session: Session, *, worker: str, started_at: datetime, now: datetime) -> None:
    """Write a worker's sign of life."""
    insert = insert_into(session.get_bind().dialect.name, _WORKERS)
    row = {"name": worker, "started_at": started_at, "seen_at": now}
    session.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"seen_at": now}), [row])


def leave(session: Session, *, worker: str) -> None:
    """Take a worker that stops cleanly off the list."""
    session.execute(delete(Worker).where(Worker.name == worker))


def forget_workers(session: Session, *, before: datetime) -> int:
    """Delete workers that were last seen before an instant; returns how many."""
    return changed(session, delete(Worker).where(Worker.seen_at < before))


def backoff(tries: int) -> timedelta:
    """Give the pause after so many tries: 1 min, doubling to 6 h, up to a fifth shorter (jitter)."""
    doubled: int = 2 ** min(max(tries - 1, 0), 20)
    pause = min(FIRST_PAUSE * doubled, LONGEST_PAUSE)
    return max(FIRST_PAUSE, pause * random.uniform(0.8, 1.0))


def insert_new(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert those rows whose `key` is not there yet, in multi-row statements; returns how many were new."""
    if not rows:
        return 0
    inserting = _inserting(session.get_bind().dialect.name, table)
    many = [dict(row) for row in rows]
    return len(session.execute(inserting, many if len(many) > 1 else many[0]).all())


@lru_cache
def _inserting(dialect: str, table: Table) -> Any:
    """Make the statement once: building it costs more than running it."""
    # RETURNING makes SQLAlchemy write real multi-row INSERTs, and counts what ON CONFLICT let through.
    return insert_into(dialect, table).on_conflict_do_nothing(index_elements=["key"]).returning(table.c.id)


def claim(
    session: Session, table: Table, *, state: str, worker: str, now: datetime, limit: int, seconds: int
) -> list[int]:
    """Lease due rows of a table that has state, due_at, lease_until, leased_by and tries; returns their ids.

    One statement. SKIP LOCKED lets PostgreSQL's workers pass each other; SQLite has one writer at a time. The
    subselect is a CTE because PostgreSQL may run a plain one several times and then lease more than `limit`.
    """
    columns = table.c
    due = (
        select(columns.id)
        .where(columns.state == state, columns.due_at <= now)
        .where(or_(columns.lease_until.is_(None), columns.lease_until <= now))
        .order_by(columns.due_at, columns.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    statement = (
        update(table)
        .where(columns.id.in_(select(due.c.id)))
        .values(lease_until=now + timedelta(seconds=seconds), leased_by=worker, tries=columns.tries + 1)
        .returning(columns.id)
    )
    return list(session.scalars(statement))


def _held(job_id: int, worker: str) -> Any:
    return update(Job).where(Job.id == job_id, Job.state == "waiting", Job.leased_by == worker)
