"""What the worker's loop runs for the outbox: lease, compose once, send, settle.

No transaction is open while the server is spoken to. Each accepted mail is marked before the next one is sent, so a
killed worker repeats one at most, under the same Message-ID. A fault counts against a mail only when the server took
another one meanwhile; otherwise the server is at fault, nothing is counted, and the pauses stay short, so that all
mail goes out soon after its return (reliability.md B4).
"""

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gatherings.config import Settings
from gatherings.core.clock import utc_now
from gatherings.core.errors import Busy
from gatherings.db.session import current_session, transact, unavailable
from gatherings.jobs.actions import LEASE_SECONDS
from gatherings.mail import actions, queries
from gatherings.mail.message import Letter, build, composed_at
from gatherings.mail.models import OutboxMail
from gatherings.mail.transport import MAIL_BUDGET, Away, Lost, Outcome, Refused, Sent, Transport, TryLater
from gatherings.web.i18n import speaking

log = logging.getLogger(__name__)

Composer = Callable[[OutboxMail], Letter]

BATCH = 20
GIVE_UP_AFTER = timedelta(hours=72)  # from the first attempt
RETURNS = (15.0, 30.0)  # seconds until a mail is tried again that failed through no fault of its own


@dataclass(frozen=True)
class Pauses:
    """Seconds for which the server is left alone after it took nothing: the first pause, doubling to the longest."""

    first: float = 1.0
    longest: float = 30.0


@dataclass
class _Batch:
    """What became of a batch: mails the server put off, mails not tried at all, and whether it took any."""

    taken: int = 0
    settled: int = 0
    put_off: list[tuple[OutboxMail, str]] = field(default_factory=list)
    rest: list[OutboxMail] = field(default_factory=list)
    words: str = ""


def drain(
    app: Flask,
    composers: Mapping[str, Composer],
    settings: Settings,
    *,
    pauses: Pauses | None = None,
    open_transport: Callable[[], Transport] | None = None,
) -> Callable[[str, datetime], int]:
    """Make the outbox's drain for one loop: `(worker, now)` deals with a batch of due mails and returns how many.

    A composer turns a mail's facts into a Letter; it may read the database and render templates, in the recipient's
    language, and writes nothing. Without `settings.smtp` mails are composed and kept for reading. `open_transport`
    is for tests that need shorter time limits.
    """
    return _Drain(app, composers, settings, pauses or Pauses(), open_transport)


