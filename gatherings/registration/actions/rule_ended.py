"""A series whose rule changed: those who come every month get a new entry, and the old one ends (calendars.md 8)."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from gatherings.config import Site
from gatherings.events.models import Event, Series, SeriesRule
from gatherings.invites.actions import make_invite, next_message
from gatherings.registration import facts as snapshot
from gatherings.registration.models import Registration, SeriesRegistration


def end_rule(session: Session, series: Series, old: SeriesRule, new: SeriesRule, site: Site, *, now: datetime) -> int:
    """End the old entry of everybody who comes every month and give them an invite with the new rule's UID.

    The old UID gets a REQUEST whose rule ends (`old.until_at`), so that past dates stay in calendars; it leaves
    together with the mail of the gathered change, which brings the new one. `series` comes with its community, the
    dates that moved belong to `new` already. Returns how many were told.
    """
    session.flush()
    told = 0
    for every in session.scalars(
        select(SeriesRegistration)
        .where(SeriesRegistration.series_id == series.id, SeriesRegistration.state == "confirmed")
        .order_by(SeriesRegistration.id)
        .options(joinedload(SeriesRegistration.person), joinedload(SeriesRegistration.invite))
    ).all():
        if every.invite.uid == new.uid:
            continue
        if every.invite.uid == old.uid and every.invite.method == "REQUEST":
            told += _post_end(session, every, series, old, site, now=now)
        every.invite = make_invite(session, new.uid, every.person.address)
        moved = select(Event.id).where(Event.series_rule_id == new.id)
        for registration in session.scalars(
            select(Registration).where(
                Registration.series_registration_id == every.id, Registration.event_id.in_(moved)
            )
        ):
            registration.invite_id = every.invite.id
        every.first_local = session.scalar(
            select(func.min(Event.original_local))
            .join(Registration, Registration.event_id == Event.id)
            .where(Registration.series_registration_id == every.id, Event.series_rule_id == new.id)
        )
    session.flush()
    return told


def _post_end(
    session: Session, every: SeriesRegistration, series: Series, old: SeriesRule, site: Site, *, now: datetime
) -> bool:
    invite = next_message(every.invite, series.revision, "REQUEST", now)
    body = snapshot.series_facts(
        every, series, old, series.community, every.person.address, [], invite=invite, changed=["rule"]
    )
    return snapshot.post(
        session,
        "series_rule_ended",
        body,
        key=f"series_rule_ended:{every.public_id}:{old.id}:{invite['sequence']}",
        person=every.person,
        domain=site.domain,
        now=now,
        language=every.language,
        due_at=now + timedelta(seconds=site.change_delay),
    )
