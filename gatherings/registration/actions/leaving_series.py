"""Leaving "every month", or one of its dates and coming back to it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.config import Site
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.events.models import Event
from gatherings.events.queries import WITH_SERIES
from gatherings.registration import rules
from gatherings.registration.actions.leaving import cancel
from gatherings.registration.actions.registering import (
    get_open_event,
    take_place,
)
from gatherings.registration.actions.sending_series import get_series_of_any_status, post_series, tell_promoted
from gatherings.registration.actions.waiting import lock_pools
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.registration.queries import list_dates_of


def cancel_series(session: Session, registration: SeriesRegistration, site: Site, *, now: datetime) -> bool:
    """Leave a series: every coming date is freed, one CANCEL for the whole entry; past dates stay as they were.

    `registration` comes with its person, invite and series (community and rules). False when it was left before.
    """
    dates = list_dates_of(session, registration.id, now=now)
    lock_pools(session, *(event for event, _ in dates))
    session.refresh(registration, ["state"])
    if registration.state == "cancelled":
        return False
    registration.state, registration.cancelled_at = "cancelled", now
    session.flush()
    for row in sorted(live_dates(session, registration.id, now=now), key=lambda row: row.event_id):
        cancel(session, row, site, now=now, by="person", tell=False)
    # Read only now: serving the waiting lists above reads series again without their rules.
    series = get_series_of_any_status(session, registration.series_id)
    post_series(session, registration, series, registration.person, site, kind="series_cancelled", now=now, step=True)
    tell_promoted(session, site, now=now)
    return True


def live_dates(session: Session, series_registration_id: int, *, now: datetime) -> list[Registration]:
    """List the live registrations of an "every month" on coming dates, with all that cancelling needs."""
    return list(
        session.scalars(
            select(Registration)
            .join(Event, Event.id == Registration.event_id)
            .where(
                Registration.series_registration_id == series_registration_id,
                Registration.state.in_(rules.LIVE),
                Event.ends_at > now,
            )
            .options(
                joinedload(Registration.person),
                joinedload(Registration.invite),
                joinedload(Registration.event).options(*WITH_SERIES),
            )
        )
    )


def rejoin_date(session: Session, registration: Registration, site: Site, *, now: datetime) -> bool:
    """Come back to one date of an "every month" that one had left; False when one is there already."""
    event = registration.event
    lock_pools(session, event)
    session.refresh(registration, ["state"])
    if registration.state in rules.LIVE:
        return False
    open_event = get_open_event(session, event.id, now=now)
    if "tickets" in open_event.offers.split():
        raise Conflict(say("One comes to this gathering with a ticket. Please choose one on its page."))
    every = registration.series_registration
    wish = every.wish if every is not None else "online"
    side = wish if event.mode == "hybrid" else "online" if event.mode == "online" else "room"
    registration.cancelled_at = registration.cancelled_by = None
    take_place(session, registration, event, side, now=now)
    session.flush()
    if every is not None:
        # The whole entry again, the date no longer left out: what a CANCEL took away comes back most surely so.
        series = get_series_of_any_status(session, every.series_id)
        post_series(
            session,
            every,
            series,
            registration.person,
            site,
            kind="series_changed",
            now=now,
            step=True,
            changed=["waits" if registration.state == "waitlisted" else "back"],
        )
    return True
