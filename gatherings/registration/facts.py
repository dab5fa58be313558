"""The snapshot of facts that a mail is composed from, and the putting of it into the outbox.

A mail says how things stood when its cause was committed; the worker that composes it reads nothing else.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.communities.models import Community
from gatherings.core import zones
from gatherings.core.recurrence import Rule
from gatherings.events.models import Event, Series, SeriesRule
from gatherings.events.rules import facts_of
from gatherings.invites.rules import rule_text
from gatherings.mail import actions as mail
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.tickets.models import Ticket, TicketKind


def queue_position(session: Session, registration: Registration) -> int | None:
    """Count where somebody stands on a waiting list, 1 being next; None if they wait for nothing."""
    if registration.waits_for_id is None:
        return None
    # Those before them: their own row may not be written yet.
    before = select(func.count(Registration.id)).where(
        Registration.waits_for_id == registration.waits_for_id,
        Registration.queue_number < registration.queue_number,
    )
    return 1 + session.scalars(before).one()


def kinds_of_ticket(session: Session, registration: Registration) -> list[str]:
    """Name the kinds of ticket that somebody comes with or waits for; of who has some, only those."""
    rows = session.execute(
        select(TicketKind.name, Ticket.state)
        .join(Ticket, Ticket.kind_id == TicketKind.id)
        .join(Registration, Registration.id == Ticket.registration_id)
        .where(Registration.public_id == registration.public_id, Ticket.state != "cancelled")
        .order_by(TicketKind.position, Ticket.id)
    ).all()
    had = [name for name, state in rows if state != "wished"]
    return list(dict.fromkeys(had or [name for name, _ in rows]))


def side_of(event: Event, places_id: int | None) -> str | None:
    """Name the side of an event that a pool belongs to: "room" or "online"."""
    if places_id is None:
        return None
    return "room" if places_id == event.room_id else "online"


def facts_for(
    registration: Registration,
    event: Event,
    community: Community,
    address: str,
    *,
    invite: dict[str, object] | None,
    position: int | None = None,
    rule: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Snapshot what a mail about one registration says; JSON values only."""
    return {
        "event": facts_of(event),
        "community": community_facts(community),
        "to": {
            "name": registration.name,
            "address": address,
            "zone": registration.zone,
            "attends": side_of(event, registration.places_id),
            "waits_for": side_of(event, registration.waits_for_id),
        },
        "registration": {
            "public_id": registration.public_id,
            "version": registration.link_version,
            "state": registration.state,
            "position": position,
            "every": registration.series_registration_id is not None,
        },
        "invite": invite,
        "rule": rule,
        # Of a date of "every month": its event comes with its series.
        "series_slug": event.series.slug if rule is not None and event.series is not None else None,
        "before": before,
        **more,
    }


def community_facts(community: Community) -> dict[str, str]:
    """Snapshot what mails say of a community."""
    return {"name": community.name, "slug": community.slug, "sender": community.sender, "accent": community.accent}


def rule_facts(
    rule: SeriesRule, dates: list[Event], excluded: list[datetime], *, first: datetime | None = None
) -> dict[str, Any]:
    """Snapshot a series' rule with its made dates and those left out for one person (wall clock of the rule).

    `first` is where their own entry begins (None: with the rule): nobody wants years of past dates in a calendar.
    """
    starts = [date.original_local for date in dates if date.original_local is not None] or [rule.starts_local]
    last = max(starts) + timedelta(days=366 * 3)
    return {
        "text": rule_text(rule),
        "words": Rule.parse(rule.rule).text,
        "starts_local": (first or rule.starts_local).isoformat(),
        "minutes": rule.minutes,
        "zone": rule.zone,
        "dates": [start.isoformat() for start in starts],
        "excluded": [start.isoformat() for start in excluded],
        "span": [rule.starts_local.isoformat(), last.isoformat()],
    }


def series_facts(
    series_registration: SeriesRegistration,
    series: Series,
    rule: SeriesRule,
    community: Community,
    address: str,
    dates: list[tuple[Event, Registration]],
    *,
    invite: dict[str, object] | None,
    ending_after: datetime | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Snapshot what a mail about "every month" says: the rule, the dates and how one stands on each.

    `dates` are all of this person's, past ones too: what was left stays left out of the calendar. Only those that
    end after `ending_after` are told.
    """
    dates = [(event, registration) for event, registration in dates if event.series_rule_id == rule.id]
    excluded = [
        event.original_local
        for event, registration in dates
        if event.original_local is not None and (registration.state != "confirmed" or event.status == "cancelled")
    ]
    return {
        "series": {
            "title": series.title,
            "summary": series.summary,
            "slug": series.slug,
            "mode": series.mode,
            "place_name": series.place_name,
            "place_address": series.place_address,
            "status": series.status,
        },
        "rule": rule_facts(rule, [event for event, _ in dates], excluded, first=series_registration.first_local),
        "dates": [
            {
                **facts_of(event),
                "state": registration.state,
                "attends": side_of(event, registration.places_id),
            }
            for event, registration in dates
            if ending_after is None or event.ends_at > ending_after
        ],
        "community": community_facts(community),
        "to": {
            "name": series_registration.name,
            "address": address,
            "zone": series_registration.zone,
            "attends": series_registration.wish,
            "waits_for": None,
        },
        "registration": {
            "public_id": series_registration.public_id,
            "version": series_registration.link_version,
            "state": series_registration.state,
        },
        "invite": invite,
        "before": None,
        **more,
    }


def post(
    session: Session,
    kind: str,
    facts: dict[str, Any],
    *,
    key: str,
    person: Person,
    domain: str,
    now: datetime,
    language: str = "en",
    due_at: datetime | None = None,
) -> bool:
    """Put one mail into the outbox in the caller's transaction; a key that was used already makes none."""
    about = "series-registration" if "series" in facts else "registration"
    return mail.post(
        session,
        key=key,
        kind=kind,
        recipient=person.address,
        sender=facts["community"]["sender"],
        zone=zones.canonical(facts["to"]["zone"]) or facts["to"]["zone"],
        language=language,
        about=f"{about}:{facts['registration']['public_id']}",
        facts=facts,
        now=now,
        due_at=due_at,
        domain=domain,
    )
