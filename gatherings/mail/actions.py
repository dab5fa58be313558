"""Write, lease and settle mails of the outbox.

States: queued → sent, failed (given up, shown to organisers) or kept (composed, but no mail server is set);
held waits until somebody releases it. A mail is never dropped silently.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, bindparam, case, delete, false, or_, select, update
from sqlalchemy.orm import Session, undefer

from gatherings.db import changed
from gatherings.jobs.actions import LEASE_SECONDS, MAX_TRIES, backoff, claim, insert_new
from gatherings.mail.models import OutboxMail

BATCH = 500  # rows handed to the database at once

_OUTBOX = cast(Table, OutboxMail.__table__)
_FREE: dict[str, Any] = {"lease_until": None, "leased_by": None}
_EMPTY: dict[str, Any] = {
    "facts": {},
    "mime": None,
    "subject": None,
    "last_error": None,
    "recipient": "",
    "zone": "UTC",
}


@dataclass(frozen=True)
class NewMail:
    """A mail to be posted.

    `key` names its cause ("confirm:<registration>:<sequence>", 200 characters at most); `sender` is the community's
    name; `zone` and `language` are the recipient's; `about` names what it concerns ("registration:<public id>", 60
    characters at most); `facts` is a snapshot of what the mail says, in JSON's types. Without `due_at`: at once.
    """

    key: str
    kind: str
    recipient: str
    sender: str
    zone: str
    language: str = "en"
    about: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None


def message_id(key: str, domain: str) -> str:
    """Make the Message-ID that all copies of one mail share, from its key alone (reliability.md rule 3)."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def post(
    session: Session,
    *,
    key: str,
    kind: str,
    recipient: str,
    sender: str,
    zone: str,
    language: str = "en",
    about: str = "",
    facts: Mapping[str, Any],
    now: datetime,
    due_at: datetime | None = None,
    domain: str,
) -> bool:
    """Put one mail into the outbox, once for each key; returns whether it is new. Fields as in NewMail.

    `domain` is that of MAIL_FROM and stands in the Message-ID.
    """
    mail = NewMail(key, kind, recipient, sender, zone, language, about, facts, due_at)
    return post_many(session, [mail], now=now, domain=domain) == 1


def post_many(session: Session, mails: Iterable[NewMail], *, now: datetime, domain: str) -> int:
    """Put many mails into the outbox with few statements; returns how many were new."""
    new, batch = 0, list[dict[str, Any]]()
    for mail in mails:
        batch.append(_row(mail, now, domain))
        if len(batch) == BATCH:
            new += insert_new(session, _OUTBOX, batch)
            batch.clear()
    return new + insert_new(session, _OUTBOX, batch)


def lease(
    session: Session, *, worker: str, now: datetime, limit: int = 20, seconds: int = LEASE_SECONDS
) -> list[OutboxMail]:
    """Take up to `limit` due mails for `seconds`, oldest first, with their stored bytes; each lease is one try."""
    ids = claim(session, _OUTBOX, state="queued", worker=worker, now=now, limit=limit, seconds=seconds)
    if not ids:
        return []
    statement = select(OutboxMail).where(OutboxMail.id.in_(ids)).options(undefer(OutboxMail.mime))
    return list(session.scalars(statement.order_by(OutboxMail.due_at, OutboxMail.id)))


def renew(
    session: Session, *, ids: Sequence[int], worker: str, now: datetime, seconds: int = LEASE_SECONDS
) -> set[int]:
    """Prolong leases that this worker still has; returns their ids. What is missing belongs to somebody else."""
    statement = update(OutboxMail).where(OutboxMail.id.in_(ids)).where(*_leased(worker))
    statement = statement.values(lease_until=now + timedelta(seconds=seconds))
    return set(session.scalars(statement.returning(OutboxMail.id), execution_options={"synchronize_session": False}))


