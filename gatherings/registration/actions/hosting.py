"""What organisers do to one registration: each is told to its person where it concerns them, and stands in the log."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.actions import find_or_make_person, was_tried
from gatherings.accounts.rules import Address
from gatherings.audit.actions import log
from gatherings.config import Site
from gatherings.core.errors import Conflict, TooMany
from gatherings.core.words import say
from gatherings.db import places
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.events.rules import DOOR_WORDS, Door, door
from gatherings.registration import rules
from gatherings.registration.actions import leaving
from gatherings.registration.actions.changing import change_details, change_series_details, move_to
from gatherings.registration.actions.leaving_series import rejoin_date
from gatherings.registration.actions.moving_address import hand_to
from gatherings.registration.actions.moving_series import hand_series_to
from gatherings.registration.actions.registering import make_invite_again, take_place
from gatherings.registration.actions.sending import post_own_state, standing_kind
from gatherings.registration.actions.sending_series import tell_promoted
from gatherings.registration.actions.ticket_places import wished_ticket
from gatherings.registration.actions.waiting import give, lock_pools, promote
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.tickets.models import TicketKind

RESEND_PAUSE = timedelta(minutes=1)
_STATE = ["state", "places_id", "waits_for_id", "queue_number"]


class NoPlace(Conflict):
    """There is no free place to give; `needed` is how many there would have to be."""

    def __init__(self, needed: int) -> None:
        super().__init__(say("There is no free place at the moment, so nothing was changed."))
        self.needed = needed


def change(
    session: Session,
    registration: Registration,
    *,
    name: str,
    zone: str,
    answers: Mapping[int, Any],
    now: datetime,
    actor: str,
) -> None:
    """Change name, zone and answers (all cleaned); of who comes every month, for all their coming dates."""
    _must_be_ahead(registration.event, now)
    every = _every_of(session, registration)
    if every is not None:
        change_series_details(session, every, name=name, zone=zone, answers=answers, now=now)
    else:
        change_details(session, registration, name=name, zone=zone, answers=answers, now=now)
    _log(session, registration, "change", actor, now)


def cancel(session: Session, registration: Registration, site: Site, *, now: datetime, actor: str) -> bool:
    """Cancel for somebody, who is told by mail; False when it was cancelled before."""
    if registration.state in rules.LIVE:
        _must_be_ahead(registration.event, now)
    return leaving.cancel(session, registration, site, now=now, by="host", actor=actor)


def move(session: Session, registration: Registration, side: str, site: Site, *, now: datetime, actor: str) -> bool:
    """Move somebody to the "room" or "online", or onto its waiting list; False when there is nothing to move."""
    moved = move_to(session, registration, side, site, now=now)
    if moved:
        _log(session, registration, "move", actor, now, side=side)
    return moved


def give_place(
    session: Session,
    registration: Registration,
    site: Site,
    *,
    now: datetime,
    actor: str,
    make_room: bool = False,
) -> bool:
    """Give the place that somebody waits for, even before those who waited longer; False when they wait for none.

    Raises NoPlace when there is none, unless one is made for them: then there is one place more than before. Who waits
    with a ticket is offered it, as when their turn comes (a ticket of their kind must be left, or is made, as well).
    """
    event = registration.event
    _must_be_ahead(event, now)
    pools = lock_pools(session, event)
    session.refresh(registration, _STATE)
    if registration.waits_for_id is None:
        return False
    pool = pools[registration.waits_for_id]
    ticket = wished_ticket(session, registration.id)
    needed = [] if registration.places_id == pool.id else [pool]
    if ticket is not None:
        needed.append(pools[session.get_one(TicketKind, ticket.kind_id).places_id])
    for one in needed:
        _must_have_room(session, one, make_room=make_room)
    if ticket is not None:
        give(session, registration, ticket, pool, site, now=now)
    elif places.claim(session, pool.id):
        session.refresh(pool)
        promote(session, registration, pool, site, now=now)
    tell_promoted(session, site, now=now)
    _log(session, registration, "promote", actor, now, made_room=make_room)
    return True


def _must_have_room(session: Session, pool: Places, *, make_room: bool) -> None:
    if pool.capacity is None or pool.taken < pool.capacity:
        return
    if not make_room:
        raise NoPlace(pool.taken + 1)
    pool.capacity = pool.taken + 1
    pool.turns += 1
    session.flush()


def send_again(session: Session, registration: Registration, site: Site, *, now: datetime, actor: str) -> None:
    """Send the invite (or the mail about the waiting list) again; raises TooMany within a minute of the last."""
    event = registration.event
    _must_be_ahead(event, now)
    _must_live(registration)
    sent = registration.link_sent_at
    if sent is not None and now - sent < RESEND_PAUSE:
        raise TooMany(say("A mail went to them less than a minute ago. Please wait a moment."), retry_after=60)
    registration.link_sent_at = now
    _post(session, registration, site, now=now, suffix=f":{now.timestamp():.0f}")
    _log(session, registration, "resend", actor, now)


def bring_back(
    session: Session, registration: Registration, site: Site, *, now: datetime, actor: str, side: str | None = None
) -> bool:
    """Register somebody again who had cancelled, as they were; False when they are registered already.

    Also while registration is closed: hosts may. Who said "this was not me" is left in peace; raises Conflict.
    """
    event = registration.event
    _must_be_ahead(event, now)
    side = rules.choose_side(event.mode, side)
    lock_pools(session, event)
    session.refresh(registration, _STATE)
    if registration.state in rules.LIVE:
        return False
    person = registration.person
    if registration.cancelled_by == "not-me" or was_tried(session, "not-me", f"{person.id}:{event.id}", now=now):
        raise Conflict(say("They said that they had not registered themselves. Please ask them to register."))
    every = _every_of(session, registration)
    if every is not None:
        rejoin_date(session, registration, site, now=now)
    else:
        if registration.invite.uid != event.uid:  # it was a date of an "every month" that has ended
            registration.invite = make_invite_again(session, event.uid, person.address)
            registration.series_registration_id = None
        registration.invite.address = person.address
        registration.link_version += 1
        registration.link_sent_at = now
        registration.cancelled_at = registration.cancelled_by = None
        take_place(session, registration, event, side, now=now)
        session.flush()
        _post(session, registration, site, now=now, step=registration.invite.sequence >= 0)
    _log(session, registration, "bring_back", actor, now)
    return True


def correct_address(
    session: Session, registration: Registration, address: Address, site: Site, *, now: datetime, actor: str
) -> bool:
    """Write to another address from now on: the new one gets the invite, the old one a CANCEL if it had an entry.

    No link asks the new address first: the organiser answers for it, and the log holds it. Who comes every month has
    all dates moved. False when it is that address already. Raises Conflict when it is registered itself.
    """
    _must_be_ahead(registration.event, now)
    person = find_or_make_person(session, address, now=now)  # people first, then pools, as registering does
    every = _every_of(session, registration)
    if every is None:
        lock_pools(session, registration.event)
    session.refresh(registration, [*_STATE, "person_id"])
    _must_live(registration)
    if person.id == registration.person_id:
        return False
    if was_tried(session, "not-me", f"{person.id}:{registration.event_id}", now=now):
        raise Conflict(say("They said that they had not registered themselves. Please ask them to register."))
    if every is not None:
        hand_series_to(session, every, person, site, now=now)
    else:
        hand_to(session, registration, person, site, now=now, by="host")
    _log(session, registration, "correct_address", actor, now)
    return True


def _post(
    session: Session, registration: Registration, site: Site, *, now: datetime, suffix: str = "", step: bool = False
) -> None:
    kind = standing_kind(registration)
    post_own_state(session, registration, site, kind=kind, now=now, step=step, suffix=suffix)


def _every_of(session: Session, registration: Registration) -> SeriesRegistration | None:
    """Read the "every month" that a registration is a date of, while it goes on."""
    if registration.series_registration_id is None:
        return None
    return session.scalars(
        select(SeriesRegistration)
        .where(SeriesRegistration.id == registration.series_registration_id, SeriesRegistration.state == "confirmed")
        .options(joinedload(SeriesRegistration.invite), joinedload(SeriesRegistration.person))
        .execution_options(populate_existing=True)
    ).one_or_none()


def _must_be_ahead(event: Event, now: datetime) -> None:
    state = door(event, now)
    if event.status == "draft" or state in (Door.OVER, Door.CANCELLED):
        raise Conflict(DOOR_WORDS.get(state, say("This gathering is not published yet.")))


def _must_live(registration: Registration) -> None:
    if registration.state not in rules.LIVE:
        raise Conflict(say("This registration was cancelled. You can register them again."))


def _log(session: Session, registration: Registration, action: str, actor: str, now: datetime, **details: Any) -> None:
    log(
        session,
        actor=actor,
        action=action,
        about=f"registration:{registration.public_id}",
        community_id=registration.event.community_id,
        now=now,
        **details,
    )
