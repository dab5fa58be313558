""" "Every month": one registration for the series and one for each coming date, made as dates are made (13c)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.accounts.actions import find_or_make_person, was_tried
from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.db import places
from gatherings.events.models import Event, Series
from gatherings.events.queries import WITH_SERIES, current_rule
from gatherings.invites.actions import next_message
from gatherings.registration import facts as snapshot
from gatherings.registration import rules
from gatherings.registration.actions.registering import (
    consent_texts,
    end_consents,
    get_open_event,
    limit_network,
    make_invite_again,
    pool_of,
    take_place,
)
from gatherings.registration.actions.sending import link_is_due, may_mail
from gatherings.registration.actions.sending_series import post_series
from gatherings.registration.models import Answer, Consent, Registration, SeriesRegistration
from gatherings.registration.rules import Outcome, Wanted


def register_series(
    session: Session,
    event_id: int,
    wanted: Wanted,
    site: Site,
    *,
    now: datetime,
    network: str | None = None,
    network_limit: int = 600,
) -> Outcome:
    """Register somebody for every coming date of the series that this event is a date of.

    Dates that are full are waited for and left out of the calendar until there is a place; earlier invites for
    single dates get a CANCEL. Repeats and privacy as in `register`. Raises as `register` does.
    """
    outcome = _register_series(session, event_id, wanted, site, now=now)
    limit_network(session, network, network_limit, now=now)
    return outcome


def _register_series(session: Session, event_id: int, wanted: Wanted, site: Site, *, now: datetime) -> Outcome:
    event = get_open_event(session, event_id, now=now)
    if event.series_id is None or event.series_rule_id is None:
        raise Conflict(say("This gathering is not one of a series. You can register for it alone."))
    series = get_series(session, event.series_id)
    if "tickets" in event.offers.split():
        raise Conflict(say("One comes to this gathering with a ticket. Please choose one on its page."))
    rules.check_code(event.community.code_of_kindness, wanted.code_agreed)
    side = rules.choose_side(series.mode, wanted.wish)
    person = find_or_make_person(session, wanted.address, now=now)
    outcome = Outcome(full=_full(session, event, side))
    if was_tried(session, "not-me", f"{person.id}:{event.id}", now=now):
        return outcome
    found = find_series_registration(session, series.id, person.id)
    if found is not None and found.state == "confirmed":
        if link_is_due(found, now) and may_mail(session, person, event.id, now=now):
            found.link_sent_at = now
            post_series(session, found, series, person, site, kind="series_confirmed", now=now, again=True)
        return outcome
    registration = _enrol(session, found, series, person, wanted, side, now=now)
    keep_series_answers(session, registration, wanted, event, now=now)
    fill_dates(session, registration, series, person, site, now=now, renewed=True)
    may_mail(session, person, event.id, now=now)
    registration.link_sent_at = now
    post_series(session, registration, series, person, site, kind="series_confirmed", now=now, step=found is not None)
    return outcome


def get_series(session: Session, series_id: int) -> Series:
    """Read a series with community and rules, inside the transaction; raises NotFound."""
    series = session.scalars(
        select(Series)
        .where(Series.id == series_id, Series.status == "published")
        .options(joinedload(Series.community), selectinload(Series.rules))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if series is None:
        raise NotFound()
    return series


def find_series_registration(session: Session, series_id: int, person_id: int) -> SeriesRegistration | None:
    """Find somebody's "every month" with its invite, live or cancelled."""
    return session.scalars(
        select(SeriesRegistration)
        .where(SeriesRegistration.series_id == series_id, SeriesRegistration.person_id == person_id)
        .options(joinedload(SeriesRegistration.invite))
    ).one_or_none()


def _full(session: Session, event: Event, side: str) -> bool:
    pool = session.get_one(places.Places, pool_of(event, side), populate_existing=True)
    return pool.capacity is not None and pool.taken >= pool.capacity


def _enrol(
    session: Session,
    found: SeriesRegistration | None,
    series: Series,
    person: Person,
    wanted: Wanted,
    side: str,
    *,
    now: datetime,
) -> SeriesRegistration:
    rule = current_rule(series)
    if rule is None:
        raise NotFound()
    registration = found or SeriesRegistration(
        public_id=new_public_id(),
        series_id=series.id,
        person_id=person.id,
        # This address may have had the entry before, and moved it to another address.
        invite=make_invite_again(session, rule.uid, person.address),
        link_version=0,
        created_at=now,
    )
    if registration.invite.uid != rule.uid:
        registration.invite = make_invite_again(session, rule.uid, person.address)
    registration.name, registration.zone, registration.language = wanted.name, wanted.zone, wanted.language
    registration.wish, registration.state = side, "confirmed"
    registration.link_version += 1
    registration.code_agreed_at = now if wanted.code_agreed else None
    registration.cancelled_at = registration.erased_at = None
    session.add(registration)
    session.flush()
    if found is not None:
        end_consents(session, Consent.series_registration_id == registration.id, now=now)
    return registration


