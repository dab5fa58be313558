"""Reads of registrations."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.core.errors import NotFound
from gatherings.core.tokens import PUBLIC_ID, Claim
from gatherings.core.words import say
from gatherings.events.models import Event, Series
from gatherings.events.queries import WITH_ALL, WITH_SERIES
from gatherings.registration.models import Answer, Consent, Registration, SeriesRegistration
from gatherings.registration.rules import LIVE

_GONE = say("This link is not valid any more. You can ask for a new one by your e-mail address.")


# With what leaving needs.
FOR_LEAVING = (
    joinedload(Registration.person),
    joinedload(Registration.invite),
    joinedload(Registration.series_registration),
    joinedload(Registration.event).options(*WITH_SERIES),
)
# With all that a page shows and an action needs.
_WHOLE = (
    joinedload(Registration.person),
    joinedload(Registration.invite),
    joinedload(Registration.series_registration),
    joinedload(Registration.event).options(*WITH_ALL),
)


def get_by_link(session: Session, claim: Claim) -> Registration:
    """Read the registration that a manage or join link names, with its event, person and invite; raises NotFound."""
    registration = session.scalars(
        select(Registration)
        .where(Registration.public_id == claim.public_id, Registration.erased_at.is_(None))
        .options(*_WHOLE)
    ).one_or_none()
    if registration is None or registration.link_version != claim.version:
        raise NotFound(_GONE)
    return registration


def get_of_event(session: Session, event_id: int, public_id: str) -> Registration:
    """Read one registration of an event as organisers and actions need it; raises NotFound, also for an erased one."""
    if PUBLIC_ID.fullmatch(public_id) is None:
        raise NotFound()
    found = session.scalars(
        select(Registration)
        .where(Registration.public_id == public_id, Registration.event_id == event_id, Registration.erased_at.is_(None))
        .options(*_WHOLE)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def get_series_by_link(session: Session, claim: Claim) -> SeriesRegistration:
    """Read the "every month" that a link names, with its series, person and invite; raises NotFound."""
    found = session.scalars(
        select(SeriesRegistration)
        .where(SeriesRegistration.public_id == claim.public_id, SeriesRegistration.erased_at.is_(None))
        .options(
            joinedload(SeriesRegistration.person),
            joinedload(SeriesRegistration.invite),
            joinedload(SeriesRegistration.series).options(joinedload(Series.community), selectinload(Series.rules)),
        )
    ).one_or_none()
    if found is None or found.link_version != claim.version:
        raise NotFound(_GONE)
    return found


def get_every_of(session: Session, registration: Registration) -> SeriesRegistration | None:
    """Read the "every month" that a registration is a date of, as its own link would; None for "just this one"."""
    if registration.series_registration is None:
        return None
    every = registration.series_registration
    return get_series_by_link(session, Claim(every.public_id, every.link_version))


def list_dates_of(
    session: Session, series_registration_id: int, *, now: datetime | None = None
) -> list[tuple[Event, Registration]]:
    """List the dates of an "every month" with their registrations, soonest first; with `now`, those to come."""
    statement = (
        select(Event, Registration)
        .join(Registration, Registration.event_id == Event.id)
        .where(Registration.series_registration_id == series_registration_id)
        .order_by(Event.starts_at)
    )
    if now is not None:
        statement = statement.where(Event.ends_at > now)
    return [(event, registration) for event, registration in session.execute(statement).all()]


def get_date_of(session: Session, every: SeriesRegistration, public_id: str) -> Registration:
    """Read one date of an "every month" by its own public id, with what leaving it needs; raises NotFound."""
    if PUBLIC_ID.fullmatch(public_id) is None:
        raise NotFound()
    found = session.scalars(
        select(Registration)
        .where(Registration.public_id == public_id, Registration.series_registration_id == every.id)
        .options(*FOR_LEAVING)
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def find_live_of(session: Session, event_id: int, person_id: int) -> Registration | None:
    """Find somebody's live registration for an event, alone."""
    return session.scalars(
        select(Registration).where(
            Registration.event_id == event_id, Registration.person_id == person_id, Registration.state.in_(LIVE)
        )
    ).one_or_none()


