"""The worker's loop: periodic jobs, due jobs, and whatever else it is given to drain.

Jobs and each drain run in a thread of their own, so that a mail server that hangs holds up no job, and a further
one gives the sign of life. Several loops, in one process or on many machines, share the rows by leases.
"""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gatherings.core.clock import utc_now
from gatherings.core.errors import Busy
from gatherings.db.session import current_session, transact, unavailable
from gatherings.jobs import actions, queries
from gatherings.jobs.models import Job

log = logging.getLogger(__name__)

Handler = Callable[[Session, dict[str, Any], datetime], object]
Drain = Callable[[str, datetime], int]

FIRST_WAIT = 0.3  # seconds between looks when nothing is due, doubling to …
LONGEST_WAIT = 2.0
HEARTBEAT = 10.0  # seconds; `/readyz` complains after 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Periodic:
    """A kind of job made once for each period; periods are counted from 1970 in UTC.

    The job's payload has `period_start` (ISO 8601). Periods that passed while no worker ran are not made up for.
    """

    kind: str
    every: timedelta

    def start_of_period(self, now: datetime) -> datetime:
        """Give the instant at which the current period began."""
        return now - (now - _EPOCH) % self.every


def new_worker_name() -> str:
    """Make a name that no other worker has, also not the same process after a restart; 60 characters at most."""
    return f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(4)}"


class Loop:
    """Do what is due until told to stop.

    `handlers` maps a job's kind to `handler(session, payload, now)`, run inside the transaction that marks the job
    done: no effect outside the database. Each of `drains` does some work and returns how much it did; it needs the
    same rows' leases or guards, because other loops run it too. `name` must be unique (`new_worker_name`).
    """

    def __init__(
        self,
        app: Flask,
        name: str,
        *,
        drains: Sequence[Drain] = (),
        handlers: Mapping[str, Handler] | None = None,
        periodic: Sequence[Periodic] = (),
    ) -> None:
        self.name = name
        self._app = app
        self._drains = tuple(drains)
        self._handlers = dict(handlers or {})
        self._periodic = tuple(periodic)
        self._made: dict[str, datetime] = {}
        unknown = [each.kind for each in self._periodic if each.kind not in self._handlers]
        if unknown:
            raise ValueError(f"no handler for the periodic jobs {', '.join(unknown)}")

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then finish the pieces in hand and return.

        Whatever goes wrong is logged here and tried again; a database that is away is waited for.
        """
        lanes = [threading.Thread(target=self._lane, args=(self._next_job, stop), name=f"{self.name} jobs")]
        for number, drain in enumerate(self._drains, start=1):
            lanes.append(threading.Thread(target=self._lane, args=(drain, stop), name=f"{self.name} drain {number}"))
        life = threading.Event()
        heart = threading.Thread(target=self._heart, args=(life,), name=f"{self.name} heart")
        for thread in (heart, *lanes):
            thread.start()
        log.info("worker %s started", self.name)
        try:
            stop.wait()
        finally:
            stop.set()  # also when the waiting was interrupted
            for lane in lanes:
                lane.join()
            life.set()  # the sign of life goes on while the last pieces are finished
            heart.join()
        log.info("worker %s stopped", self.name)

    def run_once(self, now: datetime) -> int:
        """Do everything that is due at `now`, in this thread; returns how many pieces. For tests and commands.

        Jobs that fail are put back as in `run`; other errors come out.
        """
        total = 0
        while True:
            done = 0
            for work in (self._next_job, *self._drains):
                while count := self._piece(work, now):
                    done += count
            if not done:
                return total
            total += done

    def _lane(self, work: Drain, stop: threading.Event) -> None:
        wait = FIRST_WAIT
        while not stop.is_set():
            try:
                done = self._piece(work, utc_now())
            except Exception as error:  # the edge: nobody else is there to log it and go on
                _tell(error)
                done, wait = 0, LONGEST_WAIT
            if done:
                wait = FIRST_WAIT
            else:
                stop.wait(wait)
                wait = min(wait * 2, LONGEST_WAIT)

    def _heart(self, life: threading.Event) -> None:
        started_at = utc_now()
        while not life.is_set():
            try:
                with self._app.app_context():
                    transact(actions.beat, worker=self.name, started_at=started_at, now=utc_now())
            except Exception as error:  # the edge, as above
                _tell(error)
            life.wait(HEARTBEAT)
        try:
            with self._app.app_context():
                transact(actions.leave, worker=self.name)
        except Exception as error:  # the edge, as above
            _tell(error)

    def _piece(self, work: Drain, now: datetime) -> int:
        """Run one piece of work in an app context of its own; its session is removed with the context."""
        with self._app.app_context():
            return work(self.name, now)

    def _next_job(self, worker: str, now: datetime) -> int:
        self._make_periodic(now)
        if not queries.any_due(current_session(), now):
            return 0
        jobs = transact(actions.lease, worker=worker, now=now)
        for job in jobs:
            self._do(job, now)
        return len(jobs)

    def _make_periodic(self, now: datetime) -> None:
        for each in self._periodic:
            start = each.start_of_period(now)
            if self._made.get(each.kind) == start:
                continue
            stamp = start.isoformat()
            transact(
                actions.enqueue,
                kind=each.kind, key=f"{each.kind}:{stamp}", due_at=start, payload={"period_start": stamp}, now=now,
            )  # fmt: skip
            self._made[each.kind] = start

    def _do(self, job: Job, now: datetime) -> None:
        """Run one leased job; its failure is written down and nobody else's concern."""
        try:
            transact(self._effect, job=job, now=now)
        except Exception as error:  # the edge: a job may fail in any way
            if _database_away(error):
                transact(actions.put_back, job_id=job.id, worker=self.name)
                raise
            log.exception("job %s (%s) failed at try %s", job.id, job.kind, job.tries)
            words = f"{type(error).__name__}: {error}"
            state = transact(actions.retry_later, job_id=job.id, worker=self.name, now=now, error=words)
            if state == "failed":
                log.error("job %s (%s) is given up after %s tries", job.id, job.kind, job.tries)

    def _effect(self, session: Session, *, job: Job, now: datetime) -> None:
        handler = self._handlers.get(job.kind)
        if handler is None:
            raise LookupError(f"no handler for jobs of kind {job.kind}")
        if actions.finish(session, job_id=job.id, worker=self.name, now=now):
            handler(session, dict(job.payload), now)


def _database_away(error: Exception) -> bool:
    return isinstance(error, Busy) or (isinstance(error, DBAPIError) and unavailable(error))


def _tell(error: Exception) -> None:
    if _database_away(error):
        log.warning("the database cannot take the work now; it will be tried again")
    else:
        log.error("a piece of work failed", exc_info=error)
