"""The dashboards: what is next, what needs somebody, how registrations came in; honest, scoped, and cheap."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event as listening
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.core.tokens import new_public_id
from gatherings.letters.models import Letter
from gatherings.mail.actions import post
from gatherings.mail.models import OutboxMail
from gatherings.organise.growth import growth_of_event
from gatherings.organise.queries import list_needs
from gatherings.organise.rules import bars_of
from tests.factories import NOW, make_community, make_event, make_question, make_registration
from tests.signing import make_role, sign_in


def test_needs_name_what_waits_and_for_whom(session: Session) -> None:
    full = make_event(session, capacity_online=1, title="Full")
    people = [make_registration(session, full, address=f"{name}@example.org") for name in ("ada", "bo", "cy")]
    make_question(session, full, required=True, label="What do you eat?")
    mail = session.scalars(select(OutboxMail).where(OutboxMail.about == f"registration:{people[0].public_id}")).one()
    mail.state, mail.last_error = "failed", "550 no such user"
    soon = make_event(session, full.community, title="Soon", starts_local=datetime(2026, 11, 21, 18), join_url=None)
    draft = make_event(session, full.community, title="Draft", status="draft", starts_local=datetime(2026, 12, 1, 18))
    other = make_event(session, capacity_online=0, title="Somebody else's")
    session.flush()
    needs = list_needs(session, [full.community_id], NOW)
    assert [(need.slug, need.kind, need.count) for need in needs] == [
        (soon.slug, "link", 0),
        (draft.slug, "draft", 0),
        (full.slug, "answers", 1),
        (full.slug, "mail", 1),
        (full.slug, "waiting", 2),
    ]
    assert str(needs[4].words) == "Online is full, and 2 people wait for a place."
    assert str(needs[2].words) == "One person has not answered “What do you eat?”."
    assert [need.slug for need in list_needs(session, [other.community_id], NOW)] == [other.slug]
    assert list_needs(session, [full.community_id], NOW, event_id=soon.id) == [needs[0]]


def test_registrations_are_counted_on_the_days_of_the_gatherings_zone(session: Session) -> None:
    event = make_event(session, zone="Pacific/Auckland")
    # 11:30 UTC on 18 November is half past midnight of the 19th in Auckland.
    for number, at in enumerate((datetime(2026, 11, 17, 12, tzinfo=UTC), datetime(2026, 11, 18, 11, 30, tzinfo=UTC))):
        make_registration(session, event, address=f"p{number}@example.org", now=at)
    session.flush()
    days = growth_of_event(session, event, NOW)
    assert days == [(date(2026, 11, 18), 1), (date(2026, 11, 19), 1), (date(2026, 11, 20), 0), (date(2026, 11, 21), 0)]
    assert [(bar.first.day, bar.last.day, bar.count, bar.height) for bar in bars_of(days, most=2)] == [
        (18, 19, 2, 40),
        (20, 21, 0, 0),
    ]


@pytest.mark.one_database("of screens, not of SQL")
def test_each_sees_the_own_communities_and_only_what_the_role_may(client: FlaskClient, session: Session) -> None:
    event = make_event(session, capacity_online=1, title="Mine <b>", starts_local=datetime(2031, 1, 1, 18))
    for name in ("ada", "bo"):
        make_registration(session, event, address=f"{name}@example.org", name=name)
    make_event(session, make_community(session, name="Others"), title="Secret", starts_local=datetime(2031, 1, 1, 18))
    for role, needs in (("owner", True), ("organiser", True), ("host", False), ("editor", False), ("helper", False)):
        sign_in(client, session, make_role(session, event.community, role))
        page = client.get("/organise").text
        assert "Mine &lt;b&gt;" in page
        assert "Secret" not in page
        assert "Others" not in page
        assert ("one person waits" in page) is needs
        assert (f'/events/{event.slug}/day"' in page) is (role == "helper")


@pytest.mark.one_database("counts statements")
def test_dashboards_ask_the_same_whatever_there_is(client: FlaskClient, session: Session) -> None:
    community = make_community(session)
    sign_in(client, session, make_role(session, community, "owner"))
    counts = []
    for round_ in range(2):
        for number in range(1 + 5 * round_):
            event = make_event(
                session, community, capacity_online=2, starts_local=datetime(2031, 1, 1, 18) + timedelta(days=number)
            )
            make_question(session, event, required=True)
            for person in range(4):
                make_registration(session, event, address=f"p{person}@example.org")
        session.commit()
        counts.append(
            [
                _statements(session, client, path)
                for path in ("/organise", f"/organise/communities/{community.slug}", f"/organise/events/{event.slug}")
            ]
        )
    assert counts[0] == counts[1]
    assert counts[1][0] <= 11
    assert counts[1][1] <= 16
    assert counts[1][2] <= 12


def _statements(session: Session, client: FlaskClient, path: str) -> int:
    seen: list[str] = []
    engine = session.get_bind()

    def note(connection, cursor, statement, parameters, context, many) -> None:
        seen.append(statement)

    listening.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        listening.remove(engine, "before_cursor_execute", note)
    return len(seen)


@pytest.mark.one_database("of screens, not of SQL")
def test_empty_dashboards_say_what_to_do_first(client: FlaskClient, session: Session) -> None:
    community = make_community(session)
    sign_in(client, session, make_role(session, community, "owner"))
    assert "No gathering is planned" in client.get("/organise").text
    assert "Nothing is planned yet" in client.get(f"/organise/communities/{community.slug}").text


@pytest.mark.one_database("of screens, not of SQL")
def test_what_needs_somebody_leads_to_just_those(client: FlaskClient, session: Session) -> None:
    event = make_event(session, capacity_online=2, starts_local=datetime(2031, 1, 1, 18))
    people = [
        make_registration(session, event, address=f"p{number}@example.org", name=f"P{number}") for number in range(3)
    ]
    make_question(session, event, required=True)
    mail = session.scalars(select(OutboxMail).where(OutboxMail.about == f"registration:{people[0].public_id}")).one()
    mail.state, mail.last_error = "failed", "550 no such user"
    sign_in(client, session, make_role(session, event.community, "organiser"))
    session.commit()
    found = {}
    for need in list_needs(session, [event.community_id], NOW):
        page = client.get(need.path)
        assert page.status_code == 200
        found[need.kind] = [name for name in ("P0", "P1", "P2") if f">{name}</a>" in page.text]
    assert found == {"mail": ["P0"], "waiting": ["P2"], "answers": ["P0", "P1", "P2"]}


def test_a_letter_that_was_refused_needs_somebody_until_a_later_mail_arrives(session: Session) -> None:
    event = make_event(session)
    author = make_role(session, event.community, "organiser")
    person = make_registration(session, event)
    common = {"community_id": event.community_id, "author_id": author.id, "state": "sent", "created_at": NOW}
    letters = [
        Letter(public_id=new_public_id(), subject="To those registered", event_id=event.id, sent_at=NOW, **common),
        Letter(public_id=new_public_id(), subject="News", kind="news", sent_at=NOW, **common),
    ]
    session.add_all(letters)
    session.flush()
    for letter in letters:
        post(
            session, key=f"letter:{letter.public_id}:x", kind="letter", recipient="ada@example.org", sender="Us",
            zone="UTC", about=f"letter:{letter.public_id}", facts={}, now=NOW, domain="example.org",
        )  # fmt: skip
    for mail in session.scalars(select(OutboxMail)):
        mail.state = "failed" if mail.about.startswith("letter:") else "queued"
    session.flush()
    needs = list_needs(session, [event.community_id], NOW)
    assert {(need.title, need.kind, need.count, need.right) for need in needs} == {
        ("To those registered", "letter", 1, "write"),
        ("News", "letter", 1, "write"),
    }
    assert [need.path for need in list_needs(session, [event.community_id], NOW, event_id=event.id)] == [
        f"/organise/events/{event.slug}/letters/{letters[0].public_id}/people?state=failed"
    ]
    post(
        session, key="later", kind="confirmed", recipient="ada@example.org", sender="Us", zone="UTC",
        about=f"registration:{person.public_id}", facts={}, now=NOW, domain="example.org",
    )  # fmt: skip
    session.flush()
    session.scalars(select(OutboxMail).where(OutboxMail.key == "later")).one().state = "sent"
    session.flush()
    assert list_needs(session, [event.community_id], NOW) == []
