"""Mails that a presenter's own presses cause: what was received, who is asked along, what was withdrawn."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from gatherings.accounts.actions import count_attempt, find_person
from gatherings.accounts.models import Person
from gatherings.calls.models import CoPresenter, Submission
from gatherings.calls.queries.submissions import get_by_id, list_of_person
from gatherings.config import Site
from gatherings.core.errors import TooMany
from gatherings.core.tokens import digest
from gatherings.core.words import say
from gatherings.events.rules import facts_of
from gatherings.mail import actions as mail
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions.sending import may_mail


def post_received(session: Session, submission: Submission, site: Site, *, now: datetime) -> None:
    """Mail its private link to whoever sent a submission, unless they had their mails of the hour."""
    person = _person(submission)
    if may_mail(session, person, submission.call.event_id, now=now):
        _post(session, "submission_received", submission, submission, person, site, key="sent", now=now)


def send_link_again(session: Session, submission_id: int, site: Site, *, now: datetime) -> None:
    """Mail its private link again; raises TooMany beyond five mails an hour."""
    submission = get_by_id(session, submission_id)
    person = _person(submission)
    if not may_mail(session, person, submission.call.event_id, now=now):
        raise TooMany(
            say("We sent you several mails in the last hour. Please look in your spam folder, or try again later."),
            retry_after=3600,
        )
    _post_links(session, person, [submission], site, now=now)


def post_asked(
    session: Session, submission: Submission, other: CoPresenter, person: Person, site: Site, *, now: datetime
) -> None:
    """Tell somebody that they are named as presenting together, with a link of their own."""
    if may_mail(session, person, submission.call.event_id, now=now):
        _post(session, "co_presenter_asked", submission, other, person, site, key="asked", now=now)


def post_left_out(session: Session, submission: Submission, other: CoPresenter, site: Site, *, now: datetime) -> None:
    """Tell somebody, some minutes later, that they are not named as presenting together any more."""
    event, person = submission.call.event, other.person
    if event.ends_at <= now or submission.state == "withdrawn":
        return
    if not may_mail(session, person, event.id, now=now):
        return
    mail.post(
        session,
        key=f"co_presenter_left_out:{other.public_id}",
        kind="co_presenter_left_out",
        recipient=person.address,
        sender=event.community.sender,
        zone=other.zone or event.zone,
        language=other.language,
        about=f"submission:{submission.public_id}",
        facts=_facts(submission, other),
        now=now,
        due_at=now + timedelta(seconds=max(site.change_delay, 60)),
        domain=site.domain,
    )


def unpost_left_out(session: Session, submission: Submission, person: Person) -> None:
    """Let that mail not go out: they are named again, or told by another."""
    mine = (OutboxMail.about == f"submission:{submission.public_id}", OutboxMail.recipient == person.address)
    waits = (OutboxMail.kind == "co_presenter_left_out", OutboxMail.state == "queued")
    session.execute(delete(OutboxMail).where(*mine, *waits))


def post_withdrawn(session: Session, submission_id: int, site: Site, *, now: datetime) -> None:
    """Tell all who present that a submission was withdrawn, as long as they have mails of the hour left."""
    submission = get_by_id(session, submission_id)
    key = f"{submission.edits}:{now.timestamp():.0f}"
    people: list[tuple[Submission | CoPresenter, Person]] = [(submission, _person(submission))]
    people += [(one, one.person) for one in submission.others]
    for mine, person in people:
        if may_mail(session, person, submission.call.event_id, now=now):
            _post(session, "submission_withdrawn", submission, mine, person, site, key=key, now=now)


def send_own_links(session: Session, key: str, site: Site, *, now: datetime) -> bool:
    """Mail the links of all that a known address offers or presents, at events to come; 5 an hour at most."""
    person = find_person(session, key)
    mine = list_of_person(session, person.id, ending_after=now) if person is not None else []
    if person is None or not mine:
        return False
    if not count_attempt(session, "slot-links", str(person.id), most=5, window=timedelta(hours=1), now=now):
        return False
    return _post_links(session, person, mine, site, now=now)


def _post_links(
    session: Session, person: Person, mine: Sequence[Submission | CoPresenter], site: Site, *, now: datetime
) -> bool:
    newest = mine[0]
    return mail.post(
        session,
        key=f"slot-links:{digest(f'{person.public_id}:{newest.public_id}:{now.isoformat()}')[:40]}",
        kind="submission_links",
        recipient=person.address,
        sender="Gatherings",
        zone=newest.zone or _of(newest).call.event.zone,
        language=newest.language,
        about=f"person:{person.public_id}",
        facts={"slots": [_facts(_of(one), one) for one in mine], "to": {"name": newest.name}},
        now=now,
        domain=site.domain,
    )


def _of(mine: Submission | CoPresenter) -> Submission:
    return mine.submission if isinstance(mine, CoPresenter) else mine


def _person(submission: Submission) -> Person:
    assert submission.person is not None  # a draft has none, and gets no mail
    return submission.person


def _post(
    session: Session,
    kind: str,
    submission: Submission,
    mine: Submission | CoPresenter,
    person: Person,
    site: Site,
    *,
    key: str,
    now: datetime,
) -> None:
    event = submission.call.event
    mail.post(
        session,
        key=f"{kind}:{mine.public_id}:{mine.link_version}:{key}",
        kind=kind,
        recipient=person.address,
        sender=event.community.sender,
        zone=mine.zone or event.zone,
        language=mine.language,
        about=f"{'co-presenter' if mine is not submission else 'submission'}:{mine.public_id}",
        facts=_facts(submission, mine),
        now=now,
        domain=site.domain,
    )


def _facts(submission: Submission, mine: Submission | CoPresenter) -> dict[str, Any]:
    call, event = submission.call, submission.call.event
    return {
        "event": facts_of(event),
        "community": {
            "name": event.community.name,
            "slug": event.community.slug,
            "accent": event.community.accent,
        },
        "call": {"closes_at": min(call.closes_at, event.ends_at).isoformat(), "contact": call.contact},
        "submission": {"title": submission.title, "seconds": submission.seconds, "name": submission.name},
        "to": {
            "name": mine.name,
            "public_id": mine.public_id,
            "version": mine.link_version,
            "other": isinstance(mine, CoPresenter),
        },
    }
