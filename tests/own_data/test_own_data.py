"""Everything held about me: opened by a fresh link, exported, erased without a trace."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import inspect, select, text

from gatherings.accounts.actions import make_fresh_link
from gatherings.accounts.models import Person
from gatherings.audit.models import LogEntry
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.mail.actions import mark_sent
from gatherings.mail.models import OutboxMail
from gatherings.own_data.actions import PURPOSE, send_my_data_link
from gatherings.registration.models import Registration
from tests.factories import (
    NOW,
    SITE,
    dates_of,
    make_consent,
    make_event,
    make_question,
    make_registration,
    make_series,
    make_series_registration,
)

MARKER, ADDRESS = "Zebulon Marker", "zebulon.marker@example.org"


@pytest.fixture
def mine(session):
    """A registration with an answer and a consent."""
    event = make_event(session, capacity_online=1)
    question, consent = make_question(session, event, label="Why do you come?"), make_consent(session, event)
    return make_registration(
        session, event, address=ADDRESS, name=MARKER, zone="Pacific/Auckland",
        answers={question.id: "Marker answer"}, consents=frozenset({consent.key}),
    )  # fmt: skip


@pytest.fixture
def person(session, mine):
    """Whose registration it is."""
    return session.get_one(Person, mine.person_id)


@pytest.fixture
def link(session):
    """Give a fresh link to what is held about a person."""

    def make(person: Person, purpose: str = PURPOSE) -> str:
        secret = make_fresh_link(session, person, purpose, now=NOW)
        session.commit()
        return f"/my-data/{secret}"

    return make


def dump(session) -> str:
    """Give every cell of every table as text."""
    session.commit()
    found = []
    for table in inspect(session.get_bind()).get_table_names():
        for row in session.execute(text(f'SELECT * FROM "{table}"')):
            for cell in row:
                raw = isinstance(cell, bytes | memoryview)
                found.append(bytes(cell).decode(errors="replace") if raw else str(cell))
    return "\n".join(found)


def test_the_page_shows_all_that_is_held(client, session, mine, person, link):
    page = client.get(link(person))
    assert page.status_code == 200
    for words in (MARKER, ADDRESS, "Why do you come?", "Marker answer", "You may write to me", "Pacific/Auckland",
                  "/calendar/", "What matters to you"):  # fmt: skip
        assert words in page.text
    assert "no-store" in page.headers["Cache-Control"]


def test_the_export_holds_the_same_as_json(client, session, mine, person, link):
    make_series_registration(session, dates_of(session, make_series(session))[0], address=ADDRESS, name=MARKER)
    answer = client.get(f"{link(person)}/export.json")
    assert answer.mimetype == "application/json"
    assert "attachment" in answer.headers["Content-Disposition"]
    data = json.loads(answer.data)
    assert data["address"] == ADDRESS
    first = data["registrations"][0]
    assert first["name"] == MARKER
    assert first["answers"][0]["answer"] == "Marker answer"
    assert first["starts"] == {
        "local": "2026-12-15T18:00:00", "zone": "Europe/London", "at": "2026-12-15T18:00:00+00:00",
    }  # fmt: skip
    assert [one["series"] for one in data["every_month"]] == ["Third Thursday"]
    assert [mail["kind"] for mail in data["mails"]] == ["series_confirmed", "confirmed"]


def test_nothing_of_others_is_shown(client, session, mine, person, link):
    make_registration(session, session.get_one(Event, mine.event_id), address="bo@example.org", name="Bo Other")
    pages = [client.get(link(person)).text, client.get(f"{link(person)}/export.json").text]
    assert all("Bo Other" not in page and "bo@example.org" not in page for page in pages)


def test_a_link_lives_for_an_hour_is_for_this_alone_and_the_newest_counts(
    client, session, mine, person, link, now, clock_at
):
    old = link(person)
    new = link(person)
    assert client.get(old).status_code == 404
    assert client.get(link(person, "address:x")).status_code == 404
    assert client.get(new).status_code == 200
    with clock_at(now + timedelta(minutes=61)):
        assert client.get(new).status_code == 404
        assert client.post(f"{new}/erase", data={"sure": "yes"}).status_code == 404
    for wrong in ("x", "%00", "a" * 4000, mine.public_id):
        assert client.get(f"/my-data/{wrong}").status_code == 404
        assert client.get(f"/my-data/{wrong}/export.json").status_code == 404


def test_the_worker_mails_the_link_to_known_addresses_alone(session, mine, now):
    assert send_my_data_link(session, ADDRESS, SITE, now)
    assert not send_my_data_link(session, "nobody@example.org", SITE, now)
    [mail] = session.scalars(select(OutboxMail).where(OutboxMail.kind == "my_data")).all()
    assert mail.recipient == ADDRESS
    assert len(mail.facts["secret"]) == 43
    sent = [send_my_data_link(session, ADDRESS, SITE, now + timedelta(seconds=n)) for n in range(1, 6)]
    assert sent == [True] * 4 + [False]


def test_opening_links_changes_nothing(client, session, mine, person, link):
    path = link(person)
    for one in (path, f"{path}/erase", f"{path}/feed", f"{path}/export.json"):
        for method in (client.get, client.head):
            assert method(f"{one}?sure=yes").status_code == 200
    session.refresh(person)
    assert (person.address, person.feed_version) == (ADDRESS, 1)


def test_the_feed_gets_a_new_address(client, session, mine, person, link):
    path = link(person)
    before = client.get(path).text.split("<code>")[1].split("</code>")[0]
    assert client.post(f"{path}/feed").status_code == 303
    after = client.get(path).text.split("<code>")[1].split("</code>")[0]
    assert before != after


def test_erasing_asks_first(client, session, mine, person, link):
    path = link(person)
    assert "Erase everything" in client.get(f"{path}/erase").text
    refused = client.post(f"{path}/erase")
    assert refused.status_code == 422
    assert 'href="#sure"' in refused.text
    session.refresh(mine)
    assert mine.name == MARKER


def test_after_erasure_name_and_address_are_nowhere(client, session, mine, person, link):
    """Every table is searched, after the last mail has gone out."""
    event, person_id = session.get_one(Event, mine.event_id), person.id
    waiting = make_registration(session, event, address="next@example.org")
    past = make_event(session, starts_local=NOW.replace(tzinfo=None) + timedelta(hours=1))
    make_registration(session, past, address=ADDRESS, name=MARKER)
    past.ends_at = NOW - timedelta(hours=1)
    past.starts_at = NOW - timedelta(hours=2)
    make_series_registration(session, dates_of(session, make_series(session))[0], address=ADDRESS, name=MARKER)
    client.post("/find-my-registration", data={"email": ADDRESS})
    client.post("/my-data", data={"email": ADDRESS})
    for mail in session.scalars(select(OutboxMail).where(OutboxMail.recipient == ADDRESS)):
        mail.state, mail.mime, mail.last_error = "sent", f"To: {ADDRESS}".encode(), f"550 {ADDRESS}"
    send_my_data_link(session, ADDRESS, SITE, NOW)
    path = link(person)
    assert client.post(f"{path}/erase", data={"sure": "yes"}).location == "/my-data/erased"
    assert client.get("/my-data/erased").status_code == 200
    assert client.get(path).status_code == 404

    last_words = session.scalars(
        select(OutboxMail).where(OutboxMail.recipient == ADDRESS, OutboxMail.state == "queued")
    ).all()
    assert sorted(mail.kind for mail in last_words) == ["cancelled", "series_cancelled"]
    for mail in last_words:
        mail.mime = f"To: {MARKER} <{ADDRESS}>".encode()
        session.flush()
        assert mark_sent(session, mail_id=mail.id, now=NOW)
    everything = dump(session).lower()
    for trace in ("zebulon", "marker"):
        assert trace not in everything

    session.expire_all()
    assert person.address == person.key == f"erased-{person.public_id}"
    rows = session.scalars(select(Registration).where(Registration.person_id == person_id)).all()
    assert {row.erased_at is not None for row in rows} == {True}
    assert [row.state for row in rows if row.event_id == past.id] == ["confirmed"], "counts of the past stay"
    assert session.get_one(Registration, waiting.id).state == "confirmed", "the freed place went to the next"
    assert session.get_one(Places, event.online_id).taken == 1
    entry = session.scalars(select(LogEntry).where(LogEntry.action == "erase")).one()
    assert (entry.about, entry.details) == (f"person:{person.public_id}", {})


def test_the_address_can_come_back_after_erasure(client, session, mine, person, link):
    client.post(f"{link(person)}/erase", data={"sure": "yes"})
    again = make_registration(session, make_event(session), address=ADDRESS, name="New Name")
    assert again.state == "confirmed"
    assert again.person_id != mine.person_id
