"""An organiser registers somebody by hand."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.config import Site
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.registration import rules
from gatherings.registration.actions.registering import get_open_event, pool_of, register
from gatherings.registration.actions.waiting import lock_pools
from gatherings.registration.models import Registration
from gatherings.registration.rules import Outcome, Wanted


def register_by_hand(
    session: Session, event_id: int, wanted: Wanted, site: Site, *, over: bool, actor: str, now: datetime
) -> tuple[Outcome, int | None]:
    """Register somebody; give the outcome, and how many places there are now if one was made for them.

    `over`: where it is full they get a place all the same, before those who wait, and there is one place more from
    now on; else they wait like everybody else. Raises as `register` does, and Conflict for whoever said that it was
    not them.
    """
    event = get_open_event(session, event_id, now=now, by_host=True)
    side = rules.choose_side(event.mode, wanted.wish)
    capacity = None
    if over and not _is_registered(session, event_id, wanted.address.key):
        pool = lock_pools(session, event)[pool_of(event, side)]
        if pool.capacity is not None and pool.taken >= pool.capacity:
            capacity = pool.capacity = pool.taken + 1
            pool.turns += 1
            session.flush()
    outcome = register(session, event_id, wanted, site, now=now)
    if outcome.public_id is None:
        raise Conflict(say("They said that they had not registered themselves. Please ask them to register."))
    if outcome.new:
        log(
            session, actor=actor, action="registered-by-hand", about=f"registration:{outcome.public_id}",
            community_id=event.community_id, now=now, made_room=capacity is not None, mailed=wanted.mail,
        )  # fmt: skip
    return outcome, capacity


def _is_registered(session: Session, event_id: int, key: str) -> bool:
    found = select(Registration.id).join(Person, Person.id == Registration.person_id)
    found = found.where(Registration.event_id == event_id, Person.key == key, Registration.state.in_(rules.LIVE))
    return session.scalar(found) is not None
