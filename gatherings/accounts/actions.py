"""People and what they may try how often."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, case, delete, select, update
from sqlalchemy.orm import Session

from gatherings.accounts.models import Attempt, FreshLink, Person
from gatherings.accounts.rules import Address
from gatherings.core.errors import NotFound, TooMany
from gatherings.core.tokens import digest, new_public_id, new_secret
from gatherings.core.words import Sentence, say
from gatherings.db.types import UtcDateTime
from gatherings.db.upsert import insert_into

FRESH_LINK_LIFE = timedelta(minutes=60)


def find_or_make_person(session: Session, address: Address, *, now: datetime) -> Person:
    """Find the person of an address, or make one; two who come at once with one address get the same row."""
    person, _new = meet_person(session, address, now=now)
    return person


def meet_person(session: Session, address: Address, *, now: datetime) -> tuple[Person, bool]:
    """Find the person of an address, or make one; tell whether this very transaction made them: they have no past."""
    values = {"new_id": new_public_id(), "new_key": address.key, "new_address": address.display, "now": now}
    made = session.scalars(_making(session.get_bind().dialect.name), values).one_or_none()
    return (made, True) if made is not None else (session.scalars(_KNOWN, values).one(), False)


# Made once, as others below: building such a statement costs more than running it.
@lru_cache(maxsize=2)
def _making(dialect: str) -> Any:
    made = insert_into(dialect, Person.__table__).values(
        public_id=bindparam("new_id"), key=bindparam("new_key"), address=bindparam("new_address"), feed_version=1,
        created_at=bindparam("now"),
    )  # fmt: skip
    made = made.on_conflict_do_nothing(index_elements=["key"]).returning(*Person.__table__.columns)
    return select(Person).from_statement(made)


# Locked where the database locks rows: the same person at the same event twice at once must come one by one.
_KNOWN = select(Person).where(Person.key == bindparam("new_key")).with_for_update(key_share=True)


def find_person(session: Session, key: str) -> Person | None:
    """Find the person of a normalised address."""
    return session.scalars(select(Person).where(Person.key == key)).one_or_none()


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


_TRIED = select(Attempt.id).where(
    Attempt.kind == bindparam("kind"),
    Attempt.key == bindparam("key"),
    Attempt.ends_at > bindparam("now", type_=UtcDateTime()),
)


def forget_attempts(session: Session, *, now: datetime) -> int:
    """Delete attempts whose window is over (the network part of a row is kept no longer than that)."""
    done = session.execute(delete(Attempt).where(Attempt.ends_at <= now))
    session.execute(delete(FreshLink).where(FreshLink.expires_at <= now))
    return int(done.rowcount)  # type: ignore[attr-defined]  # a DELETE gives a CursorResult


def make_fresh_link(session: Session, person: Person, purpose: str, *, now: datetime) -> str:
    """Make the one live link of a person for a purpose; give its secret, of which only the digest is kept."""
    session.execute(delete(FreshLink).where(FreshLink.person_id == person.id, FreshLink.purpose == purpose))
    secret = new_secret()
    session.add(
        FreshLink(digest=digest(secret), purpose=purpose, person_id=person.id, expires_at=now + FRESH_LINK_LIFE)
    )
    return secret


def person_of_fresh_link(session: Session, secret: str, purpose: str, *, now: datetime) -> Person:
    """Give the person of a live fresh link; raises NotFound."""
    person = session.scalars(
        select(Person)
        .join(FreshLink, FreshLink.person_id == Person.id)
        .where(FreshLink.digest == digest(secret), FreshLink.purpose == purpose, FreshLink.expires_at > now)
    ).one_or_none()
    if person is None:
        raise NotFound(say("This link is too old or was used up. Please ask for a new one."))
    return person


def end_fresh_links(session: Session, person_id: int) -> int:
    """End all fresh links of a person; gives how many there were: of two who use one at once, one gets 0."""
    done = session.execute(delete(FreshLink).where(FreshLink.person_id == person_id))
    return int(done.rowcount)  # type: ignore[attr-defined]  # a DELETE gives a CursorResult


def renew_feed(session: Session, person_id: int) -> None:
    """Give a person's calendar feed a new address; the old one is nothing from now on."""
    session.execute(update(Person).where(Person.id == person_id).values(feed_version=Person.feed_version + 1))
