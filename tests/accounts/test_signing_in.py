"""Signing in by a mailed link or its code: once, on a press, for ten minutes; the same answer for everybody."""

from datetime import timedelta

import pytest
from sqlalchemy import event as listening
from sqlalchemy import func, select

from gatherings.accounts.actions.signing_in import JOB
from gatherings.accounts.models import SignIn, SignInLink
from gatherings.audit.models import LogEntry
from gatherings.communities.models import Role
from gatherings.jobs.models import Job
from gatherings.mail.models import OutboxMail
from tests.accounts.conftest import ADDRESS
from tests.factories import make_community
from tests.races import at_once
from tests.signing import COOKIE, make_role, sign_in, token_in

UNKNOWN = "nobody@example.org"


def cookies_of(answer):
    return {line.split("=", 1)[0]: line for line in answer.headers.getlist("Set-Cookie")}


def number_of(session, model):
    session.commit()
    return session.scalar(select(func.count(model.id)))


def test_a_press_on_the_mailed_link_signs_in_and_leads_to_where_one_was_going(app, session, nicki, community, ask):
    client = app.test_client()
    path = f"/organise/communities/{community.slug}"
    led = client.get(path)
    assert led.location == f"/sign-in?next={path}"
    facts = ask(client, back=path)
    page = client.get(f"/sign-in/{facts['secret']}")
    assert page.status_code == 200
    assert "n…i@example.org" in page.text
    assert ADDRESS not in page.text
    assert "another browser" not in page.text
    pressed = client.post(f"/sign-in/{facts['secret']}")
    assert (pressed.status_code, pressed.location) == (303, path)
    cookie = cookies_of(pressed)[COOKIE]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get(path).status_code == 200
    row = session.scalars(select(SignIn)).one()
    assert row.expires_at - row.created_at == timedelta(hours=12)
    assert row.digest not in cookie
    assert session.scalars(select(LogEntry.action)).all() == ["sign_in"]


def test_known_unknown_and_roleless_addresses_get_the_same_answer(app, session, nicki, engine, mailed):
    """C23."""
    session.delete(session.scalars(select(Role).where(Role.person_id == nicki.id)).one())
    former = nicki.address
    make_role(session, make_community(session), "owner", "knows@example.org")
    told: list[str] = []
    listening.listen(engine, "before_cursor_execute", lambda *args: told.append(args[2]))
    app.test_client().post("/sign-in", data={"email": "first@example.org"})
    seen = []
    for who in ("knows@example.org", UNKNOWN, former):
        client = app.test_client()
        told.clear()
        answers = [client.post("/sign-in", data={"email": who}), client.get("/sign-in/sent"),
                   client.post("/sign-in/code", data={"code": "0000 0000"})]  # fmt: skip
        seen.append(
            (
                [(a.status_code, a.location, a.text.replace(who, "x"), sorted(cookies_of(a))) for a in answers],
                len(told),
            )
        )
    assert seen[0] == seen[1] == seen[2]
    mailed()
    assert session.scalars(select(OutboxMail.recipient)).all() == ["knows@example.org"]


@pytest.mark.parametrize("wrong", ["", "nicki", "a@b", "a@example.org, b@example.org", "x" * 300 + "@example.org"])
def test_what_is_no_address_is_kept_and_said(client, session, wrong):
    answer = client.post("/sign-in", data={"email": wrong})
    assert answer.status_code == 422
    assert 'href="#email"' in answer.text
    assert number_of(session, Job) == 0


def test_scanners_open_the_link_twice_with_get_and_head_and_the_press_still_works_once(app, session, nicki, ask):
    """C26."""
    client = app.test_client()
    path = f"/sign-in/{ask(client)['secret']}"
    scanner = app.test_client()
    for method in ("GET", "HEAD", "GET", "HEAD", "OPTIONS"):
        answer = scanner.open(path, method=method)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
    assert number_of(session, SignIn) == 0
    assert client.post(path).status_code == 303
    second = client.post(path)
    assert second.status_code == 404
    assert "used already" in second.text
    assert client.get(path).status_code == 404
    assert number_of(session, SignIn) == 1


def test_another_browser_is_told_that_it_did_not_ask(app, nicki, ask):
    secret = ask(app.test_client())["secret"]
    other = app.test_client()
    page = other.get(f"/sign-in/{secret}")
    assert "asked for in another browser" in page.text
    assert other.post(f"/sign-in/{secret}").status_code == 303


