"""Organisers hear of applications for bursaries: gathered, once a day at most, at waking hours; the board says so."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gatherings.accounts.models import Person
from gatherings.accounts.rules import normalise_address
from gatherings.communities.models import Community, Role
from gatherings.core.tokens import Claim
from gatherings.mail.models import OutboxMail
from gatherings.organise.queries import list_needs
from gatherings.tickets.actions.application_news import NOTICE, tell_of_applications
from gatherings.tickets.actions.applications import apply_for, decline, withdraw
from gatherings.tickets.models import Application
from gatherings.tickets.rules.applications import Asking
from gatherings.wiring import MAILS, PERIODIC, handlers
from tests.factories import SITE, make_member
from tests.signing import make_role, sign_in
from tests.ticketing import festival, make_kind

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)  # in London, where the community is


@pytest.fixture
def bursary(session):
    """A festival with a bursary, and somebody of each role."""
    event, _full = festival(session)
    community = session.get_one(Community, event.community_id)
    for role in ("owner", "organiser", "host", "helper", "editor"):
        make_role(session, community, role)
    return event, make_kind(session, event, 3, name="Bursary", price="free", amount=0, by_application=True)


def ask(session, bursary, name, at):
    event, kind = bursary
    asking = Asking(kind.public_id, normalise_address(f"{name}@example.org"), name, "Europe/London", about="I nurse.")
    apply_for(session, event.id, asking, SITE, now=at)


def tell(session, at):
    tell_of_applications(session, SITE, now=at)
    session.flush()
    found = select(OutboxMail).where(OutboxMail.kind == NOTICE, OutboxMail.created_at == at)
    return sorted(mail.recipient.partition("@")[0] for mail in session.scalars(found))


def test_once_a_day_at_most_and_only_when_somebody_asked_since(session, bursary):
    assert tell(session, NOON) == []
    for name in ("ada", "ben"):
        ask(session, bursary, name, NOON)
    first = tell(session, NOON + timedelta(hours=1))
    assert first == ["organiser", "owner"]
    ask(session, bursary, "cleo", NOON + timedelta(hours=2))
    assert tell(session, NOON + timedelta(hours=3)) == []  # gathered until the next day …
    midnight = datetime(2026, 11, 21, 3, tzinfo=UTC)
    assert tell(session, midnight) == []  # … and until they are awake
    assert tell(session, midnight + timedelta(hours=5)) == first
    assert tell(session, midnight + timedelta(days=2)) == []  # nobody asked since
    mail = session.scalars(select(OutboxMail).where(OutboxMail.kind == NOTICE).order_by(OutboxMail.id.desc())).first()
    assert mail.facts["events"] == [{"slug": bursary[0].slug, "title": "Microsystem Festival", "count": 3}]


def test_what_was_answered_or_taken_back_waits_no_more(session, bursary):
    event, _kind = bursary
    for name in ("ada", "ben"):
        ask(session, bursary, name, NOON)
    ada, ben = session.scalars(select(Application).order_by(Application.id))
    owner = session.scalars(select(Person).join(Role, Role.person_id == Person.id).where(Role.role == "owner")).one()
    needs = [(need.kind, need.count, need.path) for need in list_needs(session, [event.community_id], NOON)]
    assert ("applications", 2, f"/organise/events/{event.slug}/applications") in needs
    by = {"person_id": owner.id, "actor": owner.public_id}
    decline(session, event.id, ada.public_id, SITE, answer="", now=NOON, **by)
    withdraw(session, Claim(ben.public_id, ben.link_version), now=NOON)
    session.flush()
    assert tell(session, NOON) == []
    assert list_needs(session, [event.community_id], NOON) == []


def test_awake_is_on_ones_own_clock(session, bursary):
    event, _kind = bursary
    community = session.get_one(Community, event.community_id)
    make_member(session, community, "owner@example.org", "Pacific/Auckland")
    ask(session, bursary, "ada", NOON)
    assert "owner" not in tell(session, NOON)  # one in the morning there
    assert tell(session, NOON + timedelta(hours=7)) == ["owner"]


def test_the_letter_says_how_many_and_where_and_nothing_that_they_wrote(app, client, session, bursary, clock_at):
    event, _kind = bursary
    ask(session, bursary, "ada", NOON)
    tell(session, NOON)
    mail = session.scalars(select(OutboxMail).where(OutboxMail.kind == NOTICE).order_by(OutboxMail.id)).first()
    with app.test_request_context():
        letter = MAILS[NOTICE](mail)
    assert letter.subject == "One application waits: Microsystem Festival"
    assert "One person asks for a bursary at “Microsystem Festival”" in letter.text
    assert f"/organise/events/{event.slug}/applications" in letter.text
    for private in ("ada", "I nurse"):
        assert private not in letter.text
    with clock_at(NOON):
        sign_in(client, session, session.scalars(select(Person).where(Person.key == "owner@example.org")).one())
        assert "One application for a bursary waits for an answer." in client.get("/organise").text


def test_the_worker_looks_every_hour(session, bursary):
    ask(session, bursary, "ada", NOON)
    job = next(one for one in PERIODIC if one.kind == "tell_of_applications")
    assert job.every == timedelta(hours=1)
    handlers(SITE)[job.kind](session, {}, NOON)
    assert session.scalars(select(OutboxMail.id).where(OutboxMail.kind == NOTICE)).first() is not None
