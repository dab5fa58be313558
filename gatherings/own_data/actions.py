"""What a person can do with all that is held about them: ask for the link, renew the feed, erase."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.actions import count_attempt, end_fresh_links, find_person, make_fresh_link
from gatherings.accounts.actions.signing_in import JOB as SIGN_IN_JOB
from gatherings.accounts.models import Person
from gatherings.accounts.rules import Address
from gatherings.audit.actions import log
from gatherings.calls.actions.profile import JOB as PRESENTER_JOB
from gatherings.communities.actions.inviting import drop_invitations
from gatherings.communities.actions.members import erase_members_of
from gatherings.communities.actions.roles import drop_all_roles
from gatherings.communities.models import NewsStop
from gatherings.config import Site
from gatherings.core.tokens import digest, new_public_id
from gatherings.doors.actions.forgetting import forget_follower
from gatherings.events.models import Event
from gatherings.invites.models import Invite
from gatherings.jobs import actions as jobs
from gatherings.jobs.models import Job
from gatherings.live.models import Run
from gatherings.mail import actions as mail
from gatherings.mail.actions import forget
from gatherings.own_data.queries import abouts_of
from gatherings.payments.actions.forgetting import LAST_WORDS as ORDER_LAST_WORDS
from gatherings.payments.actions.forgetting import forget_buyer
from gatherings.registration.actions import cancel, cancel_series
from gatherings.registration.actions.disowning import erase_series
from gatherings.registration.actions.finding import limit_asking
from gatherings.registration.actions.leaving import erase
from gatherings.registration.actions.waiting import lock_pools
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.registration.queries import FOR_LEAVING, list_of_person, list_series_of_person
from gatherings.registration.rules import LAST_WORDS, LIVE
from gatherings.slots.actions.forgetting import LAST_WORDS as SLOT_LAST_WORDS
from gatherings.slots.actions.forgetting import leave_stage

PURPOSE = "my-data"


def ask_for_my_data(session: Session, address: Address, *, now: datetime, network: str | None = None) -> None:
    """Note that somebody asked for the data of an address; the worker finds out whether there is any (C23).

    Raises TooMany beyond 20 an hour from one network.
    """
    limit_asking(session, network, now=now)
    key = f"my-data:{new_public_id()}"
    jobs.enqueue(session, kind="my_data_link", key=key, due_at=now, payload={"key": address.key}, now=now)


def send_my_data_link(session: Session, key: str, site: Site, now: datetime) -> bool:
    """Mail a fresh link to everything held about a known address; 5 an hour at most."""
    person = find_person(session, key)
    if person is None:
        return False
    if not count_attempt(session, "my-data", str(person.id), most=5, window=timedelta(hours=1), now=now):
        return False
    rows: list[Registration | SeriesRegistration] = [
        *list_of_person(session, person.id),
        *list_series_of_person(session, person.id),
    ]
    newest = max(rows, key=lambda row: row.created_at, default=None)
    zone = newest.zone if newest is not None else "UTC"
    return mail.post(
        session,
        key=f"my-data:{digest(f'{person.public_id}:{now.isoformat()}')[:40]}",
        kind="my_data",
        recipient=person.address,
        sender="Gatherings",
        zone=zone,
        language=newest.language if newest is not None else "en",
        about=f"person:{person.public_id}",
        facts={
            "secret": make_fresh_link(session, person, PURPOSE, now=now),
            "to": {"name": newest.name if newest is not None else "", "address": person.address, "zone": zone},
        },
        now=now,
        domain=site.domain,
    )


def erase_person(session: Session, person: Person, site: Site, *, now: datetime) -> None:
    """Erase all that is held about a person, in place: counts stay, what they were counts of is nobody's.

    What is to come is cancelled (places go on to the waiting list, calendars are told), then names, zones, answers,
    consents, the address, mails, links and the feed go. Of what they paid for, what tax law asks for stays. The log
    says that it was done, without the data.
    Raises Conflict for the last owner of a community: somebody else must be one first.
    """
    address, key = person.address, person.key
    drop_all_roles(session, person, now=now)
    drop_invitations(session, person)
    leave_stage(session, person, site, now=now)
    forget_follower(session, person.id)
    _forget_presses(session, person.name)
    _leave_everything(session, person, site, now=now)
    forget_buyer(session, person, site, now=now)
    for every in session.scalars(select(SeriesRegistration).where(SeriesRegistration.person_id == person.id)).all():
        erase_series(session, every, now=now)
    left = select(Registration).where(Registration.person_id == person.id, Registration.erased_at.is_(None))
    for registration in session.scalars(left).all():
        erase(session, registration, now=now)
    session.flush()
    session.execute(update(Invite).where(Invite.address == address).values(address=""))
    last_words = (*LAST_WORDS, *SLOT_LAST_WORDS, *ORDER_LAST_WORDS)
    forget(session, abouts_of(session, person), recipient=address, last_words=last_words)
    forget_jobs(session, key)
    end_fresh_links(session, person.id)
    erase_members_of(session, person.id, now=now)
    session.execute(delete(NewsStop).where(NewsStop.person_id == person.id))
    nobody = f"erased-{person.public_id}"
    session.execute(
        update(Person)
        .where(Person.id == person.id)
        .values(key=nobody, address=nobody, name="", feed_version=Person.feed_version + 1)
    )
    session.expire(person)
    log(session, actor="person", action="erase", about=f"person:{person.public_id}", now=now)


def _forget_presses(session: Session, name: str) -> None:
    """Take a host's name off the runs of shows in which they pressed last."""
    if name:
        session.execute(update(Run).where(Run.pressed_by == name[:300]).values(pressed_by=""))


def forget_jobs(session: Session, key: str) -> None:
    """Delete jobs that were caused by typing this address."""
    typed = Job.payload["key"].as_string() == key
    session.execute(delete(Job).where(Job.kind.in_(("find_links", "my_data_link", PRESENTER_JOB, SIGN_IN_JOB)), typed))


def _leave_everything(session: Session, person: Person, site: Site, *, now: datetime) -> None:
    live = session.scalars(
        select(Registration)
        .join(Event, Event.id == Registration.event_id)
        .where(Registration.person_id == person.id, Registration.state.in_(LIVE), Event.ends_at > now)
        .order_by(Registration.event_id)
        .options(*FOR_LEAVING)
    ).all()
    # All pools at once, in ascending order: two who leave several gatherings never wait for each other.
    lock_pools(session, *(row.event for row in live))
    every = select(SeriesRegistration).where(
        SeriesRegistration.person_id == person.id, SeriesRegistration.state == "confirmed"
    )
    with_all = every.options(joinedload(SeriesRegistration.person), joinedload(SeriesRegistration.invite))
    for series_registration in session.scalars(with_all).all():
        cancel_series(session, series_registration, site, now=now)
    for row in live:
        cancel(session, row, site, now=now, tell=row.event.status != "cancelled")
