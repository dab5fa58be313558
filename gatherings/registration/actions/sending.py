"""Mails about one registration: when one may be caused, and which kind says what."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gatherings.accounts.actions import count_attempt, is_spent, was_tried
from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.errors import TooMany
from gatherings.core.words import say
from gatherings.events.models import Event, SeriesRule
from gatherings.invites.actions import next_message
from gatherings.registration import facts as snapshot
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.registration.rules import LINK_PAUSE, MAILS_PER_HOUR


def may_mail(session: Session, person: Person, event_id: int, *, now: datetime) -> bool:
    """Count one more mail that somebody's press causes and tell whether it may go (5 an hour, design README 11)."""
    what = f"{person.id}:{event_id}"
    if was_tried(session, "not-me", what, now=now):
        return False
    return count_mail(session, person, event_id, now=now)


def count_mail(session: Session, person: Person, event_id: int, *, now: datetime) -> bool:
    """Count one more mail to somebody about an event and tell whether it is within the hour's five."""
    what = f"{person.id}:{event_id}"
    return count_attempt(session, "mail", what, most=MAILS_PER_HOUR, window=timedelta(hours=1), now=now)


def take_mail(session: Session, person: Person, event_id: int, *, spare: int, now: datetime) -> bool:
    """Count one more mail only if it leaves `spare` of the hour's five for what must go; tell whether it does."""
    what = f"{person.id}:{event_id}"
    if is_spent(session, "mail", what, most=MAILS_PER_HOUR - spare, now=now):
        return False
    return count_mail(session, person, event_id, now=now)


def post_state(
    session: Session,
    registration: Registration,
    event: Event,
    person: Person,
    site: Site,
    *,
    kind: str,
    now: datetime,
    step: bool = False,
    rule: SeriesRule | None = None,
    held: bool = True,
    suffix: str = "",
    by: str = "person",
    before: dict[str, Any] | None = None,
    tickets: list[str] | None = None,
) -> None:
    """Post the mail that says how a registration stands: confirmed, waiting, promoted or cancelled.

    Who holds a place gets REQUEST, who had one and lost it CANCEL, who only waits no calendar part. `rule` is that
    of a date one comes to every month: its message is about one date of the series' entry, which it is in only if
    a place was `held`. `by` "host": their hosts did it, and the mail does not thank them for saying so.
    `before`: the facts of the other sitting, for somebody who swaps. `tickets`: names of their kinds, where they are
    not written yet.
    """
    had_one = registration.invite.method == "REQUEST" if rule is None else held
    invite = None
    if registration.state == "confirmed":
        invite = next_message(registration.invite, _revision(event, rule), "REQUEST", now, step=step)
    elif registration.state == "cancelled" and had_one:
        invite = next_message(registration.invite, _revision(event, rule), "CANCEL", now, step=True)
    more: dict[str, Any] = {"by": by} if by == "host" else {}
    if tickets is None and "tickets" in event.offers.split():
        tickets = snapshot.kinds_of_ticket(session, registration)
    if tickets:
        more["tickets"] = tickets
    body = snapshot.facts_for(
        registration,
        event,
        event.community,
        person.address,
        invite=invite,
        position=snapshot.queue_position(session, registration),
        rule=snapshot.rule_facts(rule, [event], []) if rule is not None else None,
        before=before,
        **more,
    )
    number = invite["sequence"] if invite else registration.invite.steps
    # The link's version tells a second coming or another address apart, the pool one waiting list from the other.
    step_of = f"{registration.link_version}:{number}:{registration.waits_for_id or 0}-{registration.queue_number or 0}"
    snapshot.post(
        session,
        kind,
        body,
        key=f"{kind}:{registration.public_id}:{step_of}{suffix}",
        person=person,
        domain=site.domain,
        now=now,
        language=registration.language,
    )


def post_own_state(session: Session, registration: Registration, site: Site, *, kind: str, **options: Any) -> None:
    """Post as `post_state` does, for a registration that was read with its event, community, rule and person."""
    event = registration.event
    rule = event.series_rule if registration.series_registration_id is not None else None
    post_state(session, registration, event, registration.person, site, kind=kind, rule=rule, **options)


def standing_kind(registration: Registration) -> str:
    """Name the mail that says how a live registration stands."""
    return {"waitlisted": "waiting", "confirmed": "confirmed"}.get(registration.state, "held")


def _revision(event: Event, rule: SeriesRule | None) -> int:
    # All messages of one series, its single dates included, share one growing counter (calendars.md 11).
    return event.series.revision if rule is not None and event.series is not None else event.revision


def send_again(session: Session, registration: Registration, site: Site, *, now: datetime) -> None:
    """Send the invite again on the registrant's own press; raises TooMany beyond 5 mails an hour.

    The same SEQUENCE goes out with a new DTSTAMP (RFC 5546 2.1.5): calendars take it as the same entry.
    """
    if not may_mail(session, registration.person, registration.event_id, now=now):
        raise TooMany(
            say("We sent you several mails in the last hour. Please look in your spam folder, or try again later."),
            retry_after=3600,
        )
    registration.link_sent_at = now
    kind = standing_kind(registration)
    post_own_state(session, registration, site, kind=kind, now=now, suffix=f":{now.timestamp():.0f}")


def link_is_due(registration: Registration | SeriesRegistration, now: datetime) -> bool:
    """Tell whether the last mail with the link is old enough for another one (domain.md 10)."""
    return registration.link_sent_at is None or now - registration.link_sent_at >= LINK_PAUSE
