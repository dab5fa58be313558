"""The snapshot of facts that a mail about a slot is composed from, and its calendar entry."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gatherings import ics
from gatherings.core import zones
from gatherings.events.models import Event
from gatherings.events.rules import facts_of
from gatherings.mail import actions as mail
from gatherings.slots.models import RunningOrder, SlotInvite
from gatherings.slots.rules.telling import Minute


def facts_for(
    row: SlotInvite, order: RunningOrder, event: Event, *, invite: dict[str, object], before: Minute | None
) -> dict[str, Any]:
    """Snapshot what a mail about one presenter's slot says: JSON values, instants in ISO 8601 (UTC).

    Who presented together and does not any more gets no link of their own: the submission's belongs to its sender.
    """
    submission, other = row.submission, row.co_presenter
    who: Any = other or (submission if row.person_id == submission.person_id else None)
    return {
        "event": facts_of(event),
        "community": {
            "name": event.community.name,
            "slug": event.community.slug,
            "sender": event.community.sender,
            "accent": event.community.accent,
        },
        "to": {"name": who.name if who else "", "address": row.person.address, "zone": zone_of(row, event)},
        "own": {"public_id": who.public_id, "version": who.link_version, "other": other is not None} if who else None,
        "slot": {
            "public_id": row.public_id,
            "version": row.link_version,
            "title": submission.title,
            "starts_at": row.starts_at.isoformat(),
            "seconds": row.seconds,
            "place": row.place,
        },
        "before": _minute_facts(before) if before else None,
        "host_name": order.host_name,
        "state": submission.state,
        "invite": invite,
    }


def _minute_facts(minute: Minute) -> dict[str, Any]:
    return {
        "starts_at": minute.starts_at.isoformat(),
        "seconds": minute.seconds,
        "place": minute.place,
        "title": minute.title,
    }


def zone_of(row: SlotInvite, event: Event) -> str:
    """Give the zone in which a presenter reads times: their own, or the event's where they told none."""
    told = (row.co_presenter or row.submission).zone
    return zones.canonical(told) or told if told else event.zone


def post(session: Session, kind: str, facts: dict[str, Any], row: SlotInvite, *, domain: str, now: datetime) -> bool:
    """Put one mail about a slot into the outbox; its key holds the SEQUENCE, so that nothing is sent twice."""
    return mail.post(
        session,
        key=f"{kind}:{row.public_id}:{facts['invite']['sequence']}",
        kind=kind,
        recipient=row.person.address,
        sender=facts["community"]["sender"],
        zone=facts["to"]["zone"],
        language=(row.co_presenter or row.submission).language,
        about=f"slot:{row.public_id}",
        facts=facts,
        now=now,
        domain=domain,
    )


def entry_of(facts: Mapping[str, Any], *, organizer: ics.Organizer | None, way_in: str, page: str) -> ics.Entry:
    """Make the calendar entry of one presenter's slot: to the second, with the way in and never the meeting's link."""
    event, slot, invite, to = facts["event"], facts["slot"], facts["invite"], facts["to"]
    starts = datetime.fromisoformat(slot["starts_at"])
    length = timedelta(seconds=slot["seconds"])
    zone = entry_zone(starts, length, event["zone"])
    starts_local = zones.to_local(starts, zone)
    place = ", ".join(part for part in (event["place_name"], event["place_address"]) if part)
    return ics.Entry(
        uid=invite["uid"],
        sequence=invite["sequence"],
        stamp=datetime.fromisoformat(invite["stamp"]),
        summary=slot["title"] or event["title"],
        description=f"{event['title']}\n\n{way_in}",
        location=place if event["mode"] == "in person" else way_in,
        url=page,
        starts_local=starts_local,
        ends_local=starts_local + length,
        zone=zone,
        status="CANCELLED" if invite.get("method") == "CANCEL" else "CONFIRMED",
        organizer=organizer,
        attendee=ics.Attendee(to["name"], to["address"]) if organizer is not None else None,
    )


def entry_zone(starts_at: datetime, length: timedelta, zone: str) -> str:
    """Give the zone in which a slot is written: the event's, but UTC where its clock is changed or shows an hour twice.

    A calendar takes such a local time for the first of the two (RFC 5545 3.3.5).
    """
    local = zones.to_local(starts_at, zone)
    said = [zones.to_utc_rfc(one, zone)[0] for one in (local, local + length)]
    return zone if said == [starts_at, starts_at + length] else "UTC"
