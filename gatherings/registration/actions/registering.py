"""Registering for one event."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.actions import limit_attempts, meet_person, was_tried
from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.db import places
from gatherings.db.upsert import insert_row
from gatherings.events.models import Event, SeriesRule
from gatherings.events.rules import DOOR_WORDS, Door, door
from gatherings.invites.actions import make_invite, new_invite
from gatherings.invites.models import Invite
from gatherings.questions.models import ConsentText
from gatherings.registration import rules
from gatherings.registration.actions.sending import count_mail, link_is_due, may_mail, post_state, standing_kind
from gatherings.registration.models import Answer, Consent, Registration
from gatherings.registration.rules import Outcome, Wanted


def register(
    session: Session,
    event_id: int,
    wanted: Wanted,
    site: Site,
    *,
    now: datetime,
    network: str | None = None,
    network_limit: int = 600,
) -> Outcome:
    """Register somebody for an event: a place, or a number on the waiting list, and the mail that says so.

    The same address again changes nothing of what was entered and gets its link again, not within ten minutes of
    the last (domain.md 10). `network` is a digest of where the form came from. Raises NotFound, Conflict when
    registration is not open, InvalidInput, TooMany.
    """
    outcome = _register(session, event_id, wanted, site, now=now)
    limit_network(session, network, network_limit, now=now)
    return outcome


def _register(session: Session, event_id: int, wanted: Wanted, site: Site, *, now: datetime) -> Outcome:
    by_host = wanted.made_by != "person"
    event = get_open_event(session, event_id, now=now, by_host=by_host)
    if "tickets" in event.offers.split() and not by_host:
        raise Conflict(say("One comes to this gathering with a ticket. Please choose one on its page."))
    rules.check_code(event.community.code_of_kindness, wanted.code_agreed)
    side = rules.choose_side(event.mode, wanted.wish)
    pool_id = pool_of(event, side)
    person, newcomer = meet_person(session, wanted.address, now=now)
    registration = None
    if not newcomer:
        if was_tried(session, "not-me", f"{person.id}:{event.id}", now=now):
            return Outcome(full=_is_full(session, pool_id))
        registration = session.scalars(
            select(Registration)
            .where(Registration.event_id == event.id, Registration.person_id == person.id)
            .options(joinedload(Registration.invite))
        ).one_or_none()
    if registration is not None and registration.state in rules.LIVE:
        if by_host:
            return Outcome(full=registration.waits_for_id is not None, public_id=registration.public_id)
        return _again(session, registration, event, person, site, now=now, pool_id=pool_id)
    new = registration is None
    if registration is None:
        registration = new_registration(event, person, wanted, now=now)
        if not newcomer:  # they may have had this entry before, and moved it to another address
            registration.invite = make_invite_again(session, event.uid, person.address)
    else:
        revive(session, registration, event, person, wanted, now=now)
    registration.made_by = wanted.made_by
    take_place(session, registration, event, side, now=now)
    if wanted.mail:
        # Counted, but sent in any case: a calendar must follow, and only the holder of the link can come and go.
        count_mail(session, person, event.id, now=now)
        registration.link_sent_at = now
        kind, step = standing_kind(registration), registration.invite.sequence >= 0
        post_state(session, registration, event, person, site, kind=kind, now=now, step=step)
    if new:
        insert_registration(session, registration)
    keep_answers(session, registration, wanted, event, now=now, new=new)
    return Outcome(
        full=registration.waits_for_id is not None,
        online_meanwhile=registration.waits_for_id is not None and registration.places_id is not None,
        public_id=registration.public_id,
        new=True,
    )


def limit_network(session: Session, network: str | None, most: int, *, now: datetime) -> None:
    """Refuse more registrations from one network than a whole hospital sends (600 in 10 minutes by default).

    Counted last: whoever comes from the same network waits for this row until the transaction ends.
    """
    if network is not None:
        limit_attempts(session, "register", network, most=most, window=timedelta(minutes=10), now=now)


# Made once: building such a statement costs more than running it.
_EVENT = (
    select(Event)
    .where(Event.id == bindparam("event_id"), Event.status != "draft")
    .options(joinedload(Event.community), joinedload(Event.series))
)


def get_open_event(session: Session, event_id: int, *, now: datetime, by_host: bool = False) -> Event:
    """Read again, inside the transaction, an event that takes registrations now; raises NotFound, Conflict.

    Its hosts may register somebody until it is over, whether or not it is open to everybody.
    """
    event = session.scalars(_EVENT, {"event_id": event_id}).one_or_none()
    if event is None:
        raise NotFound()
    state = door(event, now)
    if state in (Door.OVER, Door.CANCELLED) or (state is not Door.OPEN and not by_host):
        raise Conflict(DOOR_WORDS[state])
    return event


def pool_of(event: Event, side: str) -> int:
    """Give the id of an event's pool for "room" or "online"."""
    pool_id = event.pool_at(side)
    if pool_id is None:
        raise NotFound()
    return pool_id


def _is_full(session: Session, pool_id: int) -> bool:
    pool = session.get_one(places.Places, pool_id, populate_existing=True)
    return pool.capacity is not None and pool.taken >= pool.capacity


