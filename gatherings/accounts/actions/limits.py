"""How often something may be tried."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, case, delete, select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Attempt, FreshLink
from gatherings.core.errors import TooMany
from gatherings.core.tokens import digest
from gatherings.core.words import Sentence, say
from gatherings.db import changed
from gatherings.db.types import UtcDateTime
from gatherings.db.upsert import insert_into


def count_attempt(session: Session, kind: str, what: str, *, most: int, window: timedelta, now: datetime) -> bool:
    """Count one attempt at `what` and tell whether it is within `most` per `window`; in the caller's transaction.

    One atomic statement: windows of two processes never differ, and a restart forgets nothing.
    """
    values = {"kind": kind, "key": digest(f"{kind}:{what}"), "now": now, "ends_at": now + window}
    counting = _counting(session.get_bind().dialect.name)
    return int(session.connection().execute(counting, values).scalar_one()) <= most


@lru_cache(maxsize=2)
def _counting(dialect: str) -> Any:
    """Make the statement that counts an attempt, once: each registration runs it twice."""
    made = insert_into(dialect, Attempt.__table__).values(count=1)
    fresh = Attempt.ends_at <= bindparam("now", type_=UtcDateTime())
    return made.on_conflict_do_update(
        index_elements=["kind", "key"],
        set_={
            "count": case((fresh, 1), else_=Attempt.count + 1),
            "ends_at": case((fresh, made.excluded.ends_at), else_=Attempt.ends_at),
        },
    ).returning(Attempt.count)


def limit_attempts(
    session: Session,
    kind: str,
    what: str,
    *,
    most: int,
    window: timedelta,
    now: datetime,
    sentence: Sentence | None = None,
) -> None:
    """Count one attempt and refuse it with TooMany beyond `most` per `window`."""
    if not count_attempt(session, kind, what, most=most, window=window, now=now):
        raise TooMany(
            sentence or say("That was tried very often in a short time. Please wait a little and try again."),
            retry_after=int(window.total_seconds()),
        )


def was_tried(session: Session, kind: str, what: str, *, now: datetime) -> bool:
    """Tell whether an attempt of this kind is still within its window."""
    return session.scalar(_TRIED, {"kind": kind, "key": digest(f"{kind}:{what}"), "now": now}) is not None


def is_spent(session: Session, kind: str, what: str, *, most: int, now: datetime) -> bool:
    """Tell whether all attempts of a window were made; none is counted by asking."""
    values = {"kind": kind, "key": digest(f"{kind}:{what}"), "now": now}
    return session.scalar(_TRIED.where(Attempt.count >= most), values) is not None


_TRIED = select(Attempt.id).where(
    Attempt.kind == bindparam("kind"),
    Attempt.key == bindparam("key"),
    Attempt.ends_at > bindparam("now", type_=UtcDateTime()),
)


def forget_attempts(session: Session, *, now: datetime) -> int:
    """Delete attempts whose window is over (the network part of a row is kept no longer than that)."""
    session.execute(delete(FreshLink).where(FreshLink.expires_at <= now))
    return changed(session, delete(Attempt).where(Attempt.ends_at <= now))
