"""Refusals and failures: the right status, a page or a fragment in words, never a trace."""

import re
from contextlib import nullcontext
from io import BytesIO
from typing import Any

import brotli
import pytest
from flask import Flask, abort, request
from jinja2 import DictLoader
from sqlalchemy import text
from sqlalchemy.event import listen
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.test import create_environ

from gatherings.core import errors
from gatherings.core.words import say
from gatherings.db import turns
from gatherings.db.session import current_session, db, transact
from gatherings.web.answers import answer, go
from gatherings.web.error_words import own_sentence, same_address, told
from gatherings.web.errors import status_of
from gatherings.web.hall import BodiesFirst
from gatherings.web.rights import public
from tests.db.helpers import add_one, another_process_holds_the_file, make_pool, taken_of

HTMX = {"HX-Request": "true"}
REFUSALS = {
    "not-found": (errors.NotFound(say("No such gathering.")), 404),
    "not-allowed": (errors.NotAllowed(say("Not with this role.")), 403),
    "sign-in-first": (errors.SignInFirst(say("Your session has ended."), "/sign-in"), 403),
    "conflict": (errors.Conflict(say("This gathering is full.")), 409),
    "input": (errors.InvalidInput([errors.Problem("name", say("Please type a name."))]), 422),
    "nothing-wrong": (errors.InvalidInput([]), 422),
    "too-many": (errors.TooMany(say("Please wait <b>a</b> little."), 90), 429),
    "busy": (errors.Busy(7), 503),
    "plain": (errors.DomainError(say("Not now.")), 409),
}


@pytest.fixture
def trial(make_another) -> Flask:
    """An application with views that refuse and fail in every way."""
    app = make_another()

    def refuse(kind: str):
        raise REFUSALS[kind][0]

    def fail(kind: str):
        if kind == "database":
            current_session().execute(text("SELECT nothing FROM nowhere"))
        raise {"key": KeyError, "recursion": RecursionError, "memory": MemoryError}[kind]("the secret word is plum")

    def http(status: int):
        if request.method == "POST":
            _ = request.form["missing"]
        abort(status)

    def write(pool: int):
        transact(add_one, pool)
        return "written"

    for rule, view in (("refuse/<kind>", refuse), ("fail/<kind>", fail), ("http/<int:status>", http),
                       ("write/<int:pool>", write)):  # fmt: skip
        app.add_url_rule(f"/{rule}", view.__name__, public(view), methods=["GET", "POST"])
    app.add_url_rule("/only-get", "only_get", public(lambda: "seen"), methods=["GET"])
    app.add_url_rule("/folder/", "folder", public(lambda: "folder"))
    return app


@pytest.mark.one_database("of status, words and headers")
@pytest.mark.parametrize("kind", list(REFUSALS))
@pytest.mark.parametrize("htmx", [False, True])
def test_each_refusal_has_its_status_and_says_its_sentence(trial, kind, htmx):
    error, status = REFUSALS[kind]
    found = trial.test_client().get(f"/refuse/{kind}", headers=HTMX if htmx else {})
    assert (found.status_code, status_of(error)) == (status, status)
    sentence = str(own_sentence(error.sentence) or told(status).sentence)
    assert sentence.replace("<b>", "&lt;b&gt;").replace("</b>", "&lt;/b&gt;") in found.text
    assert ("<html" in found.text) is not htmx
    assert found.headers["Cache-Control"] == "no-store"
    assert "HX-Request" in found.headers["Vary"]


@pytest.mark.one_database("of status, words and headers")
def test_who_came_too_often_or_at_a_busy_moment_is_told_when_to_come_again(trial):
    client = trial.test_client()
    assert client.get("/refuse/too-many").headers["Retry-After"] == "90"
    assert client.get("/refuse/busy").headers["Retry-After"] == "7"
    assert "Retry-After" not in client.get("/refuse/conflict").headers


