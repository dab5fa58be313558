"""Every view of the application with an address that works: read from the URL map, so that a new one comes along.

A view whose address needs a part that is not known here fails with its name: teach `Town.values`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from gatherings.accounts.actions import find_or_make_person, make_fresh_link
from gatherings.accounts.actions.signing_in import make_sign_in_link
from gatherings.accounts.models import Attempt, Person
from gatherings.accounts.rules import normalise_address
from gatherings.calls.models import CoPresenter, Slide, Submission
from gatherings.communities.models import Community, Picture, RoleInvitation
from gatherings.core.tokens import Signer, digest, new_public_id, new_secret
from gatherings.db.base import Base
from gatherings.events.models import Event
from gatherings.mail.models import OutboxMail
from gatherings.mail.routes import bp as mailbox
from gatherings.payments.actions.documents import issue_invoice
from gatherings.payments.models import Document
from gatherings.registration.models import Consent, Registration, SeriesRegistration
from gatherings.slots.actions.telling import tell
from gatherings.slots.models import SlotInvite
from gatherings.tickets.actions.applications import apply_for
from gatherings.tickets.models import Application, Order, Ticket
from gatherings.tickets.rules.applications import Asking
from tests.dooring import make_calendar, make_follower
from tests.factories import (
    NOW,
    SITE,
    dates_of,
    make_community,
    make_consent,
    make_event,
    make_member,
    make_question,
    make_registration,
    make_series,
    make_series_registration,
)
from tests.slotting import make_call, make_co_presenter, make_order, make_submission
from tests.ticket_orders import make_order as make_ticket_order
from tests.ticketing import festival, make_kind

ADDRESS, NAME = "ada@example.org", "Ada Example"
NEW_ADDRESS = "new@example.org"
# "manage" and "manage-series" open one page; a button of the other kind leads back to it.
FAMILY = frozenset({"manage", "manage-series"})
# Links whose token is a secret of which the digest is kept, and no signature.
SECRETS = frozenset({"my-data", "sign-in", "invitation"})


@dataclass
class Door:
    """One address of one view, with the link's purpose where it is opened by one."""

    rule: Rule
    path: str
    right: str
    purpose: str | None

    def __repr__(self) -> str:
        return f"{self.rule.rule} ({self.purpose or self.right})"

    @property
    def posts(self) -> bool:
        return "POST" in (self.rule.methods or ())


@dataclass
class Town:
    """All that the doors need: `tokens` by purpose, `values` by name of a part of an address."""

    app: Flask
    session: Session
    single: Registration
    every: SeriesRegistration
    event: Event
    tokens: dict[str, str]
    values: dict[str, Any]
    tried: int = 0

    @property
    def signer(self) -> Signer:
        made: Signer = self.app.extensions["gatherings.signer"]
        return made

    def doors(self, app: Flask | None = None) -> list[Door]:
        """List every view with each purpose that it declares."""
        return list(self._doors(app or self.app))

    def _doors(self, app: Flask) -> Iterator[Door]:
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
            right = getattr(app.view_functions[rule.endpoint], "right", "")
            purposes = right.removeprefix("link:").split(",") if right.startswith("link:") else [None]
            for purpose in purposes:
                yield Door(rule, self.path(app, rule, purpose), right, purpose)

    def path(self, app: Flask, rule: Rule, purpose: str | None, **other: str) -> str:
        """Fill in a rule; `other` parts stand in for the right ones."""
        values = {**self.values, **({"token": self.tokens[purpose]} if purpose else {})}
        if purpose == "address-series":
            values["secret"] = self.values["series_secret"]
        values |= other
        kinds = {"communities": "community_slug", "series": "series_slug"}
        if rule.endpoint.startswith("payments."):
            kinds["events"] = "fair_slug"
        values["slug"] = self.values[kinds.get(rule.rule.split("/")[1], "event_slug")]
        if rule.rule.startswith("/organise/"):  # behind the sign-in page: tests/organise opens these doors
            kinds = {name: self.values[f"{name}_slug"] for name in ("event", "series", "community")}
            values = {**dict.fromkeys(rule.arguments, "1"), **values, **kinds}
        if purpose is None and rule.rule.startswith("/doors/"):  # one click, too, of those who follow doors
            values["token"] = other.get("token", self.tokens["doors"])
        needed = {name: values[name] for name in rule.arguments}
        built: str = app.url_map.bind("gatherings.test").build(rule.endpoint, needed)
        return built

    def books(self) -> dict[str, list[Any]]:
        """Give all rows of all tables but the counts of attempts and the place of a mail in its queue."""
        self.session.commit()
        self.session.expire_all()
        tables = [table for table in Base.metadata.sorted_tables if table.name not in ("attempts", "workers")]
        return {table.name: sorted(map(repr, self.session.execute(select(table)).all())) for table in tables}

    def forgive(self) -> None:
        """Forget how often wrong links were tried, so that a long test is not shut out; before each try.

        Forty wrong ones a minute are let by, so every twentieth time is enough (tests/security/test_limits.py).
        """
        self.tried += 1
        if self.tried % 20:
            return
        self.session.execute(delete(Attempt))
        self.session.commit()


