"""What was written to somebody and what was done with their registration, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.audit.models import LogEntry
from gatherings.core.words import Sentence, say
from gatherings.mail.models import OutboxMail
from gatherings.mail.queries import list_about
from gatherings.organise.log_queries import name_actors
from gatherings.organise.log_words import sentence_of
from gatherings.organise.money_words import MAILS as MONEY_MAILS
from gatherings.registration.models import Registration
from gatherings.web.i18n import words

_MOST = 100  # lines of either list

_MAILS: Mapping[str, Sentence] = {
    "confirmed": say("The invite"),
    "waiting": say("About the waiting list"),
    "promoted": say("A place has become free"),
    "changed": say("A change of the gathering"),
    "called_off": say("The gathering is cancelled"),
    "cancelled": say("The registration is cancelled"),
    "moved_away": say("Moved to another address"),
    "handed_on": say("The ticket was handed on"),
    "joined_series": say("The single date is part of “every month” now"),
    "reminder_day": say("Reminder, a day before"),
    "reminder_hour": say("Reminder, an hour before"),
    "new_address": say("Link to confirm a new address"),
    "links": say("Lost links, sent again"),
    "my_data": say("Link to their own data"),
    "series_confirmed": say("The invite for every month"),
    "series_changed": say("A change of “every month”"),
    "series_rule_ended": say("The series has other dates now"),
    "series_cancelled": say("“Every month” is cancelled"),
    "series_called_off": say("The series is cancelled"),
    "swapped_away": say("Out of this sitting, into the other one"),
    "swapped_here": say("Into this sitting, out of the other one"),
    **MONEY_MAILS,
    "letter": say("A letter of the hosts"),
    "letter_news": say("News of the hosts"),
}
_STATES: Mapping[str, Sentence] = {
    "queued": say("waits to be sent"),
    "sent": say("sent"),
    "failed": say("could not be delivered"),
    "held": say("kept back"),
}


@dataclass(frozen=True)
class Told:
    """One mail: what it was about, how it stands, since when, and what the receiving server said."""

    kind: str
    state: str
    failed: bool
    at: datetime
    subject: str
    error: str


@dataclass(frozen=True)
class Deed:
    """One line of the log: when, and who did what."""

    at: datetime
    sentence: str


def mails_about(session: Session, registration: Registration, every: str | None) -> list[Told]:
    """List the mails about a registration and about its "every month", newest first."""
    found = list(list_about(session, f"registration:{registration.public_id}"))
    if every is not None:
        found += list_about(session, f"series-registration:{every}")
    found.sort(key=lambda mail: mail.id, reverse=True)
    return [told_of(mail) for mail in found[:_MOST]]


def told_of(mail: OutboxMail) -> Told:
    """Say how one mail stands."""
    return Told(
        kind=words(_MAILS.get(mail.kind, say("A mail"))),
        state=words(_STATES.get(mail.state, say("waits to be sent"))),
        failed=mail.state == "failed",
        at=mail.sent_at or mail.created_at,
        subject=mail.subject or "",
        error=(mail.last_error or "") if mail.state != "sent" else "",
    )


def deeds_about(session: Session, registration: Registration) -> list[Deed]:
    """List what the log says about a registration, newest first."""
    lines: Sequence[LogEntry] = session.scalars(
        select(LogEntry)
        .where(LogEntry.about == f"registration:{registration.public_id}")
        .order_by(LogEntry.id.desc())
        .limit(_MOST)
    ).all()
    names = name_actors(session, {line.actor for line in lines})
    return [
        Deed(
            line.at,
            words(sentence_of(line.action, line.actor, line.details, who=names[line.actor], what=registration.name)),
        )
        for line in lines
    ]