def test_under_htmx_a_fault_of_ours_appears_above_the_form_and_leaves_it(trial):
    client = trial.test_client()
    for path in ("/refuse/busy", "/fail/key"):
        found = client.post(path, headers=HTMX, data={"name": "Ada"})
        assert (found.headers["HX-Retarget"], found.headers["HX-Reswap"]) == ("#notice", "innerHTML")
        assert "Ada" not in found.text  # the form on the page still holds it
    assert client.post("/refuse/conflict", headers=HTMX).headers["HX-Retarget"] == "#notice"
    assert "HX-Retarget" not in client.post("/refuse/busy").headers


@pytest.mark.parametrize("kind", ["key", "recursion", "memory", "database"])
@pytest.mark.parametrize("htmx", [False, True])
def test_what_nobody_foresaw_is_a_page_without_a_trace_and_a_line_in_the_log(trial, caplog, kind, htmx):
    found = trial.test_client().get(f"/fail/{kind}", headers=HTMX if htmx else {})
    assert found.status_code == 500
    assert "Something went wrong on our side." in found.text
    for word in ("Traceback", "KeyError", "plum", "nowhere", "sqlalchemy", "File &#34;", ".py", "SELECT"):
        assert word not in found.text
    [line] = [line for line in caplog.records if line.levelname == "ERROR"]
    assert line.exc_info is not None


def test_after_a_failure_the_next_request_is_served(trial, session):
    client, pool = trial.test_client(), make_pool(session)
    assert client.get("/fail/database").status_code == 500
    assert client.post(f"/write/{pool}").text == "written"


@pytest.mark.one_database("of status, words and headers")
@pytest.mark.parametrize(
    ("status", "words"),
    [(400, "could not read"), (404, "There is nothing at this address"), (405, "does not take that"),
     (413, "more than we can take"), (415, "That kind of file"), (429, "very often"), (500, "went wrong on our side"),
     (503, "Many people are here"), (418, "could not read")],
)  # fmt: skip
def test_other_http_errors_are_pages_of_ours(trial, status, words):
    found = trial.test_client().get(f"/http/{status}")
    assert found.status_code == status
    assert words in found.text
    assert f"<h1>{told(status).title}</h1>" in found.text
    assert f"<title>{told(status).title} · Gatherings</title>" in found.text
    assert "werkzeug" not in found.text.lower()
    assert found.headers.get("Retry-After") == ("60" if status in (429, 503) else None)


@pytest.mark.one_database("of status, words and headers")
def test_a_missing_field_is_400(trial):
    assert trial.test_client().post("/http/404", data={}).status_code == 400


def test_an_address_that_takes_no_post_says_what_it_takes(trial):
    found = trial.test_client().post("/only-get")
    assert found.status_code == 405
    assert found.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_redirect_is_no_error(trial):
    found = trial.test_client().get("/folder")
    assert found.status_code == 308
    assert found.headers["Location"].endswith("/folder/")
    assert "<h1>" not in found.text.lower().replace("<h1>redirecting", "")


@pytest.mark.parametrize(
    "path",
    ["/%00", "/events/%ff%fe", "/events/" + "x" * 5000, "/events/..%2f..%2fetc", "/?zone=%00&q=%ff", "/events/é",
     "/events/a?zone=" + "A" * 5000, "/registrations/%0d%0aSet-Cookie:x=y", "/events/<script>"],
)  # fmt: skip
def test_junk_in_an_address_is_never_a_fault_of_ours(client, path):
    found = client.get(path)
    assert found.status_code < 500
    assert "<script>" not in found.text.replace("<script defer", "")
    assert "Set-Cookie" not in found.headers


@pytest.mark.one_database("of status, words and headers")
def test_too_much_is_refused_before_it_is_read(trial):
    for data in ({"about": "x" * 300_000}, {f"field{n}": "" for n in range(600)}):
        found = trial.test_client().post("/http/404", data=data | {"missing": "x"})
        assert (found.status_code, "more than we can take" in found.text) in ((413, True), (404, False))
    assert trial.test_client().post("/http/404", data={"missing": "x" * 300_000}).status_code == 413


