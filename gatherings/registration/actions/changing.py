"""Changing one's own registration: name, zone, answers; from the room to online and back; consents."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.config import Site
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.words import say
from gatherings.events.rules import Door, door
from gatherings.registration import rules
from gatherings.registration.actions.registering import pool_of, take_place
from gatherings.registration.actions.sending import post_own_state, standing_kind
from gatherings.registration.actions.sending_series import tell_promoted
from gatherings.registration.actions.ticket_places import live_tickets
from gatherings.registration.actions.waiting import free_place, lock_pools
from gatherings.registration.models import Answer, Consent, Registration, SeriesRegistration
from gatherings.registration.queries import list_dates_of


def change_details(
    session: Session,
    registration: Registration,
    *,
    name: str,
    zone: str,
    answers: Mapping[int, Any],
    now: datetime,
) -> None:
    """Change name, zone (an IANA name) and answers; all already cleaned. A zone changes later mails, no calendar.

    Raises Conflict when the registration was cancelled meanwhile.
    """
    _must_live(registration)
    registration.name, registration.zone = name, zone
    old = {
        row.question_id: row
        for row in session.scalars(
            select(Answer).where(
                (Answer.registration_id == registration.id)
                | (
                    (Answer.series_registration_id == registration.series_registration_id)
                    & Answer.series_registration_id.is_not(None)
                )
            )
        )
    }
    for question_id, value in answers.items():
        if question_id in old:
            old[question_id].value = value
        elif value is not None:
            session.add(Answer(question_id=question_id, registration_id=registration.id, value=value))


def change_series_details(
    session: Session,
    every: SeriesRegistration,
    *,
    name: str,
    zone: str,
    answers: Mapping[int, Any],
    now: datetime,
) -> None:
    """Change name, zone and answers of an "every month" and of its dates to come; past dates stay as they were."""
    if every.state != "confirmed":
        raise Conflict(say("This registration was cancelled. You are welcome to register again."))
    every.name, every.zone = name, zone
    for event, registration in list_dates_of(session, every.id, now=now):
        if event.ends_at > now:
            registration.name, registration.zone = name, zone
    old = {
        row.question_id: row for row in session.scalars(select(Answer).where(Answer.series_registration_id == every.id))
    }
    for question_id, value in answers.items():
        if question_id in old:
            old[question_id].value = value
        elif value is not None:
            session.add(Answer(question_id=question_id, series_registration_id=every.id, value=value))


def _must_live(registration: Registration) -> None:
    if registration.state not in rules.LIVE:
        raise Conflict(say("This registration was cancelled. You are welcome to register again."))


def move_to(session: Session, registration: Registration, side: str, site: Site, *, now: datetime) -> bool:
    """Move from room to online or back ("room", "online"); give False when there is nothing to move.

    A full room is waited for with the online place kept; a full online side likewise waits, the room place kept.
    """
    event = registration.event
    if event.mode != "hybrid":
        raise Conflict(say("This gathering is held one way only, so there is nothing to change."))
    if door(event, now) in (Door.OVER, Door.CANCELLED):
        raise Conflict(say("This gathering is over or cancelled, so there is nothing to change."))
    lock_pools(session, event)
    session.refresh(registration, ["state", "places_id", "waits_for_id", "queue_number"])
    _must_live(registration)
    if live_tickets(session, registration.id):
        raise Conflict(say("The ticket says how one comes. Please write to the hosts if it should be another."))
    if not change_side(session, registration, side, site, now=now):
        return False
    session.flush()
    step = registration.invite.sequence >= 0
    post_own_state(session, registration, site, kind=standing_kind(registration), now=now, step=step)
    tell_promoted(session, site, now=now)
    return True


def change_side(session: Session, registration: Registration, side: str, site: Site, *, now: datetime) -> bool:
    """Move a live registration of a hybrid event, read under the locks of its pools, without a mail.

    Gives False when there is nothing to move. Whoever calls this calls `tell_promoted` afterwards.
    """
    target = pool_of(registration.event, side)
    if registration.places_id == target:
        if registration.waits_for_id is None:
            return False
        registration.waits_for_id = registration.queue_number = None  # stays where they are, waits no more
    elif registration.waits_for_id == target:
        return False
    else:
        _take(session, registration, side, site, now=now)
    return True


def _take(session: Session, registration: Registration, side: str, site: Site, *, now: datetime) -> None:
    held = registration.places_id
    event = registration.event
    take_place(session, registration, event, side, now=now)
    session.flush()
    if held is None:
        return
    if registration.waits_for_id is not None:
        # Full: keep what one has. take_place may have claimed an online place besides, when the room was asked for.
        taken_meanwhile = registration.places_id
        registration.places_id, registration.state = held, "confirmed"
        session.flush()
        if taken_meanwhile is not None:
            free_place(session, taken_meanwhile, site, now=now)
    else:
        free_place(session, held, site, now=now)


def withdraw_consent(session: Session, registration: Registration, consent_id: int, *, now: datetime) -> None:
    """Withdraw one consent of this registration (or of its "every month"); dated, once."""
    consent = session.scalars(
        select(Consent).where(
            Consent.id == consent_id,
            (Consent.registration_id == registration.id)
            | (
                (Consent.series_registration_id == registration.series_registration_id)
                & Consent.series_registration_id.is_not(None)
            ),
        )
    ).one_or_none()
    _withdraw(consent, now)


def withdraw_series_consent(session: Session, every: SeriesRegistration, consent_id: int, *, now: datetime) -> None:
    """Withdraw one consent of an "every month"; dated, once."""
    found = session.scalars(
        select(Consent).where(Consent.id == consent_id, Consent.series_registration_id == every.id)
    ).one_or_none()
    _withdraw(found, now)


def _withdraw(consent: Consent | None, now: datetime) -> None:
    if consent is None:
        raise NotFound()
    if consent.withdrawn_at is None:
        consent.withdrawn_at = now
