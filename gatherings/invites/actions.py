"""Invites: made once, raised with each message, and the public calendar blocks that feeds are joined from."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings import ics
from gatherings.events.models import Event, Series
from gatherings.invites import rules
from gatherings.invites.models import Invite


def new_invite(uid: str, address: str) -> Invite:
    """Make the invite of a new registration, with which it is saved; nothing was sent yet."""
    return Invite(uid=uid, address=address, steps=0, sequence=-1)


def make_invite(session: Session, uid: str, address: str) -> Invite:
    """Make an invite and save it at once."""
    invite = new_invite(uid, address)
    session.add(invite)
    session.flush()
    return invite


def next_message(invite: Invite, revision: int, method: str, now: datetime, *, step: bool = False) -> dict[str, object]:
    """Raise an invite for its next message; give UID, SEQUENCE, METHOD and DTSTAMP for the mail's facts.

    SEQUENCE = the revision of the event or series + the invite's own steps, never falling (domain.md 13).
    `step` adds one of its own: cancel, register again, move.
    """
    if step:
        invite.steps += 1
    sequence = revision + invite.steps
    if sequence < invite.sequence:  # a database restored from a backup may know less than calendars do
        invite.steps += invite.sequence - sequence
        sequence = invite.sequence
    invite.sequence = sequence
    invite.method = method
    invite.sent_at = now
    return {
        "uid": invite.uid,
        "sequence": sequence,
        "method": method,
        "stamp": now.replace(microsecond=0).isoformat(),
    }


def store_blocks(
    session: Session, *, base_url: str, event_ids: Iterable[int] = (), series_ids: Iterable[int] = ()
) -> None:
    """Write the public calendar bytes of events and series afresh, in the transaction that changed them.

    A date of a series is part of its series' block too, so its series is written with it.
    """
    wanted_series = set(series_ids)
    ids = sorted(set(event_ids))
    for start in range(0, len(ids), 400):
        events = session.scalars(
            select(Event)
            .where(Event.id.in_(ids[start : start + 400]))
            .options(joinedload(Event.community), joinedload(Event.series))
        )
        for event in events:
            block = ics.vevent(rules.public_entry(event, base_url))
            event.calendar_block, event.calendar_zones = block.data, block.zone
            if event.series_rule_id is not None and event.series_id is not None:
                wanted_series.add(event.series_id)
    for series_id in sorted(wanted_series):
        _store_series(session, series_id, base_url)
    session.flush()


def _store_series(session: Session, series_id: int, base_url: str) -> None:
    series = session.scalars(
        select(Series).where(Series.id == series_id).options(joinedload(Series.community), selectinload(Series.rules))
    ).one()
    dates = session.scalars(
        select(Event)
        .where(
            Event.series_id == series_id,
            Event.series_rule_id.is_not(None),
            # What a draft or a date by link says of its own is not for everybody's calendar.
            Event.status != "draft",
            Event.listing == series.listing,
        )
        .order_by(Event.original_local)
    ).all()
    blocks: list[ics.Block] = []
    for rule in series.rules:
        own = [date for date in dates if date.series_rule_id == rule.id]
        blocks += ics.vevents(rules.series_entries(series, rule, own, base_url))
    series.calendar_block = b"".join(block.data for block in blocks)
    series.calendar_zones = " ".join(sorted({block.zone for block in blocks if block.zone})) or None