def new_registration(event: Event, person: Person, wanted: Wanted, *, now: datetime) -> Registration:
    """Make a registration that has no state yet, with its invite; `insert_registration` writes it."""
    registration = Registration(
        public_id=new_public_id(),
        event_id=event.id,
        person_id=person.id,
        invite=new_invite(event.uid, person.address),
        name=wanted.name,
        zone=wanted.zone,
        language=wanted.language,
        link_version=1,
        code_agreed_at=now if wanted.code_agreed else None,
        created_at=now,
    )
    return registration


def insert_registration(session: Session, registration: Registration) -> None:
    """Write a new registration and its invite."""
    if registration.invite not in session:
        insert_row(session, registration.invite)
    registration.invite_id = registration.invite.id
    insert_row(session, registration)


def revive(
    session: Session, registration: Registration, event: Event, person: Person, wanted: Wanted, *, now: datetime
) -> None:
    """Let somebody who cancelled come back into the same row, so that SEQUENCE never falls; old links end."""
    if registration.invite.uid != event.uid:  # it was a date of an "every month" before
        registration.invite = make_invite_again(session, event.uid, person.address)
    registration.invite.address = person.address
    registration.series_registration_id = None
    registration.name, registration.zone, registration.language = wanted.name, wanted.zone, wanted.language
    registration.link_version += 1
    registration.code_agreed_at = now if wanted.code_agreed else None
    registration.cancelled_at = registration.cancelled_by = registration.erased_at = None
    end_consents(session, Consent.registration_id == registration.id, now=now)


def end_consents(session: Session, of: ColumnElement[bool], *, now: datetime) -> None:
    """Withdraw the consents that came with a registration before: who comes back is asked afresh, boxes unticked."""
    session.execute(update(Consent).where(of, Consent.withdrawn_at.is_(None)).values(withdrawn_at=now))


def make_invite_again(session: Session, uid: str, address: str, *, steps: int = 0) -> Invite:
    """Make the invite of an entry that this address may have had and lost: its SEQUENCE goes on from there.

    A calendar that was told CANCEL takes nothing older than that (RFC 5546 2.1.4). `steps` is the least to begin with.
    """
    last = session.scalar(select(func.max(Invite.steps)).where(Invite.uid == uid, Invite.address == address))
    invite = make_invite(session, uid, address)
    invite.steps = max(steps, last + 1 if last is not None else 0)
    return invite


def take_place(session: Session, registration: Registration, event: Event, side: str, *, now: datetime) -> None:
    """Take a place of the wished side, or a number on its waiting list with an online place meanwhile.

    Pools are asked in ascending id: an event's room was made before its online side.
    """
    wished, held, number = pool_of(event, side), None, None
    claimed = places.claim_or_queue(session, wished)
    if claimed.got:
        held = wished
    else:
        number = claimed.number
        if side == "room" and event.online_id is not None and places.claim(session, event.online_id):
            held = event.online_id
    # Set together: the statements above flush, and half a change would break the table's own checks.
    registration.places_id = held
    registration.waits_for_id, registration.queue_number = (wished, number) if number is not None else (None, None)
    registration.state = "confirmed" if held is not None else "waitlisted"
    registration.confirmed_at = now if held is not None else None


def keep_answers(
    session: Session, registration: Registration, wanted: Wanted, event: Event, *, now: datetime, new: bool
) -> None:
    """Store the answers and the consents that were ticked, with their wording; one that is `new` has none yet."""
    if not wanted.answers and not wanted.consents:
        return
    old: dict[int, Answer] = {}
    if not new:
        given = session.scalars(select(Answer).where(Answer.registration_id == registration.id))
        old = {row.question_id: row for row in given}
    for question_id, value in wanted.answers.items():
        if question_id in old:
            old[question_id].value = value
        elif value is not None:
            session.add(Answer(question_id=question_id, registration_id=registration.id, value=value))
    for text in consent_texts(session, event, wanted):
        session.add(
            Consent(registration_id=registration.id, key=text.key, version=text.version, text=text.text, given_at=now)
        )


def consent_texts(session: Session, event: Event, wanted: Wanted) -> list[ConsentText]:
    """Read the wordings of the consents that were ticked, of those that are asked for."""
    if not wanted.consents:
        return []
    return list(
        session.scalars(
            select(ConsentText).where(
                (ConsentText.community_id == event.community_id) | (ConsentText.event_id == event.id),
                ConsentText.key.in_(wanted.consents),
                ConsentText.retired.is_(False),
            )
        )
    )


def _again(
    session: Session,
    registration: Registration,
    event: Event,
    person: Person,
    site: Site,
    *,
    now: datetime,
    pool_id: int,
) -> Outcome:
    """Answer somebody who is registered already as a newcomer would be; send the link again where it is due."""
    if link_is_due(registration, now) and may_mail(session, person, event.id, now=now):
        registration.link_sent_at = now
        rule = series_rule_of(session, registration, event)
        post_state(
            session,
            registration,
            event,
            person,
            site,
            kind=standing_kind(registration),
            now=now,
            rule=rule,
            suffix=f":{now.timestamp():.0f}",
        )
    return Outcome(full=_is_full(session, pool_id), public_id=registration.public_id)


def series_rule_of(session: Session, registration: Registration, event: Event) -> SeriesRule | None:
    """Give the rule under which somebody comes to this date every month, or None for "just this one"."""
    if registration.series_registration_id is None or event.series_rule_id is None:
        return None
    return session.get(SeriesRule, event.series_rule_id)
