"""Who may send us a form: only our own pages, and machines where it is declared."""

import pytest
from flask import Flask

from gatherings.web.rights import machine, public
from tests.databases import BASE_URL

pytestmark = pytest.mark.one_database("of headers and methods: the database is not asked")

SENTENCE = "Your browser did not say that this form comes from our own page, so nothing was changed."
WRITING = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def trial(make_another) -> Flask:
    """An application with a form of its own, and a door for machines."""
    app = make_another()
    app.add_url_rule("/form", "form", public(lambda: "done"), methods=["GET", *WRITING])
    app.add_url_rule("/door", "door", machine(lambda: "done"), methods=["GET", *WRITING])
    return app


@pytest.fixture
def ask(trial):
    """Send a request with exactly these headers."""
    client = trial.test_client()
    client.fetch_site = None

    def send(path: str = "/form", method: str = "POST", **headers: str):
        return client.open(
            path, method=method, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    return send


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"Sec_Fetch_Site": "same-origin"}, True),
        ({"Sec_Fetch_Site": "cross-site"}, False),
        ({"Sec_Fetch_Site": "same-site"}, False),
        ({"Sec_Fetch_Site": "none"}, False),
        ({"Sec_Fetch_Site": ""}, False),
        ({"Sec_Fetch_Site": "Same-Origin"}, False),
        ({"Origin": BASE_URL}, True),
        ({"Origin": f"{BASE_URL}/"}, False),
        ({"Origin": f"{BASE_URL}:8000"}, False),
        ({"Origin": f"{BASE_URL}.example.org"}, False),
        ({"Origin": BASE_URL.replace("http:", "https:")}, False),
        ({"Origin": "http://elsewhere.example.org"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({}, False),
        ({"Referer": f"{BASE_URL}/form"}, False),  # a referrer is no origin: it can be left out by whoever links
        # What a browser says of itself counts more than an origin that fits.
        ({"Sec_Fetch_Site": "cross-site", "Origin": BASE_URL}, False),
        ({"Sec_Fetch_Site": "same-origin", "Origin": "http://elsewhere.example.org"}, True),
    ],
)
@pytest.mark.parametrize("method", WRITING)
def test_a_writing_request_is_taken_from_our_own_pages_alone(ask, method, headers, taken):
    answer = ask(method=method, **headers)
    assert answer.status_code == (200 if taken else 403)
    assert (SENTENCE in answer.text) is not taken


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "same-origin"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_is_free(ask, method, site):
    assert ask(method=method, Sec_Fetch_Site=site).status_code == 200
    assert ask(method=method, Origin="http://elsewhere.example.org").status_code == 200


def test_a_machines_door_asks_for_no_origin(ask):
    assert ask("/door").status_code == 200
    assert ask("/door", Sec_Fetch_Site="cross-site").status_code == 200


def test_the_origin_of_a_page_that_is_not_there_is_asked_for_too(ask):
    assert ask("/nothing").status_code == 403
    assert ask("/nothing", Sec_Fetch_Site="same-origin").status_code == 404


def test_refusal_is_a_fragment_under_htmx(ask):
    answer = ask(HX_Request="true", Sec_Fetch_Site="cross-site")
    assert answer.status_code == 403
    assert SENTENCE in answer.text
    assert "<html" not in answer.text


def test_no_cookie_is_needed_or_set(ask):
    answer = ask(Sec_Fetch_Site="same-origin")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("base_url", "origin"),
    [("https://example.org:443", "https://example.org"), ("HTTPS://Example.ORG/", "https://example.org"),
     ("http://example.org:8000", "http://example.org:8000")],
)  # fmt: skip
def test_base_url_is_compared_as_browsers_write_an_origin(make_another, base_url, origin):
    app = make_another(BASE_URL=base_url)
    app.add_url_rule("/form", "form", public(lambda: "done"), methods=["POST"])
    client = app.test_client()
    client.fetch_site = None
    assert client.post("/form", base_url=origin, headers={"Origin": origin}).status_code == 200


def test_every_form_of_ours_refuses_other_sites(app):
    """Each view that takes a POST and is not declared for machines."""
    client = app.test_client()
    tried = 0
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or app.view_functions[rule.endpoint].right == "machine":
            continue
        path = rule.rule
        for converter, name in (("int:", argument) for argument in rule.arguments):
            path = path.replace(f"<{converter}{name}>", "1").replace(f"<{name}>", "x")
        answer = client.post(path, headers={"Sec-Fetch-Site": "cross-site"})
        assert (path, answer.status_code) == (path, 403)
        tried += 1
    assert tried >= 5