def test_a_busy_database_is_503_with_the_typed_form_kept(trial, session, database_kind, monkeypatch):
    """B2: what was typed stands in the answer, and one press sends it again."""
    if database_kind != "sqlite":
        pytest.skip("about SQLite's one write lock")
    monkeypatch.setattr(turns, "BUSY_TIMEOUT", 0.2)
    pool, client = make_pool(session), trial.test_client()
    typed = {"name": 'Ada "The First" <b>', "zone": "Pacific/Auckland", "day": ["Mon", "Tue"]}
    with another_process_holds_the_file(trial):
        found = client.post(f"/write/{pool}", data=typed)
        assert (found.status_code, found.headers["Retry-After"]) == (503, "5")
        assert "Many people are here at this moment." in found.text
        assert "What you typed is kept" in found.text
        assert f'action="/write/{pool}"' in found.text
        for name, value in (("name", "Ada &#34;The First&#34; &lt;b&gt;"), ("zone", "Pacific/Auckland"),
                            ("day", "Mon"), ("day", "Tue")):  # fmt: skip
            assert f'name="{name}" value="{value}"' in found.text
        assert client.get("/privacy").status_code == 200  # reading goes on
        fragment = client.post(f"/write/{pool}", data=typed, headers=HTMX)
        assert (fragment.status_code, fragment.headers["HX-Retarget"]) == (503, "#notice")
    assert taken_of(session, pool) == 0
    assert client.post(f"/write/{pool}", data=typed).text == "written"


def test_a_database_that_is_away_is_503_and_no_500(make_another, tmp_path):
    away = make_another(DATABASE_URL=f"sqlite:///{tmp_path}/no-folder/away.sqlite")
    postgres = make_another(DATABASE_URL=f"postgresql://postgres@/nothing?host={tmp_path}")
    found = postgres.test_client().get("/")
    assert (found.status_code, found.headers["Retry-After"]) == (503, "5")
    assert "Many people are here" in found.text
    assert away.test_client().get("/").status_code in (500, 503)


def test_a_page_or_a_fragment_is_one_decision(make_another):
    app = make_another()
    values: dict[str, Any] = {"sentence": "Words.", "typed": [], "contact": "", "host": ""}
    app.add_url_rule("/both", "both", public(lambda: answer("pages/privacy.html", "errors/_error.html", **values)))
    client = app.test_client()
    assert "<html" in client.get("/both").text
    assert "<html" not in client.get("/both", headers=HTMX).text
    assert "<html" in client.get("/both", headers=HTMX | {"HX-Boosted": "true"}).text
    assert "<html" in client.get("/both", headers=HTMX | {"HX-History-Restore-Request": "true"}).text
    assert "HX-Request" in client.get("/both").headers["Vary"]


@pytest.mark.one_database("of status, words and headers")
def test_going_on_after_a_press_leads_to_our_own_paths_alone(make_another):
    app = make_another()
    with app.test_request_context("/"):
        found = go("/events/one?done=1")
        assert (found.status_code, found.headers["Location"]) == (303, "/events/one?done=1")
    with app.test_request_context("/", headers=HTMX):
        found = go("/events/one")
        assert (found.status_code, found.headers["HX-Redirect"]) == (200, "/events/one")
    with app.test_request_context("/"):
        for elsewhere in ("https://example.org", "//example.org", "/\\example.org", "", "events/one", "javascript:x"):
            with pytest.raises(ValueError, match="only paths of our own"):
                go(elsewhere)


def test_every_kind_of_refusal_has_a_status_of_its_own():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DomainError)]
    assert {type(error) for error, _ in REFUSALS.values()} == set(kinds)
    assert not issubclass(errors.DomainError, HTTPException)


# --- what the pages help with ----------------------------------------------------------------------------------------


def database_away(make_another, tmp_path):
    return make_another(DATABASE_URL=f"postgresql://postgres@/nothing?host={tmp_path}").test_client()


@pytest.mark.one_database("of words")
@pytest.mark.parametrize(
    ("path", "meant"),
    [("/kindness-festivall-2026", "kindness festivall"), ("/events/zo%C3%AB-and-sons/register", "zoë and sons"),
     ("/events/%3Cscript%3Ealert(1)%3C/script%3E", "script"), ("/a/b", ""), ("/" + "-".join(["one"] * 900), "one")],
)  # fmt: skip
def test_a_wrong_address_offers_its_words_to_the_search(client, path, meant):
    page = client.get(path)
    assert page.status_code == 404
    field = re.search(r'<form[^>]*action="/"[^>]*>.*?<input[^>]*name="q"[^>]*value="([^"]*)"', page.text, re.DOTALL)
    assert field
    assert field[1] == meant
    assert 'href="/find-my-registration"' in page.text


