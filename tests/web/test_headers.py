"""Headers of every answer: errors, files and calendars included."""

import pytest

from gatherings.web.rights import by_link, public
from tests.factories import make_event

pytestmark = pytest.mark.one_database("of headers")

# As reliability.md, rule 10, has it: nothing inline, nobody frames us, nothing is loaded from elsewhere.
POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "font-src": "'self'", "img-src": "'self'",
    "connect-src": "'self'", "manifest-src": "'self'", "form-action": "'self'", "base-uri": "'none'",
    "frame-ancestors": "'none'", "object-src": "'none'",
}  # fmt: skip
STANDING = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.fixture
def broken(make_another):
    """An application one of whose views fails."""

    def make(**settings: str):
        app = make_another(**settings)
        app.add_url_rule("/broken", "broken", public(lambda: 1 / 0))
        app.add_url_rule("/mine/<token>", "mine", by_link("manage")(lambda token: "mine"), methods=["GET", "POST"])
        app.add_url_rule("/cached", "cached", public(lambda: ("", {"Cache-Control": "public, max-age=60"})))
        return app.test_client()

    return make


def paths(session) -> dict[str, int]:
    event = make_event(session)
    session.commit()
    return {
        "/": 200, f"/events/{event.slug}": 200, f"/events/{event.slug}/event.ics": 200, "/privacy": 200,
        "/robots.txt": 200, "/healthz": 200, "/nothing-here": 404, "/broken": 500, "/static/nothing.css": 404,
        "/registrations/nonsense": 404,
    }  # fmt: skip


def asset_of(client) -> str:
    with client.application.app_context():
        return str(client.application.jinja_env.globals["asset"]("app.css"))


def policy_of(answer) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))


def test_every_answer_has_the_standing_headers_and_exactly_the_policy(session, broken):
    client = broken()
    statuses = {**paths(session), asset_of(client): 200}
    for path, status in statuses.items():
        answer = client.get(path)
        assert (path, answer.status_code) == (path, status)
        assert policy_of(answer) == POLICY
        assert {name: answer.headers.get(name) for name in STANDING} == STANDING
        assert answer.headers.getlist("Content-Security-Policy") == [answer.headers["Content-Security-Policy"]]
        assert "Set-Cookie" not in answer.headers
        assert "X-Powered-By" not in answer.headers


def test_refusals_have_them_too(client):
    for answer in (
        client.post("/", headers={"Sec-Fetch-Site": "cross-site"}), client.post("/"), client.delete("/healthz"),
        client.post("/find-my-registration", data=b"x" * 300_000), client.get("/", base_url="http://elsewhere.example.org"),
    ):  # fmt: skip
        assert answer.status_code in (400, 403, 405, 413)
        assert policy_of(answer) == POLICY
        assert answer.headers["Cache-Control"] == "no-store"


def test_browsers_are_told_to_stay_on_tls_only_where_there_is_tls(session, broken):
    secure, plain = broken(BASE_URL="https://gatherings.test"), broken()
    for path in ("/", "/nothing-here", "/broken"):
        answer = secure.get(path, base_url="https://gatherings.test")
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "Strict-Transport-Security" not in plain.get(path).headers


def test_a_failed_answer_is_kept_by_nobody(broken):
    client = broken()
    for path in ("/nothing-here", "/broken", "/registrations/nonsense"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_what_is_by_a_link_of_ones_own_is_kept_by_nobody_and_found_by_no_search(broken):
    client = broken()
    for answer in (
        client.get("/mine/some-token"),
        client.post("/mine/some-token"),
        client.get("/registrations/nonsense"),
    ):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_a_public_page_may_be_found_and_is_asked_for_again(client):
    answer = client.get("/privacy")
    assert "X-Robots-Tag" not in answer.headers
    assert "no-store" not in answer.headers["Cache-Control"]


def test_a_view_may_say_for_itself_how_long_it_is_kept(broken):
    assert broken().get("/cached").headers["Cache-Control"] == "public, max-age=60"


def test_a_calendar_is_not_compressed(session, client):
    """Outlook imports nothing from a gzipped feed (calendars.md 21)."""
    event = make_event(session, summary="kind " * 90)
    answer = client.get(f"/events/{event.slug}/event.ics", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in answer.headers
    assert answer.data.startswith(b"BEGIN:VCALENDAR")
    page = client.get("/privacy", headers={"Accept-Encoding": "gzip, br"})
    assert page.headers["Content-Encoding"] == "br"
    assert "Accept-Encoding" in page.headers["Vary"]
