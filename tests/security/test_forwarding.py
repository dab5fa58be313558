"""Host and forwarding headers, redirects, cookies, logs: nothing that a visitor says of itself is believed."""

import logging
import re
from urllib.parse import urlsplit

import pytest

from gatherings.cli.logs import redact

EVIL = "evil.example.net"
ELSEWHERE = [
    f"https://{EVIL}/", f"//{EVIL}", f"/\\{EVIL}", f"\\\\{EVIL}", f"/\t/{EVIL}", "javascript:alert(1)",
    f"///{EVIL}", f"http:{EVIL}", f" //{EVIL}", f"/\n/{EVIL}", "/x\r\nSet-Cookie: a=b", f"/{chr(0)}/{EVIL}", "data:text/html,x",  # noqa: E501
    f"/\u2028/{EVIL}", "x" * 600, f"@{EVIL}", f".{EVIL}", f"//{EVIL}@gatherings.test", "/é", "", "/\\/" + EVIL,
]  # fmt: skip


@pytest.fixture
def visitor(demo):
    return demo.test_client(use_cookies=False)  # Werkzeug's own jar would replace the cookies that a test sends


@pytest.mark.one_database("refused before the database is asked")
@pytest.mark.parametrize("host", [EVIL, f"{EVIL}:80", f"gatherings.test.{EVIL}", f"x@{EVIL}", "gatherings.test, x", "[::1]", "a b",  # noqa: E501
                                  "gatherings.test\\@x", "GATHERINGS.test#x"])  # fmt: skip
def test_a_host_that_is_not_ours_is_refused_everywhere(town, visitor, host):
    before = town.books()
    for door in town.doors():
        for method in ("GET", "POST") if door.posts else ("GET",):
            answer = visitor.open(door.path, method=method, headers={"Host": host}, data={"email": "ada@example.org"})
            assert answer.status_code in (400, 403), (door, host)
            assert EVIL not in answer.text
            assert EVIL not in str(answer.headers)
    assert town.books() == before


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https", "X-Forwarded-Port": "444"},
        {"X-Original-URL": "/privacy", "X-Rewrite-URL": "/privacy", "X-Forwarded-Prefix": "/evil"},
        {"Forwarded": f"host={EVIL};proto=https", "X-Host": EVIL, "X-Forwarded-Server": EVIL},
        {"Referer": f"https://{EVIL}/", "Origin": "http://gatherings.test", "HX-Current-URL": f"https://{EVIL}/"},
    ],
    ids=["forwarded", "rewritten", "standard", "referer"],
)
def test_what_is_said_of_other_hosts_leaves_no_trace(town, visitor, session, headers):
    """C19, C31: neither in a page, nor in what is kept of it, nor in mail."""

    def same(data):  # each form of a call has a key of its own
        return re.sub(rb'(name="(?:draft|writer|key)" value=")[^"]*', rb"\1", data)

    for door in town.doors():
        if "GET" not in door.rule.methods or "/readyz" in door.path:
            continue
        plain = visitor.get(door.path)
        told = visitor.get(door.path, headers=headers)
        assert told.status_code == plain.status_code, door
        assert EVIL.encode() not in told.data
        assert EVIL not in str(told.headers)
        assert b"https://gatherings.test" not in told.data
        if door.rule.rule not in ("/healthz",):
            assert same(told.data) == same(plain.data) or b"exported_at" in told.data, door
    body = {"name": "Bo", "email": "bo@example.org", "zone": "UTC", "wish": "online", "code_agreed": "yes"}
    assert visitor.post(f"/events/{town.event.slug}/register", data=body, headers=headers).status_code == 303
    assert visitor.post("/my-data", data=body, headers=headers).status_code == 303
    assert EVIL not in repr(town.books())


@pytest.mark.one_database("of addresses and cookies")
@pytest.mark.parametrize("target", ELSEWHERE, ids=ascii)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_the_choice_of_a_clock_leads_on_to_our_own_pages_alone(client, target, headers):
    """C18."""
    for zone in ("Pacific/Auckland", ""):
        answer = client.post("/zone", data={"zone": zone, "next": target}, headers=headers)
        to = answer.headers.get("HX-Redirect") or answer.headers["Location"]
        assert to == "/"
        assert answer.status_code in (200, 303)
    page = client.get("/zones", query_string={"next": target, "q": "auckland"})
    assert page.status_code == 200
    for value in re.findall(r'name="next" value="([^"]*)"', page.text) + re.findall(
        r'href="([^"]*)">Go back', page.text
    ):
        assert value == "/"


