"""Leaving the news of a community: opening never acts, a press does, by hand or by a mail programme."""

import pytest
from sqlalchemy import select

from gatherings.accounts.actions import make_fresh_link
from gatherings.communities.models import NewsStop
from gatherings.core.clock import utc_now
from gatherings.core.tokens import Signer
from gatherings.letters.queries import Scope
from tests.databases import SECRET
from tests.factories import make_community, make_registration


def path_of(desk, address="p0@example.org", community=None):
    signed = Signer((SECRET,)).sign("unsubscribe", desk.person(address).public_id, desk.community.id)
    person, _community, signature = signed.split(".")
    return f"/unsubscribe/{person}.{(community or desk.community).id}.{signature}"


def stops(desk):
    desk.session.expire_all()
    return [stop.person_id for stop in desk.session.scalars(select(NewsStop))]


@pytest.fixture
def path(desk):
    desk.people(2)
    return path_of(desk)


def test_opening_asks_and_the_button_acts_and_is_undone(desk, client, path):
    for _ in range(2):
        page = client.get(path)
        assert client.head(path).status_code == 200
    assert page.status_code == 200
    assert "No more news?" in page.text
    assert "example.org" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert stops(desk) == []
    for _ in range(2):
        answer = client.post(path)
        assert (answer.status_code, answer.location) == (303, path)
    assert stops(desk) == [desk.person("p0@example.org").id]
    assert "You get no more news" in client.get(path).text
    for _ in range(2):
        assert client.post(f"{path}/undo").status_code == 303
    assert stops(desk) == []
    assert client.get(f"{path}/undo").status_code == 302


def test_a_mail_programme_presses_from_nowhere_and_is_not_led_elsewhere(desk, stranger, path):
    for _ in range(2):
        answer = stranger.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert answer.content_type.startswith("text/plain")
    assert len(stops(desk)) == 1
    for press in (path, f"{path}/undo"):  # without those words it is a person's press, and they are on our own page
        assert stranger.post(press, data={"press": "yes"}).status_code == 403
    assert len(stops(desk)) == 1


def test_what_waits_is_taken_back_but_not_what_concerns_a_registration(desk, client, path):
    other = desk.member("p0@example.org")
    news, about, members = (
        desk.write(kind="news", local_hour=9),
        desk.write(local_hour=9),
        desk.write("Hello", scope=Scope.of(desk.community), local_hour=9),
    )
    for letter in (news, about, members):
        desk.send(letter)
    client.post(path)
    assert [row.recipient for row in desk.mails(news)] == ["p1@example.org"]
    assert desk.mails(members) == []
    assert len(desk.mails(about)) == 2
    desk.session.expire_all()
    assert other.news is False


def test_a_member_who_left_the_news_stays_so_when_they_change_their_name(desk, client, path):
    member = desk.member("p0@example.org", consent="Write to me.", consented_at=utc_now())
    page = f"/members/{Signer((SECRET,)).sign('member', member.public_id, member.link_version)}"
    assert "You get our news." in client.get(page).text
    client.post(path)
    text = client.get(page).text
    assert "You get our news." not in text
    assert " checked" not in text.split('name="news"', 1)[1].split(">", 1)[0]
    assert client.post(f"{page}/details", data={"name": "Ada", "zone": "UTC", "language": "en"}).status_code == 303
    assert stops(desk) == [member.person_id]
    client.post(f"{path}/undo")
    desk.session.expire_all()
    assert (stops(desk), member.news) == ([], True)  # that press says so
    assert "Ada" in client.get(page).text


def test_a_link_for_something_else_opens_nothing(desk, client, path):
    registration = make_registration(desk.session, desk.event, address="x@example.org")
    signer, person = Signer((SECRET,)), desk.person("p0@example.org")
    elsewhere = make_community(desk.session)
    wrong = [
        path_of(desk, community=elsewhere),
        f"/unsubscribe/{signer.sign('unsubscribe', person.public_id, 999_999)}",
        f"/unsubscribe/{signer.sign('manage', registration.public_id, 1)}",
        f"/unsubscribe/{signer.sign('unsubscribe', registration.public_id, desk.community.id)}",
        f"{path[:-1]}{'A' if path[-1] != 'A' else 'B'}",
        "/unsubscribe/" + "x" * 300,
        "/unsubscribe/..%2f",
    ]
    for one in wrong:
        assert client.get(one).status_code == 404, one
        assert client.post(one).status_code == 404, one
    assert stops(desk) == []


def test_who_was_erased_has_no_news_to_leave(desk, client, path):
    person = desk.person("p0@example.org")
    person.key = person.address = f"erased-{person.public_id}"
    assert client.get(path).status_code == 404


def test_own_data_shows_takes_along_and_erases_it(desk, client, path):
    client.post(path)
    secret = make_fresh_link(desk.session, desk.person("p0@example.org"), "my-data", now=utc_now())
    assert "News that you ended" in client.get(f"/my-data/{secret}").text
    assert client.get(f"/my-data/{secret}/export.json").json["news_ended"][0]["community"] == desk.community.name
    client.post(f"/my-data/{secret}/erase", data={"sure": "yes"})
    assert stops(desk) == []
