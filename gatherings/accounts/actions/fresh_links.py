"""Links that are mailed to an address for one purpose and live for a short time."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gatherings.accounts.models import FreshLink, Person
from gatherings.core.errors import NotFound
from gatherings.core.tokens import digest, new_secret
from gatherings.core.words import say
from gatherings.db import changed

FRESH_LINK_LIFE = timedelta(minutes=60)


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
    return changed(session, delete(FreshLink).where(FreshLink.person_id == person_id))