@pytest.mark.one_database("of words")
def test_a_broken_link_of_ones_own_leads_to_a_new_one_and_is_not_said_again(client):
    for path in ("/registrations/kindness.1.secretsecret", "/join/kindness", "/my-data/kindness", "/calendar/kindness"):
        page = client.get(path)
        assert page.status_code == 404
        assert "Send me a new link</a>" in page.text
        assert "kindness" not in page.text.split("<main", 1)[1]


@pytest.mark.one_database("of words")
@pytest.mark.parametrize(
    ("seconds", "zone", "words"),
    [(30, None, "in one minute: from 12:01 on (UTC)"), (60, None, "in one minute: from 12:01 on (UTC)"),
     (600, "Pacific/Auckland", "in 10 minutes: from 01:10 on (Auckland)"),
     (3 * 3600, "Europe/London", "in 3 hours: from 15:00 on (London)"),
     (86400, "Pacific/Auckland", "from Sunday 22 November 2026, 01:00 in Auckland on")],
)  # fmt: skip
def test_who_came_too_often_reads_when_to_come_again_on_their_clock(make_another, now, clock_at, seconds, zone, words):
    app = make_another()

    def often():
        raise errors.TooMany(say("That was often."), seconds)

    app.add_url_rule("/often", "often", public(often))
    with clock_at(now):
        page = app.test_client().get(f"/often?zone={zone}" if zone else "/often")
    assert words in " ".join(page.text.split())
    assert page.headers["Retry-After"] == str(seconds)


def test_a_failure_gives_a_number_to_quote_which_leads_to_its_line_in_the_log(trial, caplog):
    for headers in ({}, HTMX):
        caplog.clear()
        found = trial.test_client().get("/fail/key", headers=headers)
        number = found.headers["X-Request-Id"]
        assert f"<strong>{number}</strong>" in found.text
        assert "mailto:gatherings@example.org" in found.text
        assert [line.request_id for line in caplog.records if line.levelname == "ERROR"] == [number]


@pytest.mark.one_database("of words")
def test_all_problems_of_a_refused_form_are_said(make_another):
    app, problems = make_another(), [errors.Problem("name", say("No name.")), errors.Problem("zone", say("No zone."))]

    def wrong():
        raise errors.InvalidInput(problems)

    app.add_url_rule("/wrong", "wrong", public(wrong), methods=["POST"])
    for headers in ({}, HTMX):
        page = app.test_client().post("/wrong", headers=headers).text
        assert "<li>No name.</li>" in page
        assert "<li>No zone.</li>" in page


@pytest.mark.one_database("of words")
@pytest.mark.parametrize(
    ("referrer", "shown"),
    [("/events/one?zone=UTC", True), ("//evil.example.org/", False), ("https://evil.example.org/events/one", False)],
)
def test_the_way_back_leads_to_pages_of_ours_alone(trial, referrer, shown):
    base = trial.config["GATHERINGS"].base_url
    address = base + referrer if referrer.startswith("/e") else referrer
    page = trial.test_client().post("/refuse/conflict", headers={"Referer": address}).text
    assert (f'href="{referrer}"' in page) is shown
    assert "evil" not in page


def test_an_address_with_two_slashes_never_becomes_a_link_elsewhere(trial):
    assert same_address("//evil.example.org/x", "") == "/"
    assert same_address("/events/é", "q=1") == "/events/%C3%A9?q=1"
    page = trial.test_client().get("/fail/key?q=%22%3E").text
    assert '<a class="button" href="/fail/key?q=%22%3E">' in page