def store_composed(
    session: Session, *, mail_id: int, worker: str, subject: str, mime: bytes, keep: bool = False
) -> bool:
    """Store the finished bytes before the first attempt; all attempts send these. `keep`: nobody will send them.

    Returns False, storing nothing, when the lease is lost or bytes are there already: then those count.
    """
    changes: dict[str, Any] = {"subject": subject, "mime": mime}
    if keep:
        changes |= {"state": "kept", "last_error": None} | _FREE
    statement = update(OutboxMail).where(OutboxMail.id == mail_id, OutboxMail.mime.is_(None), *_leased(worker))
    done = changed(session, statement.values(changes)) == 1
    if keep:
        _forget(session, mail_id)
    return done


def keep(session: Session, *, mail_id: int, worker: str) -> bool:
    """Leave a composed mail in the outbox to be read there: no mail server is set."""
    statement = update(OutboxMail).where(OutboxMail.id == mail_id, *_leased(worker))
    done = changed(session, statement.values({"state": "kept"} | _FREE)) == 1
    _forget(session, mail_id)
    return done


def mark_sent(session: Session, *, mail_id: int, now: datetime) -> bool:
    """Note that the server took a mail. The lease is not asked for: what was sent was sent."""
    changes = {"state": "sent", "sent_at": now, "last_error": None} | _FREE
    done = changed(session, _queued(mail_id).values(changes)) == 1
    _forget(session, mail_id)
    return done


def _forget(session: Session, mail_id: int) -> None:
    """Empty a mail that has been dealt with and whose cause was erased meanwhile; of the others, forget secrets.

    A fresh link's secret is kept nowhere but as a digest, once its mail is gone (`facts["secret"]` holds it until
    then, and the bytes do). A mail that is kept to be read, without a mail server, stays readable.
    """
    for statement in (_FORGET_ALL, _FORGET_SECRET):
        session.execute(statement, {"mail_id": mail_id})


_THIS, _GONE = OutboxMail.id == bindparam("mail_id"), OutboxMail.state.in_(("sent", "failed"))
# Made once: building such a statement costs more than running it.
_FORGET_ALL = (
    update(_OUTBOX).where(_THIS, OutboxMail.forget.is_(True), _GONE | (OutboxMail.state == "kept")).values(_EMPTY)
)
_SECRET = OutboxMail.facts["secret"].as_string().is_not(None)
_FORGET_SECRET = update(_OUTBOX).where(_THIS, _GONE, _SECRET).values(facts={}, mime=None)


def retry_later(session: Session, *, mail_id: int, worker: str, now: datetime, error: str) -> str | None:
    """Put a mail back after a fault of its own, with a pause growing from 1 min to 6 h, or give it up after its tries.

    Returns the new state, None when the mail is no longer this worker's.
    """
    tries = session.scalar(select(OutboxMail.tries).where(OutboxMail.id == mail_id, *_leased(worker)))
    if tries is None:
        return None
    state = "failed" if tries >= MAX_TRIES else "queued"
    changes: dict[str, Any] = {"state": state, "due_at": now + backoff(tries), "last_error": error[:2000]} | _FREE
    changed(session, _queued(mail_id).values(changes))
    _forget(session, mail_id)
    return state


def put_back(
    session: Session, *, ids: Sequence[int], worker: str, error: str | None = None, due_at: datetime | None = None
) -> int:
    """Put mails back after a fault of the server's: no try is counted; due as before unless `due_at` is given."""
    changes: dict[str, Any] = {"tries": case((OutboxMail.tries > 0, OutboxMail.tries - 1), else_=0)} | _FREE
    if error is not None:
        changes["last_error"] = error[:2000]
    if due_at is not None:
        changes["due_at"] = due_at
    statement = update(OutboxMail).where(OutboxMail.id.in_(ids), *_leased(worker))
    return changed(session, statement.values(changes))


def give_up(session: Session, *, mail_id: int, error: str) -> bool:
    """Mark a mail failed, with words for whoever looks after it."""
    done = changed(session, _queued(mail_id).values({"state": "failed", "last_error": error[:2000]} | _FREE)) == 1
    _forget(session, mail_id)
    return done