def list_live(session: Session, event_id: int, *, after: int = 0, limit: int = 500) -> Sequence[Registration]:
    """List an event's live registrations by id, a page at a time, with what a mail needs."""
    return session.scalars(
        select(Registration)
        .where(Registration.event_id == event_id, Registration.state.in_(LIVE), Registration.id > after)
        .order_by(Registration.id)
        .limit(limit)
        .options(
            joinedload(Registration.person),
            joinedload(Registration.invite),
            joinedload(Registration.series_registration),
        )
    ).all()


def list_of_person(session: Session, person_id: int, *, ending_after: datetime | None = None) -> list[Registration]:
    """List a person's registrations that are not erased, by start, with their events and communities."""
    statement = (
        select(Registration)
        .join(Event, Event.id == Registration.event_id)
        .where(Registration.person_id == person_id, Registration.erased_at.is_(None))
        .order_by(Event.starts_at)
        .options(
            joinedload(Registration.event).joinedload(Event.community),
            joinedload(Registration.event).joinedload(Event.series_rule),
            joinedload(Registration.invite),
            joinedload(Registration.series_registration),
        )
    )
    if ending_after is not None:
        statement = statement.where(Event.ends_at > ending_after)
    return list(session.scalars(statement))


def list_series_of_person(session: Session, person_id: int) -> list[SeriesRegistration]:
    """List a person's "every month"s that are not erased, with series, community and rules."""
    return list(
        session.scalars(
            select(SeriesRegistration)
            .where(SeriesRegistration.person_id == person_id, SeriesRegistration.erased_at.is_(None))
            .order_by(SeriesRegistration.id)
            .options(
                joinedload(SeriesRegistration.invite),
                joinedload(SeriesRegistration.series).options(joinedload(Series.community), selectinload(Series.rules)),
            )
        )
    )


def answers_of(session: Session, registration: Registration) -> dict[int, Answer]:
    """Give the answers of a registration by question id; those of its "every month" stand in for all dates."""
    conditions = [Answer.registration_id == registration.id]
    if registration.series_registration_id is not None:
        conditions.append(Answer.series_registration_id == registration.series_registration_id)
    rows = session.scalars(
        select(Answer)
        .where(conditions[0] if len(conditions) == 1 else conditions[0] | conditions[1])
        .options(joinedload(Answer.question))
    )
    return {row.question_id: row for row in rows}


def series_answers_of(session: Session, every: SeriesRegistration) -> dict[int, Answer]:
    """Give the answers of an "every month" by question id."""
    rows = session.scalars(select(Answer).where(Answer.series_registration_id == every.id))
    return {row.question_id: row for row in rows}


def series_consents_of(session: Session, every: SeriesRegistration) -> list[Consent]:
    """List the consents that came with an "every month"."""
    return list(session.scalars(select(Consent).where(Consent.series_registration_id == every.id).order_by(Consent.id)))


def consents_of(session: Session, registration: Registration) -> list[Consent]:
    """List the consents that came with a registration, or with its "every month"."""
    condition = Consent.registration_id == registration.id
    if registration.series_registration_id is not None:
        condition = condition | (Consent.series_registration_id == registration.series_registration_id)
    return list(session.scalars(select(Consent).where(condition).order_by(Consent.id)))


def count_answers(session: Session, question_ids: Sequence[int]) -> dict[int, int]:
    """Count how many have answered each of these questions; those that nobody answered are not in it."""
    given = cast(Answer.value, Text).not_in(("null", "[]", '""'))
    counted = (
        select(Answer.question_id, func.count(Answer.id))
        .where(Answer.question_id.in_(question_ids), given)
        .group_by(Answer.question_id)
    )
    return dict(session.execute(counted).all())


def answered(session: Session, question_id: int) -> int:
    """Count how many have answered a question."""
    return count_answers(session, [question_id]).get(question_id, 0)
