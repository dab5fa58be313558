"""A lost link: the same answer whoever asks, the truth by mail."""

import pytest
from sqlalchemy import select

from gatherings.jobs.models import Job
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions.finding import send_links
from tests.factories import SITE, dates_of, make_event, make_registration, make_series, make_series_registration

HX = {"HX-Request": "true"}


@pytest.mark.parametrize("path", ["/find-my-registration", "/my-data"])
@pytest.mark.parametrize("headers", [{}, HX])
def test_known_and_unknown_addresses_get_the_same_answer(client, session, path, headers):
    make_registration(session, make_event(session), address="known@example.org")
    answers = [client.post(path, data={"email": f"{who}@example.org"}, headers=headers) for who in ("known", "unknown")]
    assert len({(one.status_code, one.location, one.data) for one in answers}) == 1
    if headers:
        assert "Thank you" in answers[0].text
    else:
        assert answers[0].location == f"{path}?sent=1"
        assert "Thank you" in client.get(answers[0].location).text


@pytest.mark.parametrize("path", ["/find-my-registration", "/my-data"])
def test_opening_asks_for_nothing(client, session, path):
    for method in (client.get, client.head):
        assert method(f"{path}?email=ada@example.org").status_code == 200
    session.commit()
    assert session.scalars(select(Job)).all() == []


@pytest.mark.parametrize("path", ["/find-my-registration", "/my-data"])
@pytest.mark.parametrize("headers", [{}, HX])
def test_a_wrong_address_is_told_at_its_field(client, path, headers):
    for bad in ("", "nobody", "a@b.org,c@d.org", "<script>@x"):
        answer = client.post(path, data={"email": bad}, headers=headers)
        assert answer.status_code == 422
        assert 'href="#email"' in answer.text
        assert "<script>" not in answer.text


@pytest.mark.parametrize("path", ["/find-my-registration", "/my-data"])
def test_one_network_asks_twenty_times_an_hour_at_most(client, path):
    codes = [client.post(path, data={"email": f"p{n}@example.org"}).status_code for n in range(22)]
    assert codes == [303] * 20 + [429] * 2


def test_the_mail_holds_every_link_of_what_is_to_come(session, now):
    event = make_event(session)
    make_registration(session, event)
    make_series_registration(session, dates_of(session, make_series(session))[0])
    assert send_links(session, "ada@example.org", SITE, now=now)
    assert not send_links(session, "nobody@example.org", SITE, now=now)
    facts = session.scalars(select(OutboxMail.facts).where(OutboxMail.kind == "links")).one()
    assert [row["event"]["slug"] for row in facts["registrations"]] == [event.slug]
    assert [row["title"] for row in facts["every"]] == ["Third Thursday"]
