"""My account: my name, my sessions, and forms that come too late."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gatherings.accounts.models import Person, SignIn
from tests.factories import make_community
from tests.signing import COOKIE, make_role, sign_in, token_in

HX = {"HX-Request": "true"}
PATH = "/organise/account"


@pytest.fixture(autouse=True)
def still(now, clock_at):
    """Friday 20 November 2026, 12:00 UTC, for actions and requests alike."""
    with clock_at(now):
        yield


@pytest.fixture
def nicki(session):
    return make_role(session, make_community(session), "host", "nicki@example.org", "Nicki")


def token_of(client):
    return token_in(client.get(PATH).text)


def test_signed_out_everything_leads_to_the_sign_in_page(client):
    assert client.get(PATH).location == f"/sign-in?next={PATH}"
    for path in (f"{PATH}/name", f"{PATH}/sessions/x/end", f"{PATH}/sessions/end-others", f"{PATH}/roles/x/leave"):
        assert client.post(path).status_code == 303
    assert client.post("/sign-out").location == "/sign-in?out=1"


def test_a_name_is_saved_and_a_wrong_one_is_said(client, session, nicki):
    sign_in(client, session, nicki)
    for name in ("Zoë & Sons <3", "李雷", "محمد العربي"):
        assert client.post(f"{PATH}/name", data={"csrf_token": token_of(client), "name": name}).status_code == 303
        session.commit()
        assert session.scalars(select(Person.name)).all() == [name]
    for wrong in ("", "www.spam.example", "a" * 121, "two\nlines"):
        answer = client.post(f"{PATH}/name", data={"csrf_token": token_of(client), "name": wrong})
        assert answer.status_code == 422
        assert 'href="#name"' in answer.text
    assert session.scalars(select(Person.name)).all() == [name]


def test_sessions_are_listed_and_ended_mine_alone(app, client, session, nicki, now, clock_at):
    other_person = make_role(session, make_community(session), "owner", "bo@example.org", "Bo")
    browsers = [app.test_client() for _ in range(3)]
    for browser in (client, *browsers):
        sign_in(browser, session, nicki)
    theirs = app.test_client()
    sign_in(theirs, session, other_person)
    page = client.get(PATH).text
    assert page.count("A test") == 4
    assert "this one" in page
    rows = session.scalars(select(SignIn).order_by(SignIn.id)).all()
    mine, second, foreign = rows[0], rows[1], rows[-1]
    token = token_of(client)
    assert client.post(f"{PATH}/sessions/{foreign.public_id}/end", data={"csrf_token": token}).status_code == 303
    assert theirs.get(PATH).status_code == 200, "another's is not mine to end"
    client.post(f"{PATH}/sessions/{second.public_id}/end", data={"csrf_token": token})
    assert browsers[0].get(PATH).status_code == 302
    assert browsers[1].get(PATH).status_code == 200
    client.post(f"{PATH}/sessions/end-others", data={"csrf_token": token})
    assert [browser.get(PATH).status_code for browser in browsers] == [302] * 3
    assert client.get(PATH).status_code == 200
    assert mine.digest not in page
    with clock_at(now + timedelta(hours=12)):
        assert client.get(PATH).status_code == 302, "each ends by itself"


def test_signing_out_ends_the_session_everywhere_it_was_copied_to(app, client, session, nicki):
    sign_in(client, session, nicki)
    copied = client.get_cookie(COOKIE, domain="gatherings.test").value
    token = token_of(client)
    assert client.post("/sign-out").status_code == 400, "without the form's token"
    assert client.get("/sign-out").status_code == 405
    answer = client.post("/sign-out", data={"csrf_token": token})
    assert answer.location == "/sign-in?out=1"
    assert "signed out" in client.get(answer.location).text
    assert client.get_cookie(COOKIE, domain="gatherings.test") is None
    thief = app.test_client()
    thief.set_cookie(COOKIE, copied, domain="gatherings.test")
    assert thief.get(PATH).status_code == 302
    assert session.scalars(select(SignIn)).all() == []


def test_use_is_noted_every_ten_minutes_at_most(client, session, nicki, now, clock_at):
    sign_in(client, session, nicki)
    seen = []
    for minutes in (1, 9, 11, 12, 22):
        with clock_at(now + timedelta(minutes=minutes)):
            assert client.get(PATH).status_code == 200
        session.commit()
        session.expire_all()
        seen.append((session.scalars(select(SignIn.seen_at)).one() - now).total_seconds() / 60)
    assert seen == [0, 0, 11, 11, 22]


def test_a_form_whose_token_is_old_is_kept_and_one_press_sends_it(client, session, nicki):
    sign_in(client, session, nicki)
    client.get(PATH)
    late = client.post(f"{PATH}/name", data={"csrf_token": "an old one", "name": 'Zoë "& Sons" <3'})
    assert late.status_code == 400
    assert "an old one" not in late.text
    assert f'action="{PATH}/name"' in late.text
    assert 'value="Zoë &#34;&amp; Sons&#34; &lt;3"' in late.text
    assert session.scalars(select(Person.name)).all() == ["Nicki"]
    again = client.post(f"{PATH}/name", data={"csrf_token": token_in(late.text), "name": 'Zoë "& Sons" <3'})
    assert again.status_code == 303
    fragment = client.post(f"{PATH}/name", data={"csrf_token": "old", "name": "Nicki"}, headers=HX)
    assert fragment.status_code == 400
    assert fragment.headers["HX-Retarget"] == "#notice"
    assert token_in(fragment.text)


def test_a_token_is_never_given_to_a_form_for_another_address(client, session, nicki):
    sign_in(client, session, nicki)
    client.get(PATH)
    for path in (f"{PATH}/name?{'x' * 600}", f"{PATH}/name?a=\\"):
        late = client.post(path, data={"csrf_token": "old", "name": "Eve"})
        assert late.status_code == 400
        if 'action="/"' in late.text:
            assert 'name="csrf_token"' not in late.text


def test_a_session_that_ended_while_somebody_typed_loses_nothing(client, session, nicki):
    sign_in(client, session, nicki)
    token = token_of(client)
    cookie = client.get_cookie(COOKIE, domain="gatherings.test").value
    client.delete_cookie(COOKIE, domain="gatherings.test")
    late = client.post(f"{PATH}/name", data={"csrf_token": token, "name": "A long text"})
    assert late.status_code == 403
    for words in ("Please sign in first", 'href="/sign-in?next=/organise"', "A long text", f'action="{PATH}/name"'):
        assert words in late.text
    assert late.headers["Cache-Control"] == "no-store"
    fragment = client.post(f"{PATH}/name", data={"csrf_token": token, "name": "A long text"}, headers=HX)
    assert fragment.status_code == 403
    assert "/sign-in" in fragment.text
    assert "HX-Redirect" not in fragment.headers, "the page with what was typed stays"
    client.set_cookie(COOKIE, cookie, domain="gatherings.test")  # signed in again, in another tab
    done = client.post(f"{PATH}/name", data={"csrf_token": token_in(late.text), "name": "A long text"})
    assert done.status_code == 303
    session.commit()
    assert session.scalars(select(Person.name)).all() == ["A long text"]