def hold_queued(session: Session, *, created_before: datetime) -> int:
    """Hold back queued mails that are older than an instant: after a restore they may have gone out already."""
    statement = update(OutboxMail).where(OutboxMail.state == "queued", OutboxMail.created_at < created_before)
    return changed(session, statement.values({"state": "held"} | _FREE))


def release_held(session: Session, *, now: datetime, ids: Sequence[int] | None = None) -> int:
    """Queue held mails again (all of them, or those in `ids`); returns how many. Their tries begin anew."""
    statement = update(OutboxMail).where(OutboxMail.state == "held")
    if ids is not None:
        statement = statement.where(OutboxMail.id.in_(ids))
    # Composed anew, with today's Date, under the same Message-ID.
    return changed(session, statement.values(state="queued", due_at=now, tries=0, subject=None, mime=None))


def purge_bodies(session: Session, *, before: datetime) -> int:
    """Empty mails that were dealt with before an instant, address included (reliability.md 5: after 30 days).

    What stays is what happened: key, kind, what it was about, state and times.
    """
    over = or_(OutboxMail.sent_at < before, OutboxMail.sent_at.is_(None) & (OutboxMail.created_at < before))
    statement = update(OutboxMail).where(OutboxMail.state.in_(("sent", "kept", "failed")), OutboxMail.recipient != "")
    return changed(session, statement.where(over).values(_EMPTY))


def forget(
    session: Session, abouts: Sequence[str], *, recipient: str | None = None, last_words: Collection[str] = ()
) -> int:
    """Erase what mails about these things (and all to `recipient`) say and to whom; returns how many rows.

    Those that wait are deleted, but for the kinds of `last_words` (a cancellation must still reach the calendar):
    they go out and are emptied the moment they are dealt with. The rest of a row (key, kind, state, times) stays, so
    that the same cause still makes no second mail.
    """
    to_them = OutboxMail.recipient == recipient if recipient is not None else false()
    mine = or_(OutboxMail.about.in_(abouts), to_them)
    waiting, last = OutboxMail.state.in_(("queued", "held")), OutboxMail.kind.in_(last_words)
    deleted = changed(session, delete(OutboxMail).where(mine, waiting, ~last))
    changed(session, update(OutboxMail).where(mine, waiting, last).values(forget=True))
    return deleted + changed(session, update(OutboxMail).where(mine, ~waiting).values(_EMPTY))


def forget_letters(session: Session, recipient: Any, public_id: str) -> int:
    """Erase what organisers' letters to somebody say because of one registration or membership (facts["of"]).

    `recipient` is an address, or a subquery that gives it. Those that wait are deleted; the rest of a row stays.
    """
    mine = (OutboxMail.recipient == recipient, OutboxMail.facts["of"]["public_id"].as_string() == public_id)
    waiting = OutboxMail.state.in_(("queued", "held"))
    deleted = changed(session, delete(OutboxMail).where(*mine, waiting))
    return deleted + changed(session, update(OutboxMail).where(*mine, ~waiting).values(_EMPTY))


def _row(mail: NewMail, now: datetime, domain: str) -> dict[str, Any]:
    return {
        "key": mail.key,
        "kind": mail.kind,
        "recipient": mail.recipient,
        "sender": mail.sender,
        "zone": mail.zone,
        "language": mail.language,
        "about": mail.about,
        "facts": dict(mail.facts),
        "message_id": message_id(mail.key, domain),
        "due_at": mail.due_at or now,
        "created_at": now,
    }


def _queued(mail_id: int) -> Any:
    return update(OutboxMail).where(OutboxMail.id == mail_id, OutboxMail.state == "queued")


def _leased(worker: str) -> tuple[Any, Any]:
    return OutboxMail.state == "queued", OutboxMail.leased_by == worker