def test_a_link_lives_for_ten_minutes_and_the_newest_counts(app, nicki, ask, now, clock_at):
    client = app.test_client()
    old, new = ask(client), ask(client)
    assert client.post(f"/sign-in/{old['secret']}").status_code == 404
    with clock_at(now + timedelta(minutes=10)):
        late = client.post(f"/sign-in/{new['secret']}")
        assert late.status_code == 404
        assert "too old" in late.text
        assert client.post("/sign-in/code", data={"code": new["code"]}).status_code == 422
    with clock_at(now + timedelta(minutes=9)):
        assert client.post(f"/sign-in/{new['secret']}").status_code == 303


def test_the_code_signs_in_the_browser_that_asked_and_no_other(app, session, nicki, ask):
    client = app.test_client()
    code = ask(client)["code"]
    assert len(code) == 8
    assert app.test_client().post("/sign-in/code", data={"code": code}).status_code == 422
    written = f" {code[:4]}-{code[4:]} ".translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert client.post("/sign-in/code", data={"code": written}).location == "/organise"
    assert client.get("/organise").status_code == 200
    assert client.post("/sign-in/code", data={"code": code}).status_code == 422
    assert number_of(session, SignIn) == 1


def test_five_wrong_codes_and_the_right_one_opens_nothing_any_more(app, session, nicki, ask):
    client = app.test_client()
    facts = ask(client)
    for n in range(5):
        wrong = client.post("/sign-in/code", data={"code": f"{(int(facts['code']) + 1 + n) % 10**8:08d}"})
        assert wrong.status_code == 422
    assert client.post("/sign-in/code", data={"code": facts["code"]}).status_code == 422
    assert number_of(session, SignIn) == 0
    assert client.post(f"/sign-in/{facts['secret']}").status_code == 303, "the link itself still works"


def test_two_presses_at_once_sign_in_once(app, session, nicki, ask):
    facts = ask(app.test_client())
    path = f"/sign-in/{facts['secret']}"
    clients = [app.test_client() for _ in range(4)]
    presses = [lambda client=client: client.post(path).status_code for client in clients]
    assert sorted(at_once(app, presses)) == [303, 404, 404, 404]
    assert number_of(session, SignIn) == 1


def test_a_press_from_elsewhere_signs_nobody_in(app, session, nicki, ask):
    """C21: login CSRF. The link stays good for whoever may use it."""
    client = app.test_client()
    path = f"/sign-in/{ask(client)['secret']}"
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}):
        for where in (path, "/sign-in", "/sign-in/code", "/sign-in/again", "/sign-out"):
            answer = app.test_client().post(where, headers=headers, data={"email": ADDRESS, "code": "1"})
            assert answer.status_code == 403
            assert "Set-Cookie" not in answer.headers
    assert number_of(session, SignIn) == 0
    assert client.post(path).status_code == 303


def test_a_cookie_set_before_is_worth_nothing_after(app, session, nicki, ask):
    """C27: what an attacker planted, or had of an earlier session, opens nothing."""
    client = app.test_client()
    client.set_cookie(COOKIE, "planted-by-somebody-else", domain="gatherings.test")
    facts = ask(client)
    client.post(f"/sign-in/{facts['secret']}")
    attacker = app.test_client()
    attacker.set_cookie(COOKIE, "planted-by-somebody-else", domain="gatherings.test")
    assert attacker.get("/organise").status_code == 302
    first = client.get_cookie(COOKIE, domain="gatherings.test").value
    client.post(f"/sign-in/{ask(client)['secret']}")
    second = client.get_cookie(COOKIE, domain="gatherings.test").value
    assert first != second
    attacker.set_cookie(COOKIE, first, domain="gatherings.test")
    assert attacker.get("/organise").status_code == 302, "the cookie before is dead"
    assert number_of(session, SignIn) == 1


def test_signing_in_as_somebody_else_ends_the_session_before(app, session, nicki, community, ask):
    other = make_role(session, community, "host", "bo@example.org", "Bo")
    client = app.test_client()
    sign_in(client, session, nicki)
    client.post(f"/sign-in/{ask(client, other.address)['secret']}")
    assert session.scalars(select(SignIn.person_id)).all() == [other.id]


BACKS = {
    "/organise": "/organise", "/organise/events/a?x=1": "/organise/events/a?x=1", "/organise?x": "/organise?x",
    "": "/organise", "/": "/organise", "/events/a": "/organise", "/organiser": "/organise",
    "//evil.example": "/organise",
    "/\\evil.example": "/organise", "https://evil.example": "/organise", "/organise\\..": "/organise",
    "/organise/../events": "/organise", "/organise//evil": "/organise//evil", "javascript:alert(1)": "/organise",
    "/organise/%0d%0aSet-Cookie:x=1": "/organise/%0d%0aSet-Cookie:x=1", "/organise/\r\nx": "/organise",
    "/organise/" + "a" * 400: "/organise", "/organise@evil.example": "/organise",
    "//evil.example/organise": "/organise",
}  # fmt: skip