@pytest.mark.one_database("of addresses and cookies")
@pytest.mark.parametrize("path", [f"//{EVIL}/events", f"//{EVIL}", f"/{EVIL}//x", f"///{EVIL}/..", f"/\\{EVIL}", f"//{EVIL}/%2e%2e/zones",  # noqa: E501
                                  f"/zones//{EVIL}", "/events//x"])  # fmt: skip
def test_odd_paths_lead_nowhere_else(client, path):
    answer = client.open(path, base_url="http://gatherings.test", method="GET")
    if 300 <= answer.status_code < 400:
        to = urlsplit(answer.location)
        assert to.netloc in ("", "gatherings.test")
        assert not answer.location.startswith("//")
    else:
        assert answer.status_code in (400, 404)


def test_the_clock_that_one_chose_is_the_only_cookie(town, visitor):
    """C27: and it holds nothing but the zone's own name."""
    for door in town.doors():
        if door.rule.rule == "/zone":
            continue
        signs_in = door.purpose in ("sign-in", "invitation")  # a press there gives organisers their session
        for method in ("GET", "POST") if door.posts and not signs_in else ("GET",):
            answer = visitor.open(
                door.path, method=method, data={"email": "x"}, headers={"Cookie": "session=x; zone=Mars"}
            )
            assert "Set-Cookie" not in answer.headers, door
    answer = visitor.post("/zone", data={"zone": "asia/calcutta", "next": "/zones"})
    [cookie] = answer.headers.getlist("Set-Cookie")
    parts = cookie.split("; ")
    assert parts[0] == "zone=Asia/Kolkata"
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(parts)
    for zone in (
        "Mars/Olympus",
        "Europe/London\r\nSet-Cookie: a=b",
        "x" * 9000,
        "\x00",
        "<script>",
        "Europe/London; Domain=x",
    ):
        answer = visitor.post("/zone", data={"zone": zone})
        assert answer.status_code == 422
        assert "Set-Cookie" not in answer.headers


def test_over_tls_the_cookie_stays_there(make_another):
    client = make_another(BASE_URL="https://gatherings.test").test_client()
    answer = client.post("/zone", data={"zone": "UTC"}, base_url="https://gatherings.test")
    assert "; Secure;" in answer.headers["Set-Cookie"]
    assert "max-age=" in answer.headers["Strict-Transport-Security"]


@pytest.mark.one_database("of addresses and cookies")
@pytest.mark.parametrize(
    "zone", ["<script>alert(1)</script>", "\x00", "x" * 5000, "Europe/../../etc/passwd", "é" * 300, "%s%n"]
)
def test_a_zone_that_is_none_shows_nowhere(town, visitor, zone):
    """In the address, in the cookie, in the header: read or ignored, never kept for others, never shown."""
    plain = {path: visitor.get(path).data for path in ("/", "/zones", f"/events/{town.event.slug}")}
    for path, page in plain.items():
        asked = visitor.get(path, query_string={"zone": zone})
        assert asked.status_code == 200
        assert b"<script>alert" not in asked.data
        if "\x00" not in zone and zone.isascii():
            safe = zone.replace("<", "%3C").replace(">", "%3E")
            told = visitor.get(path, headers={"Cookie": f"zone={safe}", "X-Visitor-Zone": safe})
            assert safe not in told.text
            assert told.data == page or path == "/zones"  # which offers to forget whatever was chosen
        assert visitor.get(path).data == page


def test_no_line_of_the_log_holds_a_token_an_address_or_a_name(town, visitor, caplog):
    """C25: at the finest level, with every view opened, pressed, and refused."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("gatherings.requests").setLevel(logging.DEBUG)
    form = {
        "name": "Zebulon Marker",
        "email": "zebulon@example.org",
        "zone": "UTC",
        "wish": "room",
        "code_agreed": "yes",
    }
    for door in town.doors():
        for method in ("GET", "POST", "PUT"):
            visitor.open(f"{door.path}?token={'s' * 43}", method=method, data=form)
        visitor.get(door.path[:-1] + "%00")
    lines = [redact(caplog.handler.format(record)) for record in caplog.records]
    text = "\n".join(lines)
    assert len(lines) > 100
    for secret in (*town.tokens.values(), town.values["secret"], "s" * 43, "zebulon", "Zebulon", "ada@example.org"):
        assert secret not in text


def test_a_database_error_does_not_write_what_was_typed_into_the_log(app, engine):
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    with engine.connect() as connection, pytest.raises(DBAPIError) as refused:
        connection.execute(text("INSERT INTO nothing VALUES (:name)"), {"name": "Zebulon Marker"})
    assert "Zebulon" not in str(refused.value)
