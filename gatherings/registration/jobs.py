"""What the worker does for registrations: tells changes, reminds, keeps dates ahead, lets old data go."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.accounts.actions import end_fresh_links, forget_attempts
from gatherings.accounts.actions.signing_in import forget_sign_ins
from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.communities.actions.inviting import forget_invitations
from gatherings.communities.actions.members import forget_left
from gatherings.communities.models import Member, Role, RoleInvitation
from gatherings.config import Site
from gatherings.db.session import current_session, transact
from gatherings.events.actions import make_dates, note_series_change
from gatherings.events.models import Event, Series
from gatherings.events.queries import list_dates_of_rule
from gatherings.invites.actions import store_blocks
from gatherings.invites.models import Invite
from gatherings.invites.rules import told_by_rule
from gatherings.jobs import actions as jobs
from gatherings.mail import actions as mail
from gatherings.registration.actions import bulk
from gatherings.registration.actions.disowning import erase_series
from gatherings.registration.actions.leaving import erase
from gatherings.registration.actions.letting_go import let_go_of_answers
from gatherings.registration.actions.sending_series import post_series
from gatherings.registration.actions.series import fill_dates
from gatherings.registration.actions.telling import any_reminder_due, list_due_changes, remind, tell_change
from gatherings.registration.models import Registration, SeriesRegistration

KEPT_AFTER_EVENT = timedelta(days=365)  # reliability.md 5: registrations 12 months after the event
BODIES_KEPT = timedelta(days=30)
AT_ONCE = 2000  # rows of a kind in one transaction; the rest the next day
LOOK_FOR_REMINDERS = 20.0  # seconds


def tell_drain(app: Flask, site: Site) -> Callable[[str, datetime], int]:
    """Make the drain that tells gathered changes once their minutes are over, and reminds.

    Several workers may run it: a change is told by whoever locks its row, a reminder's key makes it single.
    """
    looked = -LOOK_FOR_REMINDERS

    def drain(worker: str, now: datetime) -> int:
        nonlocal looked
        with app.app_context():
            due = list_due_changes(current_session(), now)
            for change_id in due:
                transact(tell_change, change_id, site, now=now)
            posted = 0
            if time.monotonic() - looked >= LOOK_FOR_REMINDERS:
                looked = time.monotonic()
                if any_reminder_due(current_session(), now):
                    posted = transact(remind, site, now=now)
            return len(due) + posted

    return drain


def keep_dates(session: Session, payload: dict[str, Any], now: datetime, *, site: Site) -> None:
    """Make the dates of every series that are missing ahead, and give "every month" its place on each."""
    for series in session.scalars(
        select(Series)
        .where(Series.status == "published", Series.rules.any())
        .order_by(Series.id)
        .options(joinedload(Series.community), selectinload(Series.rules))
    ).all():
        new = make_dates(session, series, host=site.domain, now=now)
        if not new:
            continue
        fill_all(session, series, site, now=now, new=True)
        store_blocks(session, base_url=site.base_url, event_ids=[event.id for event in new], series_ids=[series.id])


def fill_all(session: Session, series: Series, site: Site, *, now: datetime, new: bool) -> None:
    """Register everybody who comes every month for the dates that they are not at yet; `new`: some were just made.

    Calendars know new dates by the rule already; who has to wait for one is told, for it must be left out. Where a
    zone's dates are written out one by one (calendars.md 4), everybody gets the new ones, and feeds a higher SEQUENCE.
    """
    written_out = new and not told_by_rule(series, series.rules[-1], list_dates_of_rule(session, series.rules[-1].id))
    if written_out:
        note_series_change(session, series, (), {}, now=now, delay=0)
        session.flush()
    for every in session.scalars(
        select(SeriesRegistration)
        .where(SeriesRegistration.series_id == series.id, SeriesRegistration.state == "confirmed")
        .order_by(SeriesRegistration.id)
        .options(joinedload(SeriesRegistration.person), joinedload(SeriesRegistration.invite))
    ).all():
        waits = fill_dates(session, every, series, every.person, site, now=now)
        if waits or written_out:
            changed = ["dates" if waits else "ahead"]
            post_series(
                session, every, series, every.person, site, kind="series_changed", now=now, step=True, changed=changed
            )


def tidy(session: Session, payload: dict[str, Any], now: datetime, *, site: Site, known: Sequence[Any] = ()) -> None:
    """Let go what has been kept long enough: attempts, done jobs, mail bodies, registrations of a year ago.

    `known` are selections, by Person.id, of what keeps a person known besides (own_data/retention.py).
    """
    forget_attempts(session, now=now)
    forget_sign_ins(session, now=now)
    forget_invitations(session, now=now)
    jobs.forget_done(session, before=now - timedelta(days=7))
    jobs.forget_workers(session, before=now - timedelta(days=1))
    bulk.forget(session, before=now - bulk.KEPT)
    mail.purge_bodies(session, before=now - BODIES_KEPT)
    if answers := let_go_of_answers(session, now=now):
        log(session, actor="worker", action="answers-deleted", about="registrations", now=now, count=answers)
    long_ago = now - KEPT_AFTER_EVENT
    old = session.scalars(
        select(Registration)
        .join(Event, Event.id == Registration.event_id)
        .where(Registration.erased_at.is_(None), Event.ends_at < long_ago)
        .order_by(Registration.id)
        .limit(AT_ONCE)
    ).all()
    for registration in old:
        erase(session, registration, now=now)
    session.flush()
    series = _let_go_of_series(session, long_ago, now=now)
    members = forget_left(session, now=now)
    people = _let_go_of_people(session, long_ago, now - BODIES_KEPT, known)
    if old or series or people or members:
        counts = {"count": len(old), "series": series, "people": people} | ({"members": members} if members else {})
        log(session, actor="worker", action="retention", about="registrations", now=now, **counts)


def _let_go_of_series(session: Session, long_ago: datetime, *, now: datetime) -> int:
    """Erase each "every month" of long ago that has no date left which is kept; return how many."""
    kept = select(Registration.id).where(
        Registration.series_registration_id == SeriesRegistration.id, Registration.erased_at.is_(None)
    )
    over = session.scalars(
        select(SeriesRegistration)
        .where(
            SeriesRegistration.erased_at.is_(None),
            func.coalesce(SeriesRegistration.cancelled_at, SeriesRegistration.created_at) < long_ago,
            ~kept.exists(),
        )
        .order_by(SeriesRegistration.id)
        .limit(AT_ONCE)
    ).all()
    for every in over:
        erase_series(session, every, now=now)
    session.flush()
    return len(over)


def _let_go_of_people(session: Session, long_ago: datetime, lately: datetime, more: Sequence[Any]) -> int:
    """Forget the address of whoever has no registration left that is kept; return how many. Counts stay.

    Whoever organises, is invited to, or is a member somewhere, is known for that. Who never had one, or said "this
    was not me", goes `lately` (with the mails) and not only after a year.
    """
    erased = select(Registration.id).where(Registration.person_id == Person.id, Registration.erased_at >= lately)
    single = select(Registration.id).where(Registration.person_id == Person.id, Registration.erased_at.is_(None))
    every = select(SeriesRegistration.id).where(
        SeriesRegistration.person_id == Person.id, SeriesRegistration.erased_at.is_(None)
    )
    known = (
        select(Role.id).where(Role.person_id == Person.id),
        select(RoleInvitation.id).where(RoleInvitation.person_id == Person.id),
        select(Member.id).where(Member.person_id == Person.id, Member.erased_at.is_(None)),
        *more,
    )
    nobodies = session.scalars(
        select(Person)
        .where(or_(Person.created_at < long_ago, (Person.created_at < lately) & ~erased.exists()))
        .where(Person.key.contains("@"), ~single.exists(), ~every.exists(), *(~one.exists() for one in known))
        .order_by(Person.id)
        .limit(AT_ONCE)
    ).all()
    for person in nobodies:
        session.execute(update(Invite).where(Invite.address == person.address).values(address=""))
        end_fresh_links(session, person.id)
        person.key = person.address = f"erased-{person.public_id}"
        person.name = ""
        person.feed_version += 1
    session.flush()
    return len(nobodies)
