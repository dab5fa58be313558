"""Reads of people, of their sessions and of the links that make them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.models import Person, SignIn, SignInLink
from gatherings.core.errors import NotFound
from gatherings.core.tokens import digest
from gatherings.core.words import say


def find_sign_in(session: Session, stored: str, *, now: datetime) -> SignIn | None:
    """Find the live session by what is stored of its cookie's secret, with its person; None for one that ended."""
    return session.scalars(
        select(SignIn).where(SignIn.digest == stored, SignIn.expires_at > now).options(joinedload(SignIn.person))
    ).one_or_none()


def list_sign_ins(session: Session, person_id: int, *, now: datetime) -> Sequence[SignIn]:
    """List somebody's live sessions, the one seen last first."""
    return session.scalars(
        select(SignIn)
        .where(SignIn.person_id == person_id, SignIn.expires_at > now)
        .order_by(SignIn.seen_at.desc(), SignIn.id.desc())
    ).all()


def find_sign_in_link(session: Session, secret: str, *, now: datetime) -> tuple[SignInLink, Person]:
    """Find a mailed link that may still be used, and whom it signs in; raises NotFound with the reason in words."""
    found = session.execute(
        select(SignInLink, Person)
        .join(Person, Person.id == SignInLink.person_id)
        .where(SignInLink.digest == digest(secret))
    ).one_or_none()
    if found is None:
        raise NotFound(say("This link was replaced by a newer one, or it did not arrive whole."))
    if found[0].used_at is not None:
        raise NotFound(say("This link was used already. Each works once."))
    if found[0].expires_at <= now:
        raise NotFound(say("This link is too old."))
    return found[0], found[1]
