"""Registering somebody by hand: the same rules, under an organiser's name."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from gatherings.audit.models import LogEntry
from gatherings.communities.models import Community
from gatherings.db.places import Places
from gatherings.mail.models import OutboxMail
from gatherings.registration.models import Answer, Registration
from tests.factories import make_community, make_event, make_question, make_registration
from tests.signing import make_role, sign_in, token_in


@pytest.fixture(autouse=True)
def still(now, clock_at):
    """Friday 20 November 2026, 12:00 UTC."""
    with clock_at(now):
        yield


@pytest.fixture
def hand(client):
    """Register somebody by hand."""

    def post(event, **fields):
        path = f"/organise/events/{event.slug}/registrations/new"
        values = {"name": "Ada", "email": "ada@example.org", "csrf_token": token_in(client.get(path).text), **fields}
        return client.post(path, data=values)

    return post


def rows(session):
    session.commit()
    session.expire_all()
    return session.scalars(select(Registration).order_by(Registration.id)).all()


def test_somebody_is_registered_told_and_logged_once(client, session, hand):
    event = make_event(session)
    question = make_question(session, event, required=True, label="Why?")
    sign_in(client, session, make_role(session, event.community))
    answer = hand(event, zone="Auckland")
    assert answer.status_code == 303
    (row,) = rows(session)
    assert (row.name, row.zone, row.state, row.made_by) == ("Ada", "Pacific/Auckland", "confirmed", "host")
    assert "done=placed" in answer.location
    page = client.get(answer.location).text
    assert f"/registrations/{row.public_id}" in page
    again = hand(event, zone="Auckland", **{f"q_{question.public_id}": "Later"})
    assert "done=known" in again.location
    assert (len(rows(session)), session.scalars(select(Answer)).all()) == (1, [])
    assert [mail.kind for mail in session.scalars(select(OutboxMail))] == ["confirmed"]
    (entry,) = session.scalars(select(LogEntry).where(LogEntry.action == "registered-by-hand"))
    assert (entry.about, entry.details["mailed"]) == (f"registration:{row.public_id}", True)


def test_without_mail_and_with_answers(client, session, hand):
    event = make_event(session, mode="hybrid")
    question = make_question(session, event, only_if={"attends": "room"})
    sign_in(client, session, make_role(session, event.community))
    assert hand(event, mail="no", wish="room", **{f"q_{question.public_id}": "Nuts"}).status_code == 303
    assert (
        hand(event, email="b@example.org", mail="no", wish="online", **{f"q_{question.public_id}": "x"}).status_code
        == 303
    )
    assert [row.value for row in session.scalars(select(Answer))] == ["Nuts"]
    assert session.scalars(select(OutboxMail)).all() == []


def test_where_it_is_full_one_waits_or_gets_one_place_more(client, session, hand):
    event = make_event(session, capacity_online=1)
    for name in ("first", "second"):
        make_registration(session, event, address=f"{name}@example.org", name=name)
    sign_in(client, session, make_role(session, event.community))
    places = event.online_id
    assert "done=waiting" in hand(event).location
    # Who is registered already, waiting or not, gets no place made for them here.
    assert "done=known" in hand(event, full="over").location
    answer = hand(event, email="bob@example.org", full="over")
    assert "done=placed" in answer.location
    assert "There are 2 places now." in client.get(answer.location).text
    assert [row.state for row in rows(session)] == ["confirmed", "waitlisted", "waitlisted", "confirmed"]
    pool = session.get_one(Places, places)
    assert (pool.capacity, pool.taken) == (2, 2)


def test_hosts_may_while_registration_is_closed_but_not_when_it_is_over(client, session, hand, clock_at):
    event = make_event(session, registration_closes_at=datetime(2026, 11, 1, tzinfo=UTC))
    sign_in(client, session, make_role(session, event.community))
    page = client.get(f"/organise/events/{event.slug}/registrations/new").text
    assert "Registration for this gathering has closed. You can register somebody all the same." in page
    assert hand(event).status_code == 303
    cancelled = make_event(session, session.get_one(Community, event.community_id), status="cancelled")
    page = client.get(f"/organise/events/{cancelled.slug}/registrations/new").text
    assert "Nobody can be registered now." in page
    token = token_in(client.get(f"/organise/events/{event.slug}/registrations/new").text)
    values = {"name": "Ada", "email": "x@example.org", "csrf_token": token}
    assert client.post(f"/organise/events/{cancelled.slug}/registrations/new", data=values).status_code == 409
    assert len(rows(session)) == 1


def test_what_is_wrong_is_told_at_its_field_and_kept(client, session, hand):
    event = make_event(session, make_community(session, code_of_kindness="Be kind."), mode="hybrid")
    sign_in(client, session, make_role(session, event.community))
    wrong = [
        {"name": ""}, {"name": "A\x00"}, {"name": "See www.example.org"}, {"name": "x" * 10_000}, {"email": "ada"},
        {"email": "a@b.example, c@d.example"}, {"zone": "Middle of Nowhere"}, {"wish": "moon"}, {"mail": "maybe"},
        {"full": "x"}, {"told": ""},
    ]  # fmt: skip
    for fields in wrong:
        answer = hand(event, **{"wish": "room", "told": "yes", **fields})
        assert answer.status_code == 422, fields
        assert "Something needs another look" in answer.text
    assert rows(session) == []
    assert hand(event, wish="room", told="yes").status_code == 303


def test_who_may(app, session):
    event = make_event(session)
    community = event.community
    path, fields = f"/organise/events/{event.slug}/registrations/new", {"name": "Ada", "email": "ada@example.org"}
    people = {role: make_role(session, community, role) for role in ("host", "helper", "editor")}
    people["outsider"] = make_role(session, make_community(session), "owner", "far@example.org")
    for role, person in people.items():
        client = app.test_client()
        sign_in(client, session, person)
        status = 404 if role == "outsider" else 403
        assert (client.get(path).status_code, client.post(path, data=fields).status_code) == (status, status)
    nobody = app.test_client()
    assert (nobody.get(path).status_code, nobody.post(path, data=fields).status_code) == (302, 403)
    client = app.test_client()
    sign_in(client, session, make_role(session, community))
    assert client.post(path, data=fields).status_code == 400  # without the form's token
    assert rows(session) == []
