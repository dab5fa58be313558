"""A gathering with people from four clocks, an organiser, and letters written by the real actions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.actions import find_or_make_person
from gatherings.accounts.models import Person
from gatherings.accounts.rules import normalise_address
from gatherings.communities.actions.roles import By
from gatherings.communities.models import Community, Member, NewsStop
from gatherings.core.tokens import new_public_id
from gatherings.events.models import Event
from gatherings.letters.actions import Shown, audience_of, save_letter, send_letter
from gatherings.letters.mails import COMPOSERS
from gatherings.letters.models import Letter
from gatherings.letters.queries import Scope, about, get_letter
from gatherings.letters.rules import Draft
from gatherings.mail.message import build
from gatherings.mail.models import OutboxMail
from gatherings.web.i18n import speaking
from tests.factories import NOW, SITE, make_event, make_registration
from tests.signing import make_role

ZONES = ("Pacific/Auckland", "Europe/London", "America/New_York", "Europe/Stockholm")


@dataclass
class Desk:
    """Whoever writes letters at one event, and what they need for it."""

    session: Session
    event: Event
    by: By
    community: Community = field(init=False)

    def __post_init__(self) -> None:
        self.community = self.event.community

    @property
    def scope(self) -> Scope:
        return Scope.of(self.event)

    def people(self, count: int, **values: Any) -> None:
        """Register people; their clocks go round."""
        for number in range(count):
            made = {"address": f"p{number}@example.org", "name": f"Person {number}", "zone": ZONES[number % 4]}
            make_registration(self.session, self.event, **(made | values))

    def member(self, address: str, **values: Any) -> Member:
        person = self.person(address)
        columns: dict[str, Any] = {
            "public_id": new_public_id(), "community_id": self.community.id, "person_id": person.id,
            "name": address.split("@")[0], "name_folded": address.split("@")[0], "zone": "Pacific/Auckland",
            "state": "active", "source": "form", "created_at": NOW,
        }  # fmt: skip
        member = Member(**(columns | values))
        self.session.add(member)
        self.session.flush()
        return member

    def person(self, address: str) -> Person:
        person = find_or_make_person(self.session, normalise_address(address), now=NOW)
        self.session.flush()
        return person

    def stop_news(self, address: str) -> None:
        person = self.person(address)
        self.session.add(NewsStop(community_id=self.community.id, person_id=person.id, created_at=NOW))
        self.session.flush()

    def write(self, body: str = "Hello {name}, {time}", *, scope: Scope | None = None, **values: Any) -> Letter:
        """Save a draft."""
        made = {"subject": "Soon: {event}", "kind": "about", "audience": {}} | values
        if scope is not None and scope.event_id is None:
            made["subject"] = values.get("subject", "News of {community}")
        public_id, scope = new_public_id(), scope or self.scope
        draft = Draft(body=body, **made)
        save_letter(self.session, scope, public_id, draft, author=self.by, edits=0, now=NOW)
        self.session.flush()
        return get_letter(self.session, scope, public_id)

    def reach(self, letter: Letter) -> int:
        return audience_of(self.session, letter).reach(self.session).count

    def send(self, letter: Letter, *, now: datetime = NOW, count: int | None = None) -> int | None:
        """Send it, as the screen would have shown it."""
        scope = Scope(letter.community_id, letter.event_id)
        shown = Shown(letter.edits, self.reach(letter) if count is None else count)
        done = send_letter(self.session, scope, letter.public_id, shown, by=self.by, site=SITE, now=now)
        self.session.flush()
        return done

    def mails(self, letter: Letter) -> list[OutboxMail]:
        self.session.flush()
        rows = select(OutboxMail).where(OutboxMail.about == about(letter.public_id)).order_by(OutboxMail.id)
        return list(self.session.scalars(rows.execution_options(populate_existing=True)))


@pytest.fixture
def desk(session: Session) -> Desk:
    event = make_event(session)
    return Desk(session, event, By.of(make_role(session, event.community, "organiser", name="Nicki")))


@dataclass
class Post:
    """A letter as it arrives."""

    message: EmailMessage

    def part(self, kind: str) -> str:
        found = self.message.get_body((kind,))
        assert found is not None
        return str(found.get_content()).replace("\r\n", "\n")

    @property
    def text(self) -> str:
        return self.part("plain")

    @property
    def html(self) -> str:
        return self.part("html")


@pytest.fixture
def open_mail(app: Flask, session: Session) -> Callable[[OutboxMail], Post]:
    """Compose a mail of the outbox as the worker does, build its bytes and take them apart."""

    def run(row: OutboxMail) -> Post:
        session.commit()
        with app.app_context(), speaking(row.language):
            letter = COMPOSERS[row.kind](row)
        data = build(
            letter, sender_name=row.sender, mail_from="gatherings@example.org", recipient=row.recipient,
            message_id=row.message_id, date=row.created_at,
        )  # fmt: skip
        message = BytesParser(policy=policy.default).parsebytes(data)
        assert isinstance(message, EmailMessage)
        assert not message.defects
        return Post(message)

    return run