def build_town(app: Flask, session: Session) -> Town:
    """Make a hybrid event with a consent and a question, an "every month", and links of every purpose."""
    community = make_community(session, about="About *us*.", code_of_kindness="Be kind.", joining="Join us.")
    event = make_event(session, community, mode="hybrid", capacity_room=3, capacity_online=3)
    make_consent(session, event, key="photos")
    question = make_question(session, event, "text")
    single = make_registration(
        session, event, address=ADDRESS, name=NAME, wish="room", answers={question.id: "Tea"},
        consents=frozenset({"photos"}),
    )  # fmt: skip
    series = make_series(session, community)
    every = make_series_registration(session, dates_of(session, series)[0], address=ADDRESS, name=NAME)
    person = session.scalars(select(Person).where(Person.key == ADDRESS)).one()
    member = make_member(session, community, ADDRESS, name=NAME)
    newcomer = find_or_make_person(session, normalise_address(NEW_ADDRESS), now=NOW)
    signer: Signer = app.extensions["gatherings.signer"]
    mail = session.scalars(select(OutboxMail).order_by(OutboxMail.id)).first()
    assert mail is not None
    mail.mime, mail.state, mail.subject = _mime(), "sent", "Hello"
    calendar = make_calendar(session, event, first_day=NOW.date())
    door, follower = calendar.doors[0], make_follower(session, calendar, person)
    door.kind, door.picture, door.picture_id = "picture", b"RIFF", new_public_id()
    submission, other, minute = _stage(session, event, person)
    fair, order, paper, application = _fair(session, community)
    tokens = {
        "submission": signer.sign("submission", submission.public_id, 1),
        "co-presenter": signer.sign("co-presenter", other.public_id, 1),
        "slot": signer.sign("slot", minute.public_id, 1),
        "order": signer.sign("order", order.public_id, 1),
        "application": signer.sign("application", application.public_id, 1),
        "doors": signer.sign("doors", follower.public_id, 1),
        "manage": signer.sign("manage", single.public_id, 1),
        "join": signer.sign("join", single.public_id, 1),
        "check-in": signer.sign("check-in", single.public_id, 1),
        "address": signer.sign("address", single.public_id, 1),
        "member": signer.sign("member", member.public_id, 1),
        "address-series": signer.sign("address-series", every.public_id, every.link_version),
        "manage-series": signer.sign("manage-series", every.public_id, every.link_version),
        "join-series": signer.sign("join-series", every.public_id, every.link_version),
        "unsubscribe": signer.sign("unsubscribe", person.public_id, community.id),
        "feed": signer.sign("feed", person.public_id, person.feed_version),
        "my-data": make_fresh_link(session, person, "my-data", now=NOW),
        "sign-in": make_sign_in_link(session, person.id, now=NOW)[0],
        "invitation": make_invitation(session, community, person, now=NOW),
    }
    date = session.scalars(
        select(Registration).where(Registration.series_registration_id == every.id).order_by(Registration.id)
    ).first()
    assert date is not None
    session.add(  # with an id that other parts of addresses have, too
        Picture(public_id=date.public_id, community_id=community.id, width=1, height=1, data=b"RIFF", created_at=NOW)
    )
    session.flush()
    values = {
        "token": tokens["unsubscribe"],  # of a mail programme's one click: a machine's, with no purpose declared
        "service": "google",
        "accent": "plum",
        "event_slug": event.slug,
        "series_slug": series.slug,
        "community_slug": community.slug,
        "secret": make_fresh_link(session, newcomer, f"address:{single.public_id}", now=NOW),
        "series_secret": make_fresh_link(session, newcomer, f"address-series:{every.public_id}", now=NOW),
        "public_id": date.public_id,
        "consent_id": session.scalars(select(Consent.id)).first(),
        "mail_id": mail.id,
        "member": member.public_id,
        "number": door.number,
        "picture_id": door.picture_id,
        "fair_slug": fair.slug,
        "ticket": session.scalars(select(Ticket.public_id).where(Ticket.order_id == order.id)).first(),
        "document": paper.public_id,
    }
    session.commit()
    return Town(app, session, single, every, event, tokens, values)


