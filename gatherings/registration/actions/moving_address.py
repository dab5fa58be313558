"""Another e-mail address for a registration, confirmed from the new one."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from gatherings.accounts.actions import (
    end_fresh_links,
    find_or_make_person,
    make_fresh_link,
    person_of_fresh_link,
)
from gatherings.accounts.models import Person
from gatherings.accounts.rules import Address
from gatherings.config import Site
from gatherings.core.errors import Conflict, NotFound, TooMany
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.registration import facts as snapshot
from gatherings.registration import rules
from gatherings.registration.actions.registering import make_invite_again
from gatherings.registration.actions.sending import may_mail, post_state, standing_kind
from gatherings.registration.models import Answer, Consent, Registration
from gatherings.tickets.models import Order, Ticket


def ask_new_address(
    session: Session, registration: Registration, address: Address, site: Site, *, now: datetime
) -> None:
    """Mail a link to the new address; nothing changes until it is used there.

    Raises Conflict for a cancelled registration or a date of "every month", TooMany beyond 5 mails an hour.
    """
    if registration.state not in rules.LIVE:
        raise Conflict(say("This registration was cancelled. You are welcome to register again."))
    if registration.series_registration_id is not None:
        raise Conflict(
            say("You come every month. Please change the address for all dates, with the link in the mail about them.")
        )
    if address.key == registration.person.key:
        raise Conflict(say("That is the address we have already."))
    person = find_or_make_person(session, address, now=now)
    if not may_mail(session, person, registration.event_id, now=now):
        raise TooMany(say("We sent several mails to that address in the last hour. Please try again later."), 3600)
    secret = make_fresh_link(session, person, f"address:{registration.public_id}", now=now)
    event = registration.event
    body = snapshot.facts_for(registration, event, event.community, person.address, invite=None, secret=secret)
    snapshot.post(
        session,
        "new_address",
        body,
        key=f"new-address:{registration.public_id}:{new_public_id()}",
        person=person,
        domain=site.domain,
        now=now,
        language=registration.language,
    )


def person_of_address_link(session: Session, registration: Registration, secret: str, *, now: datetime) -> Person:
    """Give whom the link to another address was sent to; raises NotFound when it is old or used."""
    return person_of_fresh_link(session, secret, f"address:{registration.public_id}", now=now)


def confirm_new_address(
    session: Session, registration: Registration, secret: str, site: Site, *, now: datetime
) -> Registration:
    """Move a registration to the address the link was sent to: CANCEL to the old one, REQUEST to the new one.

    The old manage link ends. Raises NotFound for an old or used link, Conflict when that address is registered.
    """
    person = person_of_address_link(session, registration, secret, now=now)
    if registration.state not in rules.LIVE:
        raise NotFound()
    # The link first: of two presses at once the second waits here, and does not take the first one's work for somebody
    # who was registered before. A refusal further down puts the link back.
    if not end_fresh_links(session, person.id):
        raise NotFound()
    hand_to(session, registration, person, site, now=now)
    return registration


def hand_to(
    session: Session, registration: Registration, person: Person, site: Site, *, now: datetime, by: str = "person"
) -> None:
    """Give a live registration to another address: CANCEL to the old one, REQUEST to the new one; old links end.

    Raises Conflict when that address is registered. `by` "host": nobody has confirmed it from there.
    """
    other = _other_of(session, registration, person)
    _refuse_registered(other)
    if other is not None:
        step_aside(session, other)
    _tell_old_address(session, registration, site, now=now, by=by)
    _take_tickets_along(session, registration, person)
    registration.person = person
    # Somebody may move away and back again: the new entry goes on from whatever that calendar saw last.
    old = registration.invite
    registration.invite = make_invite_again(session, old.uid, person.address, steps=old.steps)
    registration.link_version += 1
    registration.link_sent_at = now
    session.flush()
    event, kind = registration.event, standing_kind(registration)
    post_state(session, registration, event, person, site, kind=kind, now=now, suffix=":moved")


def _take_tickets_along(session: Session, registration: Registration, person: Person) -> None:
    """Give the new address the registration's tickets, and what was ordered for nobody else: its old link ends."""
    mine = Ticket.registration_id == registration.id
    other = Ticket.registration_id.is_(None) | (Ticket.registration_id != registration.id)
    session.execute(
        update(Order)
        .where(Order.person_id == registration.person_id, Order.event_id == registration.event_id)
        .where(Order.id.in_(select(Ticket.order_id).where(mine)), Order.id.not_in(select(Ticket.order_id).where(other)))
        .values(person_id=person.id, link_version=Order.link_version + 1)
    )
    session.execute(update(Ticket).where(mine).values(person_id=person.id))


def _other_of(session: Session, registration: Registration, person: Person) -> Registration | None:
    """Find the new address's own registration of the same event."""
    return session.scalars(
        select(Registration).where(Registration.event_id == registration.event_id, Registration.person_id == person.id)
    ).one_or_none()


def _refuse_registered(other: Registration | None) -> None:
    if other is not None and other.state in rules.LIVE:
        raise Conflict(say("That address is registered for this gathering already, so nothing was changed."))


def _tell_old_address(session: Session, registration: Registration, site: Site, *, now: datetime, by: str) -> None:
    event, state, held = registration.event, registration.state, registration.places_id
    if registration.invite.method != "REQUEST":
        return
    # The old address's own entry goes away; the registration itself stays as it is.
    with session.no_autoflush:
        registration.state, registration.places_id = "cancelled", None
        person = registration.person
        post_state(session, registration, event, person, site, kind="moved_away", now=now, by=by)
        registration.state, registration.places_id = state, held


def step_aside(session: Session, other: Registration) -> None:
    """Remove the new address's own cancelled registration of this event: a person is at an event once."""
    session.execute(delete(Answer).where(Answer.registration_id == other.id))
    session.execute(delete(Consent).where(Consent.registration_id == other.id))
    session.execute(update(Ticket).where(Ticket.registration_id == other.id).values(registration_id=None))
    session.delete(other)
    session.flush()
