"""What a provider tells us: stored once, worked afterwards. It proves nothing: the truth is asked for."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from gatherings.config import Site
from gatherings.db import changed
from gatherings.db.session import current_session, transact
from gatherings.db.upsert import insert_into
from gatherings.jobs.actions import LEASE_SECONDS, MAX_TRIES, backoff
from gatherings.payments.actions.disputing import note_dispute
from gatherings.payments.actions.refunding import note_returned
from gatherings.payments.actions.settling import settle
from gatherings.payments.models import Attempt, Notice
from gatherings.payments.providers import Away, Missing, Provider, Told
from gatherings.tickets.models import Order

log = logging.getLogger(__name__)


def store(session: Session, told: Told, provider: str, *, now: datetime) -> bool:
    """Write a notice down, once for each id; gives whether it is new."""
    row = {
        "provider": provider, "reference": told.reference[:255], "kind": told.kind[:80], "about": told.about[:255],
        "made_at": told.made_at, "state": "new", "due_at": now, "received_at": now,
    }  # fmt: skip
    inserting = insert_into(session.get_bind().dialect.name, Notice.__table__)
    kept = inserting.on_conflict_do_nothing(index_elements=["provider", "reference"]).returning(Notice.__table__.c.id)
    return session.execute(kept, row).first() is not None


def lease(session: Session, *, now: datetime, limit: int) -> list[int]:
    """Take up to so many notices that are due, oldest first; each counts as one try."""
    due = (
        select(Notice.id)
        .where(Notice.state == "new", Notice.due_at <= now)
        .where(or_(Notice.leased_until.is_(None), Notice.leased_until <= now))
        .order_by(Notice.due_at, Notice.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    leased = (
        update(Notice)
        .where(Notice.id.in_(select(due.c.id)))
        .values(leased_until=now + timedelta(seconds=LEASE_SECONDS), tries=Notice.tries + 1)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(session.scalars(leased))


def work(provider: Provider, notice_id: int, site: Site, *, now: datetime) -> bool:
    """Work one leased notice: ask the provider about what it names, and write down the answer.

    Outside of any transaction. Raises Away; the notice is put off then. Whatever else goes wrong is tried again, and
    given up in the end, where `gatherings check` shows it.
    """
    row = (
        current_session()
        .execute(
            select(Notice.kind, Notice.about, Notice.provider).where(Notice.id == notice_id, Notice.state == "new")
        )
        .one_or_none()
    )
    if row is None:
        return False
    kind, about, by = row
    if by != provider.name:
        transact(finish, notice_id, "ignored", now=now)
        return True
    try:
        state = _act(provider, kind, about, site, now=now)
    except Missing:
        state = "ignored"  # of an account or a mode that our key is not of
    except Away as error:
        transact(put_off, notice_id, str(error), now=now, counts=False)
        raise
    transact(finish, notice_id, "done" if state == "noted" else "ignored", now=now)
    return True


def _act(provider: Provider, kind: str, about: str, site: Site, *, now: datetime) -> str:
    if kind.startswith("checkout.session."):
        seen = provider.look(about)
        order_id = current_session().scalar(select(Attempt.order_id).where(Attempt.session_id == seen.session_id))
        if order_id is None:
            order_id = current_session().scalar(select(Order.id).where(Order.public_id == seen.order))
        if order_id is None:
            log.warning("a session of the provider is of no order here: %s", about)
            return "ignored"
        transact(settle, order_id, seen, site, now=now, provider=provider.name)
        return "noted"
    if kind.startswith("refund."):
        return transact(note_returned, provider.look_refund(about), provider.name, site, now=now)
    if kind.startswith("charge.dispute."):
        return transact(note_dispute, provider.look_dispute(about), provider.name, site, now=now)
    return "ignored"


def finish(session: Session, notice_id: int, state: str, *, now: datetime) -> None:
    """Write down that a notice is worked."""
    session.execute(
        update(Notice)
        .where(Notice.id == notice_id, Notice.state == "new")
        .values(state=state, worked_at=now, leased_until=None, error="")
    )


def put_off(session: Session, notice_id: int, words: str, *, now: datetime, counts: bool = True) -> str:
    """Work a notice again later; gives its state, "failed" after its tries. `counts` False: it was not its fault."""
    notice = session.get_one(Notice, notice_id)
    if notice.state != "new":
        return notice.state
    notice.due_at, notice.leased_until, notice.error = now + backoff(notice.tries), None, words[:300]
    if not counts:
        notice.tries = max(0, notice.tries - 1)
        notice.due_at = now + timedelta(seconds=30)
    elif notice.tries >= MAX_TRIES:
        notice.state = "failed"
    return notice.state


def count_failed(session: Session) -> int:
    """Count notices that were given up: `gatherings check` says so."""
    return session.scalar(select(func.count(Notice.id)).where(Notice.state == "failed")) or 0


def forget_worked(session: Session, *, before: datetime) -> int:
    """Delete notices worked before an instant; returns how many. A provider repeats none that is so old."""
    return changed(session, delete(Notice).where(Notice.state.in_(("done", "ignored")), Notice.worked_at < before))
