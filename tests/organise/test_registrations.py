"""The list of registrations: what each role sees, numbers, the picture, filters, pages."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gatherings.registration.actions import cancel
from tests.factories import NOW, SITE, make_community, make_event, make_question, make_registration
from tests.many import fill_event
from tests.pages.counting import counted
from tests.signing import make_role, sign_in


@pytest.fixture(autouse=True)
def still(clock_at):
    with clock_at(NOW):
        yield


@pytest.fixture
def community(session: Session):
    return make_community(session)


@pytest.fixture
def event(session: Session, community):
    event = make_event(session, community, mode="hybrid", capacity_room=2)
    for number, (name, zone) in enumerate(
        [
            ("Zoë & Sons <3", "Europe/London"),
            ("李雷", "Asia/Tokyo"),
            ("Sam", "America/New_York"),
            ("محمد", "Africa/Cairo"),
        ]
    ):
        make_registration(
            session, event, address=f"p{number}@example.org", name=name, zone=zone, wish="room",
            now=NOW + timedelta(minutes=number),
        )  # fmt: skip
    return event


@pytest.fixture
def desk(client: FlaskClient, session: Session, community, event):
    sign_in(client, session, make_role(session, community, "organiser"))
    return f"/organise/events/{event.slug}/registrations"


def names(page: str) -> list[str]:
    return re.findall(r'id="n-[^"]+"[^>]*>([^<]*)</a>', page)


def test_the_list(client: FlaskClient, session: Session, event, desk: str) -> None:
    page = client.get(desk).text
    assert names(page) == ["محمد", "Sam", "李雷", "Zoë &amp; Sons &lt;3"]
    assert "Tuesday 18:00" in page
    assert "Wednesday 03:00" in page  # their own time
    assert "p0@example.org" in page
    assert "Waiting for the room, number 2" in page
    assert "<dd>2 of 2</dd>" in page
    assert "4 registrations" in page
    assert names(client.get(f"{desk}?hours=asleep").text) == ["李雷"]
    assert names(client.get(f"{desk}?words=zoe&sort=banana&at=banana&x=1").text) == ["Zoë &amp; Sons &lt;3"]
    nothing = client.get(f"{desk}?words=nobody&state=cancelled").text
    assert "Nobody is found like this." in nothing
    assert f'href="{desk}"' in nothing
    fragment = client.get(f"{desk}?hours=asleep", headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert names(fragment) == ["李雷"]
    # What can be done with the list is done with what is found.
    for what in ("letters/new", "registrations/export", "registrations/print"):
        assert f'/{what}?hours=asleep"' in fragment, what


def test_what_each_role_sees(client: FlaskClient, session: Session, community, event) -> None:
    path = f"/organise/events/{event.slug}/registrations"
    one = f"{path}/{make_registration(session, event, address='one@example.org', wish='online').public_id}"
    make_question(session, event, label="What do you eat?")
    for role, listed, opened in (
        ("owner", 200, 200), ("organiser", 200, 200), ("host", 200, 403), ("helper", 403, 403), ("editor", 403, 403),
    ):  # fmt: skip
        sign_in(client, session, make_role(session, community, role))
        assert (client.get(path).status_code, client.get(one).status_code) == (listed, opened), role
        assert client.get(f"{path}/pending").status_code == (200 if opened == 200 else 403) or opened == 200
    sign_in(client, session, make_role(session, community, "host", "other-host@example.org"))
    page = client.get(f"{path}?words=example.org").text
    assert "Nobody is found" in page
    page = client.get(path).text
    assert "Sam" in page
    assert "13:00" in page
    for hidden in ("@example.org", "What do you eat", 'name="row"', one):
        assert hidden not in page
    sign_in(client, session, make_role(session, make_community(session), "owner", "other@example.org"))
    assert client.get(path).status_code == client.get(one).status_code == 404
    client.delete_cookie("organiser", domain="gatherings.test")
    assert client.get(path).status_code == client.get(one).status_code == 302


def test_nobody_yet(client: FlaskClient, session: Session, community, desk: str) -> None:
    empty = make_event(session, community=community)
    page = client.get(f"/organise/events/{empty.slug}/registrations").text
    assert "Nobody has registered yet." in page
    assert f"http://gatherings.test/events/{empty.slug}" in page
    days = make_event(session, community=community, all_day=True)
    make_registration(session, days)
    page = client.get(f"/organise/events/{days.slug}/registrations?hours=asleep").text
    assert "What hour it is" not in page


def test_few_queries_however_many_there_are(client: FlaskClient, session: Session, event, desk: str, engine) -> None:
    def queries(path: str) -> int:
        with counted(engine) as statements:
            assert client.get(path).status_code == 200
        return len(statements)

    paths = [desk, f"{desk}?at=last&sort=hour&hours=evening&words=a&first=yes"]
    fill_event(session, event, 100, now=NOW, prefix="few")
    few = [queries(path) for path in paths]
    fill_event(session, event, 10_000, now=NOW)
    cancel(session, make_registration(session, event, address="c@example.org", wish="online"), SITE, now=NOW)
    assert [queries(path) for path in paths] == few
    assert max(few) <= 10
