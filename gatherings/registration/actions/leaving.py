"""Leaving: cancel, leave the waiting list, "this was not me"."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from gatherings.accounts.actions import count_attempt
from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.config import Site
from gatherings.invites.models import Invite
from gatherings.mail.actions import forget, forget_letters
from gatherings.registration import rules
from gatherings.registration.actions.sending import post_own_state
from gatherings.registration.actions.sending_series import tell_promoted
from gatherings.registration.actions.ticketed import close_tickets, live_tickets
from gatherings.registration.actions.waiting import free_place, lock_pools
from gatherings.registration.models import Answer, Consent, Registration
from gatherings.tickets.models import Ticket


def cancel(
    session: Session,
    registration: Registration,
    site: Site,
    *,
    now: datetime,
    by: str = "person",
    tell: bool = True,
    actor: str | None = None,
) -> bool:
    """Cancel a registration, or leave the waiting list; the place goes to the next in the same transaction.

    `registration` comes with event, community, person and invite, read in this transaction. Gives False when it
    was cancelled before (the person who presses twice): then nothing happens again. `actor` is the organiser who did
    it `by` "host".
    """
    event = registration.event
    lock_pools(session, event, tickets_of=registration.id)
    session.refresh(registration, ["state", "places_id", "waits_for_id", "queue_number"])
    if registration.state not in rules.LIVE:
        return False
    held = registration.places_id
    tickets = live_tickets(session, registration.id)
    registration.state = "cancelled"
    registration.places_id = registration.waits_for_id = registration.queue_number = None
    registration.cancelled_at, registration.cancelled_by = now, by
    session.flush()
    if tell:
        post_own_state(session, registration, site, kind="cancelled", now=now, held=held is not None, by=by)
    about = f"registration:{registration.public_id}"
    log(session, actor=actor or by, action="cancel", about=about, community_id=event.community_id, now=now)
    # Before the event's place is free again: who waits for a kind of ticket needs both.
    close_tickets(session, tickets, site, by="host" if by == "not-me" else by, now=now)
    if held is not None:
        free_place(session, held, site, now=now)
    if tell:
        tell_promoted(session, site, now=now)
    return True


def not_me(session: Session, registration: Registration, site: Site, *, now: datetime) -> None:
    """Undo a registration that somebody else made with this address: gone, forgotten, and not to be repeated today.

    What was typed is erased; the calendar gets its CANCEL; for a day nobody can cause mail to this address about
    this event.
    """
    count_attempt(
        session,
        "not-me",
        f"{registration.person_id}:{registration.event_id}",
        most=1,
        window=rules.NOT_ME_PAUSE,
        now=now,
    )
    cancel(session, registration, site, now=now, by="not-me")
    erase(session, registration, now=now)


def erase(session: Session, registration: Registration, *, now: datetime) -> None:
    """Take name, zone, answers and consents out of a cancelled or past registration; the count stays.

    Mail about it is emptied; a cancellation that waits to be sent still goes, then it is emptied too.
    """
    session.execute(delete(Answer).where(Answer.registration_id == registration.id))
    session.execute(delete(Consent).where(Consent.registration_id == registration.id))
    session.execute(
        update(Registration)
        .where(Registration.id == registration.id)
        .values(
            name="",
            name_folded="",
            zone="UTC",
            erased_at=now,
            link_version=Registration.link_version + 1,
        )
    )
    session.execute(update(Ticket).where(Ticket.registration_id == registration.id).values(name=""))
    if registration.series_registration_id is None:  # else the entry is that of "every month"
        session.execute(update(Invite).where(Invite.id == registration.invite_id).values(address=""))
    public_id = registration.public_id
    address = select(Person.address).where(Person.id == registration.person_id).scalar_subquery()
    session.expire(registration)
    forget(session, [f"registration:{public_id}"], last_words=rules.LAST_WORDS)
    forget_letters(session, address, public_id)