class _Drain:
    def __init__(
        self,
        app: Flask,
        composers: Mapping[str, Composer],
        settings: Settings,
        pauses: Pauses,
        open_transport: Callable[[], Transport] | None,
    ) -> None:
        self._app = app
        self._composers = composers
        self._settings = settings
        self._pauses = pauses
        self._pause = 0.0
        self._closed_until = 0.0  # monotonic
        self._unmarked: dict[int, datetime] = {}
        self._lease_ends = 0.0  # monotonic
        if open_transport is None and settings.smtp is not None:
            domain = settings.mail_from.rpartition("@")[2]
            open_transport = partial(Transport, settings.smtp, name=domain)
        self._open_transport = open_transport

    def __call__(self, worker: str, now: datetime) -> int:
        with self._app.app_context():
            self._mark_unmarked()
            if time.monotonic() < self._closed_until or not queries.any_due(current_session(), now):
                return 0
            self._lease_ends = time.monotonic() + LEASE_SECONDS
            mails = transact(actions.lease, worker=worker, now=now, limit=BATCH)
            # A composer may read: the next writing transaction ends what it began, and all that is in the session.
            current_session().expunge_all()
            ready = self._compose(mails, worker, now)
            if self._open_transport is None:
                return len(mails)
            batch = self._send(ready, worker, self._open_transport)
            self._settle(batch, worker, now)
            self._rest(batch)
            return len(mails) - len(batch.rest) - (0 if batch.taken else len(batch.put_off))

    # Composing

    def _compose(self, mails: Sequence[OutboxMail], worker: str, now: datetime) -> list[OutboxMail]:
        """Compose what has no bytes yet and store them; returns the mails that can be sent."""
        composed: list[tuple[OutboxMail, str, bytes]] = []
        for mail in mails:
            if mail.mime is not None:
                continue
            try:
                composed.append((mail, *self._write(mail, now)))
            except Exception as error:  # the worker's edge: whatever a template does, the rest goes on
                if isinstance(error, Busy) or (isinstance(error, DBAPIError) and unavailable(error)):
                    raise
                log.exception("mail %s (%s) cannot be composed", mail.id, mail.kind)
                self._retry_later(mail, worker, now, f"{type(error).__name__}: {error}")
        return transact(self._store, mails=mails, composed=composed, worker=worker)

    def _write(self, mail: OutboxMail, now: datetime) -> tuple[str, bytes]:
        compose = self._composers.get(mail.kind)
        if compose is None:
            raise LookupError(f"nobody knows how to write mails of kind {mail.kind}")
        with speaking(mail.language):
            letter = compose(mail)
        mime = build(
            letter,
            sender_name=mail.sender,
            mail_from=self._settings.mail_from,
            recipient=mail.recipient,
            message_id=mail.message_id,
            date=now,
        )
        return letter.subject, mime

    def _store(
        self,
        session: Session,
        *,
        mails: Sequence[OutboxMail],
        composed: Sequence[tuple[OutboxMail, str, bytes]],
        worker: str,
    ) -> list[OutboxMail]:
        keep = self._open_transport is None
        ready = {mail.id for mail in mails if mail.mime is not None}
        if keep:
            for mail_id in ready:
                actions.keep(session, mail_id=mail_id, worker=worker)
        fresh: dict[int, bytes] = {}
        for mail, subject, mime in composed:
            if actions.store_composed(session, mail_id=mail.id, worker=worker, subject=subject, mime=mime, keep=keep):
                fresh[mail.id] = mime
        for mail in mails:
            if mail.id in fresh:
                mail.mime = fresh[mail.id]  # of a detached object: the row has it already
        return [mail for mail in mails if mail.id in ready or mail.id in fresh]

    # Sending

    def _send(self, mails: Sequence[OutboxMail], worker: str, open_transport: Callable[[], Transport]) -> _Batch:
        batch = _Batch()
        losses = 0
        with open_transport() as transport:
            for number, mail in enumerate(mails):
                if not self._still_ours(mails[number:], worker):
                    continue
                outcome = transport.send(self._settings.mail_from, mail.recipient, mail.mime or b"")
                self._note(batch, mail, outcome)
                losses = losses + 1 if isinstance(outcome, Lost) else 0
                if isinstance(outcome, Away):
                    batch.rest = list(mails[number:])
                elif losses == 2 or (isinstance(outcome, Lost) and outcome.silent):
                    batch.rest = list(mails[number + 1 :])
                else:
                    continue
                break
        return batch

    def _still_ours(self, mails: Sequence[OutboxMail], worker: str) -> bool:
        """Prolong the lease of what is left when it could end while the first of it is being sent."""
        if time.monotonic() + MAIL_BUDGET < self._lease_ends:
            return True
        ends = time.monotonic() + LEASE_SECONDS
        ids = [mail.id for mail in mails]
        ours: set[int] = transact(actions.renew, ids=ids, worker=worker, now=utc_now())
        if len(ours) == len(ids):
            self._lease_ends = ends
        return mails[0].id in ours

    def _note(self, batch: _Batch, mail: OutboxMail, outcome: Outcome) -> None:
        match outcome:
            case Sent():
                batch.taken += 1
                self._unmarked[mail.id] = utc_now()
                self._mark_unmarked()
            case Refused(words):
                log.error("mail %s (%s) is refused: %s", mail.id, mail.kind, words)
                transact(actions.give_up, mail_id=mail.id, error=words)
            case TryLater(words) | Lost(words):
                batch.put_off.append((mail, words))
                batch.words = words
            case Away(words):
                batch.words = words

    def _mark_unmarked(self) -> None:
        """Mark what the server took. Kept in memory until the database takes the mark, too."""
        for mail_id, sent_at in list(self._unmarked.items()):
            transact(actions.mark_sent, mail_id=mail_id, now=sent_at)
            del self._unmarked[mail_id]

    # Settling

    def _settle(self, batch: _Batch, worker: str, now: datetime) -> None:
        """Put back what did not go out; what has been tried for three days is given up."""
        waiting = [(mail, words, True) for mail, words in batch.put_off]
        waiting += [(mail, batch.words, False) for mail in batch.rest]
        for mail, words, tried in waiting:
            first_try = composed_at(mail.mime or b"")
            if first_try is not None and now - first_try > GIVE_UP_AFTER:
                log.error("mail %s (%s) is given up: %s", mail.id, mail.kind, words)
                transact(actions.give_up, mail_id=mail.id, error=words)
            elif tried and batch.taken:
                self._retry_later(mail, worker, now, words)
            elif tried:
                again = now + timedelta(seconds=random.uniform(*RETURNS))
                transact(actions.put_back, ids=[mail.id], worker=worker, error=words, due_at=again)
        untried = [mail.id for mail in batch.rest]
        if untried:
            transact(actions.put_back, ids=untried, worker=worker, error=batch.words)

    def _retry_later(self, mail: OutboxMail, worker: str, now: datetime, words: str) -> None:
        state = transact(actions.retry_later, mail_id=mail.id, worker=worker, now=now, error=words)
        if state == "failed":
            log.error("mail %s (%s) is given up after %s tries: %s", mail.id, mail.kind, mail.tries, words)

    def _rest(self, batch: _Batch) -> None:
        """Leave the server alone for a while when it took nothing, longer each time."""
        if batch.taken or not (batch.put_off or batch.rest):
            self._pause = 0.0
            return
        self._pause = min(max(self._pause * 2, self._pauses.first), self._pauses.longest)
        self._closed_until = time.monotonic() + self._pause
        log.warning("the mail server takes nothing now (%s); next try in %.0f s", batch.words, self._pause)