def test_next_leads_to_organisers_screens_alone(app, session, nicki, now, clock_at, mailed):
    """C18."""
    for hour, (asked, led) in enumerate(BACKS.items()):
        with clock_at(now + timedelta(hours=2 * hour)):
            client = app.test_client()
            client.post("/sign-in", query_string={"next": asked}, data={"email": ADDRESS})
            secret = mailed()[-1]["secret"]
            pressed = client.post(f"/sign-in/{secret}?next=https://evil.example")
            assert (pressed.status_code, pressed.location) == (303, led), asked
            assert client.get("/sign-in", query_string={"next": asked}).location == led


def test_five_askings_an_hour_for_one_address_known_or_not(app, session, nicki, now, clock_at):
    for who in (ADDRESS, UNKNOWN):
        codes = [app.test_client().post("/sign-in", data={"email": who.upper()}).status_code for _ in range(7)]
        assert codes == [303] * 5 + [429] * 2
    with clock_at(now + timedelta(minutes=61)):
        assert app.test_client().post("/sign-in", data={"email": ADDRESS}).status_code == 303


def test_twenty_askings_an_hour_from_one_network(client, session):
    codes = [client.post("/sign-in", data={"email": f"p{n}@example.org"}).status_code for n in range(22)]
    assert codes == [303] * 20 + [429] * 2
    assert number_of(session, Job) == 20


def test_wrong_links_and_codes_are_counted(app, session, nicki, ask):
    facts = ask(app.test_client())
    client = app.test_client()
    assert [client.get(f"/sign-in/{n}").status_code for n in range(40)] == [404] * 39 + [429]
    assert client.get(f"/sign-in/{facts['secret']}").status_code == 200, "a right one is never refused"
    guesser = app.test_client()
    guesses = [guesser.post("/sign-in/code", data={"code": str(n)}).status_code for n in range(40)]
    assert guesses == [422] * 39 + [429]


def test_what_is_stored_gives_nobody_in(app, session, nicki, ask):
    facts = ask(app.test_client())
    row = session.scalars(select(SignInLink)).one()
    kept = repr({column.name: getattr(row, column.name) for column in row.__table__.columns})
    assert facts["secret"] not in kept
    assert facts["code"] not in kept
    job = session.scalars(select(Job).where(Job.kind == JOB)).one()
    assert facts["secret"] not in repr(job.payload)


def test_a_fresh_proof_renews_the_session_that_asks_for_it(app, session, nicki, mailed, now, clock_at):
    client = app.test_client()
    sign_in(client, session, nicki)
    old = client.get_cookie(COOKIE, domain="gatherings.test").value
    with clock_at(now + timedelta(hours=2)):
        page = client.get("/sign-in/again?next=/organise/account")
        assert "n…i@example.org" in page.text
        assert client.post("/sign-in/again").status_code == 400, "without the form's token"
        asked = client.post("/sign-in/again?next=/organise/account", data={"csrf_token": token_in(page.text)})
        assert asked.location == "/sign-in/sent"
        done = client.post("/sign-in/code", data={"code": mailed()[-1]["code"]})
        assert done.location == "/organise/account"
    session.expire_all()
    row = session.scalars(select(SignIn)).one()
    assert row.confirmed_at == now + timedelta(hours=2)
    assert row.created_at == now
    assert client.get_cookie(COOKIE, domain="gatherings.test").value != old
    assert app.test_client().get("/sign-in/again").location == "/sign-in?next=/organise"


def test_https_binds_the_cookies_to_the_host(make_another, session, nicki, mailed):
    base = "https://gatherings.test"
    secure = make_another(BASE_URL=base).test_client()
    session.commit()
    asked = cookies_of(secure.post("/sign-in", data={"email": ADDRESS}, base_url=base))["__Host-asking"]
    pressed = cookies_of(secure.post(f"/sign-in/{mailed()[-1]['secret']}", base_url=base))["__Host-organiser"]
    for cookie in (asked, pressed):
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
    page = secure.get("/organise/account", base_url=base)
    assert page.status_code == 200
    assert "__Host-form=" in page.headers["Set-Cookie"]


def test_after_the_secret_key_rotates_sessions_end(session, nicki, make_another):
    """B22."""
    first, second = "a first key for this test 0123456789abcdef", "a second key for this test 0123456789abcdef"
    before = make_another(SECRET_KEY=first).test_client()
    sign_in(before, session, nicki)
    session.commit()
    assert before.get("/organise").status_code == 200
    after = make_another(SECRET_KEY=second, SECRET_KEY_FALLBACKS=first).test_client()
    after.set_cookie(COOKIE, before.get_cookie(COOKIE, domain="gatherings.test").value, domain="gatherings.test")
    assert after.get("/organise").status_code == 302
