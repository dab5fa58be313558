"""For "every month": another e-mail address, confirmed from there; all dates from the room to online and back."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

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
from gatherings.events.models import Event, Series
from gatherings.events.rules import Door, door
from gatherings.registration import facts as snapshot
from gatherings.registration import rules
from gatherings.registration.actions.changing import change_side
from gatherings.registration.actions.leaving_series import live_dates
from gatherings.registration.actions.moving_address import step_aside
from gatherings.registration.actions.registering import make_invite_again
from gatherings.registration.actions.sending import may_mail
from gatherings.registration.actions.sending_series import get_series_of_any_status, post_series, tell_promoted
from gatherings.registration.actions.series import find_series_registration
from gatherings.registration.actions.waiting import lock_pools
from gatherings.registration.models import Answer, Consent, Registration, SeriesRegistration
from gatherings.registration.queries import list_dates_of


def ask_new_series_address(
    session: Session, every: SeriesRegistration, address: Address, site: Site, *, now: datetime
) -> None:
    """Mail a link to the new address; nothing changes until it is used there.

    Raises Conflict when the "every month" or its series ended, TooMany beyond 5 mails an hour.
    """
    series = get_series_of_any_status(session, every.series_id)
    if every.state != "confirmed" or series.status != "published":
        raise Conflict(say("This registration was cancelled. You are welcome to register again."))
    if address.key == every.person.key:
        raise Conflict(say("That is the address we have already."))
    dates = list_dates_of(session, every.id, now=now) or list_dates_of(session, every.id)
    person = find_or_make_person(session, address, now=now)
    if not dates or not may_mail(session, person, dates[0][0].id, now=now):
        raise TooMany(say("We sent several mails to that address in the last hour. Please try again later."), 3600)
    secret = make_fresh_link(session, person, f"address-series:{every.public_id}", now=now)
    rule = next((rule for rule in series.rules if rule.uid == every.invite.uid), series.rules[-1])
    body = snapshot.series_facts(
        every, series, rule, series.community, person.address, [], invite=None, secret=secret
    )  # without dates: how somebody stands on each is nothing for an address that is not yet theirs
    snapshot.post(
        session,
        "new_address",
        body,
        key=f"new-address:{every.public_id}:{new_public_id()}",
        person=person,
        domain=site.domain,
        now=now,
        language=every.language,
    )


def person_of_series_address_link(session: Session, every: SeriesRegistration, secret: str, *, now: datetime) -> Person:
    """Give whom the link to another address was sent to; raises NotFound when it is old or used."""
    return person_of_fresh_link(session, secret, f"address-series:{every.public_id}", now=now)


def confirm_new_series_address(
    session: Session, every: SeriesRegistration, secret: str, site: Site, *, now: datetime
) -> None:
    """Move an "every month" with all its dates to the address the link was sent to; places stay as they are.

    The old address gets CANCEL for the whole entry, the new one REQUEST; all old links end. Raises NotFound for an
    old or used link, Conflict when that address comes to this series, or to a date of it, already.
    """
    person = person_of_series_address_link(session, every, secret, now=now)
    _lock_dates(session, every, now=now)
    session.refresh(every, ["state"])
    series = get_series_of_any_status(session, every.series_id)
    if every.state != "confirmed" or series.status != "published":
        raise NotFound()
    if not end_fresh_links(session, person.id):
        raise NotFound()  # pressed twice at once: the other press was first
    _make_room(session, every, person, now=now)
    _move(session, every, series, person, site, now=now)


def hand_series_to(session: Session, every: SeriesRegistration, person: Person, site: Site, *, now: datetime) -> None:
    """Give an "every month" to another address because its hosts say so: nobody has confirmed it from there.

    Raises Conflict when the "every month" or its series ended, or for an address that comes already.
    """
    _lock_dates(session, every, now=now)
    session.refresh(every, ["state"])
    series = get_series_of_any_status(session, every.series_id)
    if every.state != "confirmed" or series.status != "published":
        raise Conflict(say("They do not come every month any more, so nothing was changed."))
    _make_room(session, every, person, now=now)
    _move(session, every, series, person, site, now=now, by="host")


def _move(
    session: Session,
    every: SeriesRegistration,
    series: Series,
    person: Person,
    site: Site,
    *,
    now: datetime,
    by: str = "person",
) -> None:
    """Tell the old address and hand everything over to the new one, which gets the invite."""
    more: dict[str, Any] = {"by": by} if by == "host" else {}
    if every.invite.method == "REQUEST":
        post_series(
            session, every, series, every.person, site, kind="moved_away", now=now, step=True, ending=True, **more
        )
    _hand_over(session, every, person)
    every.link_sent_at = now
    session.flush()
    post_series(session, every, series, person, site, kind="series_confirmed", now=now)


def _lock_dates(session: Session, every: SeriesRegistration, *, now: datetime) -> None:
    """Lock the pools of all coming dates, in ascending ids: nobody is promoted or leaves meanwhile."""
    dates = list_dates_of(session, every.id, now=now)
    lock_pools(session, *(event for event, _ in dates))


def _make_room(session: Session, every: SeriesRegistration, person: Person, *, now: datetime) -> None:
    """Let what the new address had of this series step aside: a person is at an event, and in a series, once.

    Raises Conflict for what is live. A past date that both were at stays with either address.
    """
    other = find_series_registration(session, every.series_id, person.id)
    if other is not None and other.state == "confirmed":
        raise Conflict(say("That address comes to every date already, so nothing was changed."))
    mine = {registration.event_id: registration for _event, registration in list_dates_of(session, every.id)}
    theirs = session.execute(
        select(Event, Registration)
        .join(Registration, Registration.event_id == Event.id)
        .where(Event.series_id == every.series_id, Registration.person_id == person.id)
        .order_by(Event.starts_at)
    ).all()
    for event, registration in theirs:
        if registration.state in rules.LIVE and event.ends_at > now:
            raise Conflict(
                say(
                    "That address is registered for the date on %(date)s alone. Please cancel that one first: nothing "
                    "was changed.",
                    date=f"{event.starts_local:%Y-%m-%d}",
                )
            )
    for event, registration in theirs:
        if event.id in mine and registration.state in rules.LIVE:
            mine[event.id].series_registration_id = None
        elif event.id in mine:
            step_aside(session, registration)
        elif other is not None and registration.series_registration_id == other.id:
            registration.series_registration_id = None
    if other is not None:
        _forget_earlier(session, other)


def _forget_earlier(session: Session, other: SeriesRegistration) -> None:
    session.flush()
    session.execute(delete(Answer).where(Answer.series_registration_id == other.id))
    session.execute(delete(Consent).where(Consent.series_registration_id == other.id))
    session.delete(other)
    session.flush()


def _hand_over(session: Session, every: SeriesRegistration, person: Person) -> None:
    """Give the rows to another person, each with an invite of theirs for the same UID; old links end."""
    rows = session.scalars(
        select(Registration)
        .where(Registration.series_registration_id == every.id)
        .options(joinedload(Registration.invite))
    ).all()
    everything: list[Registration | SeriesRegistration] = [*rows, every]
    # Past dates may belong to the entry of an earlier rule: one new invite for each entry.
    made = {
        old.uid: make_invite_again(session, old.uid, person.address, steps=old.steps)
        for old in {row.invite_id: row.invite for row in everything}.values()
    }
    for row in everything:
        row.person, row.invite = person, made[row.invite.uid]
        row.link_version += 1


def move_series_to(session: Session, every: SeriesRegistration, side: str, site: Site, *, now: datetime) -> bool:
    """Move all coming dates of a hybrid series to "room" or "online", with one mail; False when that was done before.

    A date whose side is full is waited for, with the place one has kept. Dates held one way only stay as they are.
    """
    if every.series.mode != "hybrid":
        raise Conflict(say("This gathering is held one way only, so there is nothing to change."))
    _lock_dates(session, every, now=now)
    session.refresh(every, ["state", "wish"])
    if every.state != "confirmed" or every.series.status != "published":
        raise Conflict(say("This registration was cancelled. You are welcome to register again."))
    if every.wish == side:
        return False
    every.wish = side
    session.flush()
    kept = False
    for row in sorted(live_dates(session, every.id, now=now), key=lambda row: row.event_id):
        session.refresh(row, ["state", "places_id", "waits_for_id", "queue_number"])
        if row.event.mode == "hybrid" and door(row.event, now) not in (Door.OVER, Door.CANCELLED):
            change_side(session, row, side, site, now=now)
            kept = kept or (row.places_id is not None and row.waits_for_id is not None)
    session.flush()
    # Read only now: serving the waiting lists above reads series again without their rules.
    series = get_series_of_any_status(session, every.series_id)
    changed = [side, "kept"] if kept else [side]
    post_series(session, every, series, every.person, site, kind="series_changed", now=now, step=True, changed=changed)
    tell_promoted(session, site, now=now)
    return True
