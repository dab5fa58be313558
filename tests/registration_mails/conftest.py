"""Read the outbox, compose, build the MIME and take it apart again: as the reader's programme does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from io import StringIO
from typing import Any

import icalendar
import pytest
from dateutil.tz import tzical
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.events.actions import change_event
from gatherings.events.models import Event
from gatherings.mail.message import Letter, build
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions.telling import list_due_changes, tell_change
from gatherings.registration.mails import COMPOSERS
from gatherings.web.i18n import speaking
from tests.factories import SITE


@dataclass
class Post:
    """One mail as it arrives."""

    row: OutboxMail
    letter: Letter
    message: EmailMessage

    def part(self, kind: str) -> str:
        found = self.message.get_body((kind,))
        assert found is not None
        return str(found.get_content())

    @property
    def text(self) -> str:
        return self.part("plain").replace("\r\n", "\n")

    @property
    def html(self) -> str:
        return self.part("html")

    @property
    def ics(self) -> bytes | None:
        parts = [part for part in self.message.walk() if part.get_content_type() == "text/calendar"]
        return parts[0].get_payload(decode=True) if parts else None  # type: ignore[return-value]

    @property
    def calendar(self) -> icalendar.Calendar:
        assert self.ics is not None
        return icalendar.Calendar.from_ical(self.ics)

    @property
    def events(self) -> list[Any]:
        return list(self.calendar.walk("VEVENT"))

    @property
    def event(self) -> Any:
        (only,) = self.events
        return only

    @property
    def said(self) -> tuple[str, int, str]:
        """Give METHOD, SEQUENCE and UID."""
        return str(self.calendar["METHOD"]), int(self.event["SEQUENCE"]), str(self.event["UID"])

    @property
    def rows(self) -> dict[str, str]:
        """Give the letter's facts by their labels."""
        lines = self.letter.text.splitlines()
        return dict(line.split(": ", 1) for line in lines if ": " in line and not line.startswith(" "))

    def utc(self, value: Any) -> datetime:
        """Give a time of the invite in UTC as a reader knows it who has nothing but the VTIMEZONE."""
        local = datetime.strptime(value.to_ical().decode().rstrip("Z"), "%Y%m%dT%H%M%S")
        if "TZID" not in value.params:
            return local.replace(tzinfo=UTC)
        return local.replace(tzinfo=self.zone(value)).astimezone(UTC)

    def zone(self, value: Any) -> Any:
        assert self.ics is not None
        return tzical(StringIO(self.ics.decode())).get(value.params["TZID"])

    @property
    def everything(self) -> str:
        """Give all that the reader, or whoever they forward it to, can see."""
        return "\n".join([str(self.message["Subject"]), self.text, self.html, (self.ics or b"").decode()])


@pytest.fixture
def open_mail(app: Flask) -> Callable[[OutboxMail], Post]:
    """Compose a mail of the outbox, build its bytes and parse them."""

    def run(row: OutboxMail) -> Post:
        with app.app_context(), speaking(row.language):
            letter = COMPOSERS[row.kind](row)
        data = build(
            letter,
            sender_name=row.sender,
            mail_from="gatherings@example.org",
            recipient=row.recipient,
            message_id=row.message_id,
            date=row.created_at,
        )
        message = BytesParser(policy=policy.default).parsebytes(data)
        assert isinstance(message, EmailMessage)
        assert not message.defects
        return Post(row, letter, message)

    return run


@pytest.fixture
def mails(session: Session, open_mail: Callable[[OutboxMail], Post]) -> Callable[..., list[Post]]:
    """Give the mails of a kind in the order they were posted: `mails("confirmed")`; all kinds without one."""

    def run(kind: str | None = None) -> list[Post]:
        session.flush()
        statement = select(OutboxMail).order_by(OutboxMail.id)
        if kind is not None:
            statement = statement.where(OutboxMail.kind == kind)
        return [open_mail(row) for row in session.scalars(statement)]

    return run


@pytest.fixture
def mail(mails: Callable[..., list[Post]]) -> Callable[[str], Post]:
    """Give the one mail of a kind."""

    def run(kind: str) -> Post:
        (only,) = mails(kind)
        return only

    return run


@pytest.fixture
def change(session: Session) -> Callable[..., int]:
    """Change an event and tell it after its minutes, as organiser and worker do; gives how many mails."""

    def run(event: Event, now: datetime, **values: Any) -> int:
        change_event(session, event, values, now=now, delay=180)
        session.flush()
        later = now + timedelta(seconds=180)
        return sum(tell_change(session, change_id, SITE, now=later) for change_id in list_due_changes(session, later))

    return run