def test_error_pages_ask_the_database_for_nothing(trial, make_another, tmp_path):
    asked = []
    with trial.app_context():
        listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    client = trial.test_client()
    for path in ("/nothing/here", "/http/403", "/http/429", "/http/503", "/refuse/busy", "/fail/key", "/only-get"):
        for headers in ({}, HTMX):
            assert client.post(path, headers=headers).status_code >= 400
    assert asked == []
    away = database_away(make_another, tmp_path)
    assert away.get("/nothing/here").status_code == 404
    assert "See what is coming" in away.get("/").text


@pytest.mark.parametrize("htmx", [False, True])
def test_where_even_the_template_fails_a_plain_page_of_ours_stands_in(trial, caplog, htmx):
    trial.jinja_env.loader = DictLoader({})
    wanted = (("/fail/key", 500, "on our side"), ("/refuse/conflict", 409, "full"), ("/no", 404, "at this address"))
    for path, status, words in wanted:
        found = trial.test_client().get(path, headers=HTMX if htmx else {})
        assert found.status_code == status
        assert words in found.text
        assert ("<html" in found.text, "app." in found.text) == (not htmx, not htmx)
        assert "default-src 'none'" in found.headers["Content-Security-Policy"]
        assert "plum" not in found.text


def test_what_fails_while_the_app_cleans_up_is_a_page_of_ours_too(trial, caplog):
    @trial.teardown_appcontext
    def clean(error):
        raise RuntimeError("the secret word is plum")

    found = trial.test_client().get("/only-get", headers={"Accept": "text/html"})
    assert (found.status_code, found.headers["Cache-Control"]) == (500, "no-store")
    assert "<h1>Something went wrong</h1>" in found.text
    assert "plum" not in found.text
    assert "default-src 'none'" in found.headers["Content-Security-Policy"]
    assert trial.test_client().get("/only-get").text.startswith("Something went wrong on our side.")
    assert "the app failed" in caplog.text


def test_no_free_connection_is_busy_and_no_fault(make_another):
    app = make_another()

    def crowded():
        raise PoolTimeout("QueuePool limit reached")

    app.add_url_rule("/crowded", "crowded", public(crowded))
    found = app.test_client().get("/crowded")
    assert (found.status_code, found.headers["Retry-After"]) == (503, "5")


@pytest.mark.one_database("of weight")
def test_error_pages_are_light(trial):
    for path in ("/nothing/here", "/http/503", "/fail/key"):
        assert len(brotli.compress(trial.test_client().get(path).data, quality=5)) < 1600


# --- refusals in front of the app ------------------------------------------------------------------------------------


def refused_at_the_door(headers, *, busy=False, method="POST"):
    """Send a form that is cut off (or, `busy`, while all turns are taken); give (status, headers, body)."""
    answer: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status, headers, exc_info=None):
        answer.append((status, headers))

    door = BodiesFirst(lambda environ, start: [b"let in"], 1, "/static/app.css")
    environ = create_environ("/", method=method, data=b"name=Ada", headers=headers)
    environ |= {"wsgi.input": BytesIO(b"name"), "CONTENT_LENGTH": "8"}
    with door._turns if busy else nullcontext():
        body = b"".join(door(environ, start))
    [(status, told)] = answer
    return status, dict(told), body.decode()


@pytest.mark.parametrize(
    ("busy", "status", "words"),
    [(False, "400 Bad Request", "did not arrive whole"), (True, "503 Service Unavailable", "Many people are here")],
)
def test_who_is_refused_at_the_door_gets_a_page_a_fragment_or_a_line(busy, status, words):
    for headers, kind in (({"Accept": "text/html,*/*"}, "page"), (HTMX, "fragment"), ({"Accept": "*/*"}, "line")):
        said, told, body = refused_at_the_door(headers, busy=busy)
        assert said == status
        assert words in body
        assert int(told["Content-Length"]) == len(body.encode())
        assert (told["Retry-After"], told["Cache-Control"]) == ("5", "no-store")
        assert "default-src 'none'" in told["Content-Security-Policy"]
        assert ('<link rel="stylesheet" href="/static/app.css">' in body) is (kind == "page")
        assert told.get("HX-Retarget") == ("#notice" if kind == "fragment" else None)
        assert told["Content-Type"] == f"text/{'plain' if kind == 'line' else 'html'}; charset=utf-8"
