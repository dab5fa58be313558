"""Swapping to the other sitting of the same gathering: the place there is taken first, then the one here is given up.

All of it is one transaction: whoever finds the other sitting full keeps what they have.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.actions import limit_attempts
from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.config import Site
from gatherings.core.errors import Conflict
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.db import places
from gatherings.events.models import Event
from gatherings.events.queries import find_twin
from gatherings.events.rules import DOOR_WORDS, Door, door, facts_of
from gatherings.questions.queries import list_asked
from gatherings.registration import rules
from gatherings.registration.actions.leaving import cancel
from gatherings.registration.actions.registering import end_consents, make_invite_again
from gatherings.registration.actions.sending import post_own_state, post_state
from gatherings.registration.actions.sending_series import tell_promoted
from gatherings.registration.actions.ticket_places import live_tickets
from gatherings.registration.actions.waiting import lock_pools
from gatherings.registration.facts import side_of
from gatherings.registration.models import Answer, Consent, Registration
from gatherings.registration.queries import answers_of, consents_of

SWAPS_AN_HOUR = 6


class SittingFull(Conflict):
    """The other sitting has no free place; nothing has changed."""

    def __init__(self) -> None:
        super().__init__(say("The other sitting is full at the moment. Nothing has changed: you keep what you have."))


def swap(
    session: Session,
    registration: Registration,
    site: Site,
    *,
    now: datetime,
    by: str = "person",
    actor: str | None = None,
) -> bool:
    """Swap somebody to the other sitting; False when they are not registered here any more. Raises as below."""
    return swap_to(session, registration, site, now=now, by=by, actor=actor) is not None


def swap_to(
    session: Session,
    registration: Registration,
    site: Site,
    *,
    now: datetime,
    by: str = "person",
    actor: str | None = None,
) -> Registration | None:
    """Swap somebody to the other sitting and give their registration there; None when they have left this one.

    `registration` comes with event (community, series, rule), person and invite, read in this transaction. Who has
    both already gives up this one; who only waits there keeps this one. `by` "host" with the organiser as `actor`:
    also while registration is closed. Raises Conflict when there is no other sitting, it takes nobody, or it is full:
    then nothing has changed.
    """
    here, person = registration.event, registration.person
    twin = find_twin(session, here)
    if twin is None:
        raise Conflict(say("There is no other sitting of this gathering."))
    _must_be_open(here, twin, by, now)
    # The person first, as registering does, then the pools of both sittings in ascending id.
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    lock_pools(session, here, twin)
    session.refresh(registration, ["state", "places_id", "waits_for_id", "queue_number"])
    if registration.state not in rules.LIVE:
        return None
    if live_tickets(session, registration.id):
        raise Conflict(say("A ticket is for one sitting. Please write to the hosts if it should be the other one."))
    if by == "person":
        limit_attempts(session, "swap", str(person.id), most=SWAPS_AN_HOUR, window=timedelta(hours=1), now=now)
    there = _registration_at(session, twin, person)
    if there is not None and there.state == "waitlisted" and registration.places_id is not None:
        raise SittingFull()  # they wait there: what they have here is theirs until there is a place
    new = there is None or there.state not in rules.LIVE
    if there is None or new:
        _take(session, there, registration, twin, now=now)
        there = _registration_at(session, twin, person)
        assert there is not None  # just written
        _carry(session, registration, there, twin, now=now)
    _leave(session, registration, twin, site, now=now, by=by, actor=actor)
    if new:
        _tell(session, there, twin, here, site, now=now, by=by)
    tell_promoted(session, site, now=now)
    about = f"registration:{registration.public_id}"
    log(session, actor=actor or by, action="swap", about=about, community_id=here.community_id, now=now,
        to=there.public_id)  # fmt: skip
    return there


def _must_be_open(here: Event, twin: Event, by: str, now: datetime) -> None:
    if door(here, now) in (Door.OVER, Door.CANCELLED):
        raise Conflict(DOOR_WORDS[door(here, now)])
    state = door(twin, now)
    if twin.status != "published" or state in (Door.OVER, Door.CANCELLED) or (by == "person" and state != Door.OPEN):
        raise Conflict(say("The other sitting takes nobody at the moment, so nothing has changed."))


def _registration_at(session: Session, event: Event, person: Person) -> Registration | None:
    return session.scalars(
        select(Registration)
        .where(Registration.event_id == event.id, Registration.person_id == person.id)
        .options(joinedload(Registration.invite), joinedload(Registration.person))
        .execution_options(populate_existing=True)
    ).one_or_none()


def _take(
    session: Session, there: Registration | None, registration: Registration, twin: Event, *, now: datetime
) -> None:
    """Take a place on the same side of the other sitting, or on the side that it has; raises Conflict when full."""
    side = side_of(registration.event, registration.places_id or registration.waits_for_id)
    pool = twin.room_id if side == "room" and twin.mode != "online" else twin.online_id
    if twin.mode == "in person":
        pool = twin.room_id
    if pool is None or not places.claim(session, pool):
        raise SittingFull()
    values: dict[str, Any] = {
        "name": registration.name, "zone": registration.zone, "language": registration.language, "state": "confirmed",
        "places_id": pool, "confirmed_at": now, "code_agreed_at": registration.code_agreed_at,
        "invite": make_invite_again(session, twin.uid, registration.person.address), "link_sent_at": now,
        "series_registration_id": None, "waits_for_id": None, "queue_number": None, "cancelled_at": None,
        "cancelled_by": None, "erased_at": None,
    }  # fmt: skip
    if there is None:
        there = Registration(
            public_id=new_public_id(), event_id=twin.id, person_id=registration.person_id, link_version=1,
            made_by=registration.made_by, created_at=now, **values,
        )  # fmt: skip
        session.add(there)
    else:
        there.link_version += 1
        with session.no_autoflush:  # half a change would break the table's own checks
            for name, value in values.items():
                setattr(there, name, value)
        end_consents(session, Consent.registration_id == there.id, now=now)
    session.flush()


def _carry(session: Session, old: Registration, new: Registration, twin: Event, *, now: datetime) -> None:
    """Carry answers and consents over to the questions and consents of the other sitting that are the same."""
    questions, consents = list_asked(session, twin)
    given = {row.question.key: row.value for row in answers_of(session, old).values()}
    present = {row.question_id: row for row in answers_of(session, new).values()}
    for question in questions:
        if question.key in given and question.id not in present:
            session.add(Answer(question_id=question.id, registration_id=new.id, value=given[question.key]))
        elif question.key in given:
            present[question.id].value = given[question.key]
    asked = {text.key for text in consents}
    for row in consents_of(session, old):
        if row.key in asked and row.withdrawn_at is None:
            session.add(
                Consent(
                    registration_id=new.id, key=row.key, version=row.version, text=row.text, given_at=row.given_at
                )
            )  # fmt: skip
    session.flush()


def _leave(
    session: Session,
    registration: Registration,
    twin: Event,
    site: Site,
    *,
    now: datetime,
    by: str,
    actor: str | None,
) -> None:
    held = registration.places_id is not None
    cancel(session, registration, site, now=now, by="swap", tell=False, actor=actor)
    before = facts_of(twin)
    post_own_state(session, registration, site, kind="swapped_away", now=now, held=held, by=by, before=before)


def _tell(
    session: Session, there: Registration, twin: Event, here: Event, site: Site, *, now: datetime, by: str
) -> None:
    before = facts_of(here)
    post_state(session, there, twin, there.person, site, kind="swapped_here", now=now, by=by, before=before)