def _stage(session: Session, event: Event, person: Person) -> tuple[Submission, CoPresenter, SlotInvite]:
    """Give somebody a slot with a slide in a published order, together with somebody else; they know their minute."""
    submission = make_submission(session, make_call(session, event), ADDRESS, state="accepted", told="accepted")
    other = make_co_presenter(session, submission, "bo@example.org", "Bo Other")
    order = make_order(session, event, [submission], published_at=NOW)
    slide = Slide(public_id=new_public_id(), submission_id=submission.id, alt="Tea", width=1, height=1, data=b"RIFF")
    slide.created_at = NOW
    session.add(slide)
    tell(session, order.id, SITE, now=NOW)
    session.flush()
    minute = session.scalars(select(SlotInvite).where(SlotInvite.person_id == person.id)).one()
    return submission, other, minute


def _fair(session: Session, community: Community) -> tuple[Event, Order, Document, Application]:
    """Sell a ticket by invoice, and take an application for another."""
    fair, kind = festival(session, community=community)
    order = make_ticket_order(session, fair, kind, ADDRESS, state="due", way="invoice")
    paper = issue_invoice(session, order, now=NOW)
    assert paper is not None
    bursary = make_kind(session, fair, name="Bursary", price="free", amount=0, by_application=True)
    asking = Asking(bursary.public_id, normalise_address(ADDRESS), NAME, "UTC", "I nurse at night")
    application = apply_for(session, fair.id, asking, SITE, now=NOW)
    assert application is not None
    return fair, order, paper, application


def make_invitation(session: Session, community: Community, person: Person, *, now: datetime) -> str:
    """Invite somebody to a role, and give the secret of the link."""
    secret = new_secret()
    session.add(
        RoleInvitation(
            public_id=new_public_id(), community_id=community.id, person_id=person.id, role="host",
            digest=digest(secret), invited_by=person.public_id, created_at=now, expires_at=now + timedelta(days=7),
        )
    )  # fmt: skip
    session.flush()
    return secret


def _mime() -> bytes:
    return (
        b"To: ada@example.org\r\nSubject: Hello\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
        b"--x\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>\r\n--x\r\nContent-Type: text/calendar\r\n\r\n"
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n\r\n--x--\r\n"
    )


def mailbox_paths() -> set[str]:
    """Give the beginnings of addresses that the demo alone has."""
    return {str(mailbox.url_prefix)}


SOON = timedelta(minutes=10)
