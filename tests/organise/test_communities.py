"""A community is made and edited: who may, what follows, what is refused."""

from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gatherings.audit.models import LogEntry
from gatherings.communities.models import Community, Role
from gatherings.events.models import OldSlug
from tests.factories import make_community, make_event, make_series
from tests.organise.pressing import form_of, press
from tests.signing import make_role, sign_in

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EDIT = "/organise/communities/tea/edit"
NEW = "/organise/communities/new"


@pytest.fixture(autouse=True)
def still(clock_at):
    """Let it be Friday 20 November 2026, 12:00 UTC."""
    with clock_at(NOW):
        yield


@pytest.fixture
def tea(session: Session) -> Community:
    """A community that is named Tea."""
    return make_community(session, slug="tea", name="Tea", sender="Tea")


@pytest.fixture
def organiser(client: FlaskClient, session: Session, tea: Community) -> FlaskClient:
    """A browser of somebody who organises it."""
    sign_in(client, session, make_role(session, tea, "organiser"))
    return client


def again(session: Session, slug: str = "tea") -> Community:
    session.commit()
    session.expire_all()
    return session.scalars(select(Community).where(Community.slug == slug)).one()


def state(session: Session) -> list[Any]:
    session.commit()
    session.expire_all()
    rows = session.execute(select(Community.slug, Community.name, Community.version, Community.edits)).all()
    return [
        *map(tuple, rows),
        session.scalar(select(func.count(Role.id))),
        session.scalar(select(func.count(LogEntry.id))),
    ]


def test_who_may_edit_and_who_may_make(app, client: FlaskClient, session: Session, tea: Community):
    assert client.get(EDIT).status_code == 302
    assert client.get(NEW).status_code == 302
    elsewhere = make_role(session, make_community(session), "organiser", "elsewhere@example.org")
    for role in ("owner", "organiser", "host", "helper", "editor", "elsewhere"):
        one = app.test_client()
        person = elsewhere if role == "elsewhere" else make_role(session, tea, role, f"{role}@example.org")
        sign_in(one, session, person)
        wanted = 200 if role in ("owner", "organiser") else 404 if role == "elsewhere" else 403
        assert one.get(EDIT).status_code == wanted, role
        before = state(session)
        if wanted != 200:
            assert press(one, EDIT, {"name": "Mine now"}).status_code == wanted, role
        assert one.post(EDIT, data={"name": "Mine now"}).status_code in (400, wanted)
        assert ("Make the community" in one.get(NEW).text) is (role == "owner"), role
        if role != "owner":
            data = {"name": "New", "slug": "mine", "sender": "New", "zone": "London", "accent": "sea", "key": "k" * 22}
            assert press(one, NEW, data).status_code == 403, role
        assert state(session) == before, role


def test_what_is_edited_stands_everywhere(organiser: FlaskClient, session: Session, tea: Community):
    event, series = make_event(session, tea, title="Cake"), make_series(session, tea)
    feed = organiser.get(f"/events/{event.slug}/event.ics").data
    assert b"CATEGORIES:Tea" in feed
    version = again(session).version
    data = form_of(organiser, EDIT) | {
        "name": "Zoë & Sons <3", "slug": "zoe", "tagline": "李雷", "about": "**Hello** <script>x</script>",
        "accent": "fern", "zone": "Auckland", "website": "https://example.org/", "sender": "Zoë",
        "code_of_kindness": "Be kind.", "joining": "News now and then.", "asked_often-0-question": "Why?",
        "asked_often-0-answer": "Because.", "version": "99", "public_id": "x" * 22, "do": "save",
    }  # fmt: skip
    assert organiser.post(EDIT, data=data).location == "/organise/communities/zoe/edit?done=saved"
    found = again(session, "zoe")
    assert (found.name, found.zone, found.accent, found.edits) == ("Zoë & Sons <3", "Pacific/Auckland", "fern", 1)
    assert found.asked_often == [{"question": "Why?", "answer": "Because."}]
    assert found.version > version
    assert found.public_id == tea.public_id
    assert organiser.get("/communities/tea").location.endswith("/communities/zoe")
    page = organiser.get("/communities/zoe").text
    assert "Zoë &amp; Sons &lt;3" in page
    assert "<strong>Hello</strong>" in page
    assert "<script>x" not in page
    assert "CATEGORIES:Zoë & Sons <3".encode() in organiser.get(f"/events/{event.slug}/event.ics").data
    assert "Zoë".encode() in organiser.get(f"/series/{series.slug}/calendar.ics").data
    assert event.slug in organiser.get("/?q=zoë+cake").text
    assert organiser.post(EDIT, data=data).status_code in (303, 409)  # pressed twice, at the old address
    assert list(session.scalars(select(LogEntry.action))) == ["edit_community"]
    assert session.scalars(select(OldSlug.slug)).all() == ["tea"]
    back = form_of(organiser, "/organise/communities/zoe/edit") | {"slug": "tea", "do": "save"}
    assert organiser.post("/organise/communities/zoe/edit", data=back).status_code == 303
    assert organiser.get("/communities/tea").status_code == 200
    assert organiser.get("/communities/zoe").location.endswith("/communities/tea")