def keep_series_answers(
    session: Session, registration: SeriesRegistration, wanted: Wanted, event: Event, *, now: datetime
) -> None:
    """Store answers and consents once, with the "every month"."""
    old = {
        row.question_id: row
        for row in session.scalars(select(Answer).where(Answer.series_registration_id == registration.id))
    }
    for question_id, value in wanted.answers.items():
        if question_id in old:
            old[question_id].value = value
        elif value is not None:
            session.add(Answer(question_id=question_id, series_registration_id=registration.id, value=value))
    for text in consent_texts(session, event, wanted):
        session.add(
            Consent(
                series_registration_id=registration.id,
                key=text.key,
                version=text.version,
                text=text.text,
                given_at=now,
            )
        )


def fill_dates(
    session: Session,
    registration: SeriesRegistration,
    series: Series,
    person: Person,
    site: Site,
    *,
    now: datetime,
    renewed: bool = False,
) -> bool:
    """Give an "every month" its registration on each coming date that has none; tell whether one must be waited for.

    Dates are taken in order of their ids, so pools are locked in ascending order. A date that somebody left while
    they came every month stays left, unless the "every month" itself is `renewed` after it was cancelled. One that
    sells tickets is left for them: who has a ticket keeps it, and nobody else gets a place without one.
    """
    events = session.scalars(
        select(Event)
        .where(
            Event.series_id == series.id,
            Event.series_rule_id.is_not(None),
            Event.status == "published",
            Event.ends_at > now,
        )
        .order_by(Event.id)
        .options(*WITH_SERIES)
    ).all()
    present = {
        row.event_id: row
        for row in session.scalars(
            select(Registration)
            .where(Registration.person_id == person.id, Registration.event_id.in_([event.id for event in events]))
            .options(joinedload(Registration.invite))
        )
    }
    waits = False
    for event in events:
        mine = present.get(event.id)
        if mine is not None and mine.series_registration_id == registration.id and not renewed:
            continue
        if "tickets" in event.offers.split() and (mine is None or mine.state not in rules.LIVE):
            _leave_out(session, mine, event, registration, now=now)
            continue
        joined = _join_date(session, mine, event, registration, person, site, now=now)
        waits = waits or joined.state == "waitlisted"
    if registration.first_local is None or renewed:
        own = [event.original_local for event in events if event.series_rule_id == series.rules[-1].id]
        registration.first_local = min((start for start in own if start is not None), default=None)
    session.flush()
    return waits


def _leave_out(
    session: Session, mine: Registration | None, event: Event, every: SeriesRegistration, *, now: datetime
) -> None:
    """Leave a date that sells tickets out of the series' entry, as one that was left: calendars do not show it."""
    if mine is not None:
        return
    session.add(
        Registration(
            public_id=new_public_id(), event_id=event.id, person_id=every.person_id, link_version=1,
            series_registration_id=every.id, invite=every.invite, name=every.name, zone=every.zone,
            language=every.language, state="cancelled", cancelled_at=now, cancelled_by="tickets", created_at=now,
        )
    )  # fmt: skip
    session.flush()


def _join_date(
    session: Session,
    mine: Registration | None,
    event: Event,
    every: SeriesRegistration,
    person: Person,
    site: Site,
    *,
    now: datetime,
) -> Registration:
    """Make one date part of an "every month": a single registration keeps its place, its own invite is cancelled."""
    single_live = mine is not None and mine.state in rules.LIVE
    if mine is not None and single_live and mine.invite.method == "REQUEST":
        _cancel_single(session, mine, event, person, site, now=now)
    if mine is None:
        mine = Registration(
            public_id=new_public_id(), event_id=event.id, person_id=person.id, link_version=1, created_at=now
        )
    mine.name, mine.zone, mine.language = every.name, every.zone, every.language
    mine.series_registration_id = every.id
    mine.invite = every.invite
    mine.code_agreed_at = every.code_agreed_at
    mine.cancelled_at = mine.cancelled_by = mine.erased_at = None
    if not single_live:
        side = every.wish if event.mode == "hybrid" else "online" if event.mode == "online" else "room"
        take_place(session, mine, event, side, now=now)
    if mine not in session:
        session.add(mine)
    return mine


def _cancel_single(
    session: Session, mine: Registration, event: Event, person: Person, site: Site, *, now: datetime
) -> None:
    """Take the single entry of a date out of the calendar before the series' own entry brings it (13c)."""
    invite = next_message(mine.invite, event.revision, "CANCEL", now, step=True)
    body = snapshot.facts_for(mine, event, event.community, person.address, invite=invite)
    snapshot.post(
        session,
        "joined_series",
        body,
        key=f"joined-series:{mine.public_id}:{invite['sequence']}",
        person=person,
        domain=site.domain,
        now=now,
        language=mine.language,
    )
