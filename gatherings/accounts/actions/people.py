"""People: found or made by their address."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.accounts.rules import Address
from gatherings.core.tokens import new_public_id
from gatherings.db.upsert import insert_into


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


def renew_feed(session: Session, person_id: int) -> None:
    """Give a person's calendar feed a new address; the old one is nothing from now on."""
    session.execute(update(Person).where(Person.id == person_id).values(feed_version=Person.feed_version + 1))


def rename(session: Session, person_id: int, name: str) -> None:
    """Set the name by which colleagues see an organiser."""
    session.execute(update(Person).where(Person.id == person_id).values(name=name))