def test_two_editors_lose_nothing(organiser: FlaskClient, session: Session):
    mine = form_of(organiser, EDIT) | {"do": "save"}
    assert organiser.post(EDIT, data=mine | {"tagline": "Theirs", "about": "Their words"}).status_code == 303
    answer = organiser.post(EDIT, data=mine | {"tagline": "Mine", "website": "https://example.org/"})
    assert answer.status_code == 409
    assert 'value="Mine"' in answer.text
    assert "Their words</textarea>" in answer.text
    assert again(session).tagline == "Theirs"
    base = unescape(answer.text.split('name="base" value="', 1)[1].split('"', 1)[0])
    data = mine | {"tagline": "Mine", "about": "Their words", "website": "https://example.org/", "base": base}
    assert organiser.post(EDIT, data=data).status_code == 303
    found = again(session)
    assert (found.tagline, found.about, found.website) == ("Mine", "Their words", "https://example.org/")


def test_rows_come_and_go_without_a_script(organiser: FlaskClient, session: Session):
    data = form_of(organiser, EDIT) | {"asked_often-0-question": "A?", "asked_often-0-answer": "a", "name": "Kept"}
    page = organiser.post(EDIT, data=data | {"do": "add:asked_often:0"})
    assert page.status_code == 200
    assert 'name="asked_often-1-question"' in page.text
    assert 'value="Kept"' in page.text
    assert again(session).name == "Tea"
    page = organiser.post(EDIT, data=data | {"do": "drop:asked_often:0"})
    assert 'name="asked_often-0-question"' not in page.text
    half = organiser.post(EDIT, data=data | {"asked_often-0-answer": "", "do": "save"})
    assert half.status_code == 422
    assert 'href="#asked_often-0-answer"' in half.text


BAD = {
    "name": ["", " ", "x" * 201, "see www.example.com", "a\nb", "\u202eabc", "x\x00y"],
    "slug": ["", "a", "new", "A-b", "-x", "x" * 61, "../x", "taken"],
    "tagline": ["x" * 301, "two\nlines"],
    "accent": ["", "red", "plum' OR 1=1"],
    "zone": ["", "Qqqxxz"],
    "website": ["javascript:alert(1)", "http://", "//x"],
    "sender": ["", "a@example.org", "x\r\nBcc: y@example.org"],
    "about": ["x" * 20_001, "\ufffd"],
}


def test_bad_input_is_refused_at_its_field_and_kept(organiser: FlaskClient, session: Session):
    make_community(session, slug="taken")
    good = form_of(organiser, EDIT) | {"do": "save"}
    before = state(session)
    for name, values in BAD.items():
        for value in values:
            answer = organiser.post(EDIT, data=good | {name: value})
            assert answer.status_code == 422, (name, value[:20])
            assert f'href="#{name}"' in answer.text, name
    assert state(session) == before


def test_a_community_is_made_once_and_its_maker_owns_it(client: FlaskClient, session: Session, tea: Community):
    owner = make_role(session, tea, "owner")
    sign_in(client, session, owner)
    data = form_of(client, NEW) | {
        "name": "محمد", "slug": "new-one", "sender": "New", "zone": "Melbourne", "accent": "sea", "do": "save",
    }  # fmt: skip
    assert client.post(NEW, data=data | {"slug": "tea"}).status_code == 422
    for _press in range(3):
        assert client.post(NEW, data=data).location == "/organise/communities/new-one?done=made"
    made = again(session, "new-one")
    roles = session.scalars(select(Role).where(Role.community_id == made.id)).all()
    assert [(role.person_id, role.role) for role in roles] == [(owner.id, "owner")]
    assert (made.zone, made.version) == ("Australia/Melbourne", 1)
    assert client.get("/communities/new-one").status_code == 200
    assert client.get("/organise/communities/new-one").status_code == 200
    assert list(session.scalars(select(LogEntry.action))) == ["create_community"]
