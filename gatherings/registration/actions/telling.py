"""Telling those registered: changes gathered for some minutes, sent once with the newest revision; reminders."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from gatherings.config import Site
from gatherings.events import rules as event_rules
from gatherings.events.models import Event, EventChange, Series
from gatherings.events.queries import WITH_SERIES
from gatherings.invites.actions import next_message
from gatherings.registration import facts as snapshot
from gatherings.registration.actions.sending_series import get_series_of_any_status, post_series
from gatherings.registration.listing import sells, tickets_of
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.registration.queries import list_live

BATCH = 200


def list_due_changes(session: Session, now: datetime) -> list[int]:
    """List the gathered changes whose minutes are over, and those whose telling was broken off."""
    due = EventChange.told_at.is_(None) & (EventChange.due_at <= now)
    broken_off = EventChange.told_at.is_not(None) & EventChange.finished_at.is_(None)
    return list(session.scalars(select(EventChange.id).where(due | broken_off).order_by(EventChange.due_at)))


def tell_change(session: Session, change_id: int, site: Site, *, now: datetime) -> int:
    """Post the mails of the next 200 people of one gathered change; return how many, and call again until finished.

    A transaction each, so that telling thousands holds up no registration. A change that was taken back meanwhile
    tells nobody. Each mail's key holds the revision, so that nothing is sent twice.
    """
    change = session.scalars(select(EventChange).where(EventChange.id == change_id).with_for_update()).one_or_none()
    if change is None or change.finished_at is not None:
        return 0
    change.told_at = change.told_at or now  # whatever changes from here on is a change of its own
    told = _tell_series(session, change, site, now=now) if change.series_id else _tell_event(session, change, site, now)
    return told


def _tell_event(session: Session, change: EventChange, site: Site, now: datetime) -> int:
    event = session.scalars(select(Event).where(Event.id == change.event_id).options(*WITH_SERIES)).one()
    kinds = event_rules.kinds_of_change(change.before, event_rules.facts_of(event))
    page = list_live(session, event.id, after=change.told_up_to, limit=BATCH) if kinds else ()
    if len(page) < BATCH or event.status == "draft":
        change.finished_at = now
    if event.status == "draft":
        return 0
    told = 0
    for registration in page:
        change.told_up_to = registration.id
        if change.via_series and registration.series_registration_id is not None:
            continue
        if _since(registration) > event.changed_at:
            continue  # registered in the minutes since: their first mail said it as it is now
        told += _tell_one(session, registration, event, change, kinds, site, now=now)
    return told


def _tell_one(
    session: Session,
    registration: Registration,
    event: Event,
    change: EventChange,
    kinds: tuple[str, ...],
    site: Site,
    *,
    now: datetime,
) -> bool:
    every = registration.series_registration_id is not None
    rule = event.series_rule if every else None
    revision = event.series.revision if rule is not None and event.series is not None else event.revision
    cancelled = event.status == "cancelled"
    invite = None
    if registration.state == "confirmed":
        invite = next_message(registration.invite, revision, "CANCEL" if cancelled else "REQUEST", now)
    body = snapshot.facts_for(
        registration,
        event,
        event.community,
        registration.person.address,
        invite=invite,
        rule=snapshot.rule_facts(rule, [event], []) if rule is not None else None,
        before=dict(change.before),
        changed=list(kinds),
    )
    return snapshot.post(
        session,
        "called_off" if cancelled else "changed",
        body,
        key=f"changed:{registration.public_id}:{event.revision}:{change.id}",
        person=registration.person,
        domain=site.domain,
        now=now,
        language=registration.language,
    )


def _tell_series(session: Session, change: EventChange, site: Site, *, now: datetime) -> int:
    assert change.series_id is not None  # the table's own check
    series = get_series_of_any_status(session, change.series_id)
    kinds = _still_changed(change, series)
    if not kinds:
        change.finished_at = now
        return 0
    page = session.scalars(
        select(SeriesRegistration)
        .where(
            SeriesRegistration.series_id == series.id,
            SeriesRegistration.state == "confirmed",
            SeriesRegistration.id > change.told_up_to,
        )
        .order_by(SeriesRegistration.id)
        .limit(BATCH)
        .options(joinedload(SeriesRegistration.person), joinedload(SeriesRegistration.invite))
    ).all()
    if len(page) < BATCH:
        change.finished_at = now
    for registration in page:
        change.told_up_to = registration.id
        if registration.created_at > series.changed_at:
            continue  # as above
        post_series(
            session,
            registration,
            series,
            registration.person,
            site,
            kind="series_called_off" if series.status == "cancelled" else "series_changed",
            now=now,
            changed=kinds,
            before=dict(change.before),
        )
    return len(page)


def _still_changed(change: EventChange, series: Series) -> list[str]:
    """Give the kinds of a series' change that were not taken back before anybody was told.

    A new rule is told of in any case: it may have a UID of its own.
    """
    kinds = change.kinds.split()
    if "rule" in kinds:
        return kinds
    after: dict[str, Any] = {name: getattr(series, name, None) for name in change.before}
    if series.rules:
        rule = series.rules[-1]
        # "ends_local" stands for the length in minutes (loading/actions/series.py).
        after |= {"zone": rule.zone, "starts_local": rule.starts_local.isoformat(), "ends_local": rule.minutes}
    return [kind for kind in kinds if not event_rules.taken_back(kind, change.before, after)]


# What is sent how long before the start, under which column it is noted, and how little time must be left for it.
_REMINDERS: tuple[tuple[str, timedelta, InstrumentedAttribute[datetime | None], timedelta], ...] = (
    ("reminder_day", timedelta(days=1), Event.reminded_day_at, timedelta(hours=3)),
    ("reminder_hour", timedelta(hours=1), Event.reminded_hour_at, timedelta(0)),
)


def _due_for(
    column: InstrumentedAttribute[datetime | None], ahead: timedelta, least: timedelta, now: datetime
) -> tuple[ColumnElement[bool], ...]:
    return (
        Event.status == "published",
        column.is_(None),
        Event.starts_at <= now + ahead,
        Event.starts_at > now + least,
        # Whole days have no hour: nobody wants to hear at eleven at night that a week begins soon.
        or_(Event.all_day.is_(False), literal(ahead >= timedelta(days=1))),
    )


def any_reminder_due(session: Session, now: datetime) -> bool:
    """Tell whether a reminder is due, without writing anything."""
    return any(
        session.scalar(select(Event.id).where(*_due_for(column, ahead, least, now)).limit(1)) is not None
        for _, ahead, column, least in _REMINDERS
    )


def remind(session: Session, site: Site, *, now: datetime, limit: int = 50) -> int:
    """Post the reminders that are due: a day and an hour before the start; return how many mails.

    Nobody is reminded of what they registered for within the last hours of that span; a start that moved is
    reminded of again (the key holds it).
    """
    posted = 0
    for kind, ahead, column, least in _REMINDERS:
        events = session.scalars(
            select(Event)
            .where(*_due_for(column, ahead, least, now))
            .order_by(Event.starts_at)
            .limit(limit)
            .options(*WITH_SERIES)
        ).all()
        for event in events:
            posted += _remind_of(session, event, kind, ahead, site, now=now)
            setattr(event, column.key, now)
    return posted


def _remind_of(session: Session, event: Event, kind: str, ahead: timedelta, site: Site, *, now: datetime) -> int:
    posted, after = 0, 0
    fresh = now - ahead / 4  # who registered a quarter of the span ago or less has just read all of it
    while page := list_live(session, event.id, after=after, limit=BATCH):
        tickets = tickets_of(session, [one.id for one in page]) if sells(event) else {}
        for registration in page:
            after = registration.id
            if registration.state != "confirmed" or _since(registration) > fresh:
                continue
            kinds = dict.fromkeys(one.kind for one in tickets.get(registration.id, ()) if one.state == "valid")
            more: dict[str, Any] = {"tickets": list(kinds)} if kinds else {}
            body: dict[str, Any] = snapshot.facts_for(
                registration, event, event.community, registration.person.address, invite=None, **more
            )
            posted += snapshot.post(
                session,
                kind,
                body,
                key=f"{kind}:{registration.public_id}:{event.starts_at.isoformat()}",
                person=registration.person,
                domain=site.domain,
                now=now,
                language=registration.language,
            )
    return posted


def _since(registration: Registration) -> datetime:
    return registration.confirmed_at or registration.created_at
