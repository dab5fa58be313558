"""What is believed of a request: our own address alone, the proxies that were counted, and nothing in the log."""

import hmac
import logging

import pytest

from gatherings.web.requests import absolute, asking_network, network_of
from gatherings.web.rights import by_link, public
from tests.databases import BASE_URL
from tests.factories import make_event

pytestmark = pytest.mark.one_database("of what a request says about itself")

ELSEWHERE = "evil.example.org"


@pytest.fixture
def trial(make_another):
    """An application that says what it sees of a request."""

    def make(**settings: str):
        app = make_another(**settings)
        app.add_url_rule("/network", "network", public(lambda: asking_network()))
        app.add_url_rule("/absolute", "absolute_path", public(lambda: absolute("/somewhere")))
        app.add_url_rule("/mine/<token>", "mine", by_link("manage")(lambda token: "mine"))
        return app.test_client()

    return make


@pytest.mark.parametrize("host", [ELSEWHERE, "gatherings.test.example.org", "xgatherings.test", "127.0.0.1", "a b"])
def test_a_foreign_host_is_400_and_leaves_no_trace(client, host):
    """C19. Without a trusted host there is no page, no form, no calendar."""
    for path in ("/", "/privacy", "/nothing", "/robots.txt"):
        found = client.get(path, headers={"Host": host})
        assert found.status_code == 400
        assert "could not read" in found.text
        assert "example.org" not in found.text.replace("gatherings.example.org", "")


def test_our_own_host_is_taken_with_and_without_its_port(make_another):
    for base_url, host, status in (
        ("http://gatherings.test:8000", "gatherings.test:8000", 200),
        ("http://gatherings.test:8000", "gatherings.test", 200),
        ("http://127.0.0.1:8000", "localhost:8000", 200), ("http://127.0.0.1:8000", "127.0.0.1:8000", 200),
        ("http://127.0.0.1:8000", ELSEWHERE, 400),
    ):  # fmt: skip
        client = make_another(BASE_URL=base_url).test_client()
        assert client.get("/privacy", headers={"Host": host}).status_code == status


FORGED = {
    "X-Forwarded-Host": ELSEWHERE, "X-Forwarded-Proto": "gopher", "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Port": "6666", "X-Forwarded-Prefix": f"/{ELSEWHERE}", "Forwarded": f"for=203.0.113.9;host={ELSEWHERE}",
    "X-Original-URL": "/privacy", "X-Rewrite-URL": "/privacy", "X-Host": ELSEWHERE, "X-Real-IP": "203.0.113.9",
}  # fmt: skip


def test_without_counted_proxies_nothing_forwarded_leaves_a_trace(session, client):
    event = make_event(session)
    for path in ("/", f"/events/{event.slug}", f"/events/{event.slug}/event.ics", "/nothing"):
        plain, forged = client.get(path), client.get(path, headers=FORGED)
        assert forged.status_code == plain.status_code
        assert ELSEWHERE not in forged.text + str(forged.headers)
        assert forged.data == plain.data


def keyed(client, address):
    """The network of an address as the app knows it: a digest that only its own key can make."""
    key = client.application.config["GATHERINGS"].secret_keys[0].encode()
    return hmac.new(key, network_of(address).encode(), "sha256").hexdigest()


def test_who_asks_is_the_other_end_of_the_line_and_not_what_it_says(trial):
    client = trial()
    assert client.get("/network", headers=FORGED).text == client.get("/network").text == keyed(client, "127.0.0.1")


@pytest.mark.parametrize(
    ("count", "forwarded", "seen"),
    [("0", "203.0.113.9", "127.0.0.1"), ("1", "203.0.113.9", "203.0.113.9"),
     ("1", "192.0.2.1, 203.0.113.9", "203.0.113.9"),
     ("2", "192.0.2.1, 203.0.113.9", "192.0.2.1"), ("2", "203.0.113.9", "127.0.0.1"), ("1", "", "127.0.0.1")],
)  # fmt: skip
def test_as_many_proxies_are_believed_as_were_counted(trial, count, forwarded, seen):
    client = trial(PROXY_COUNT=count)
    assert client.get("/network", headers={"X-Forwarded-For": forwarded}).text == keyed(client, seen)


def test_a_counted_proxy_may_not_bring_a_foreign_host(trial):
    client = trial(PROXY_COUNT="1")
    assert client.get("/privacy", headers={"X-Forwarded-Host": "gatherings.test"}).status_code == 200
    assert client.get("/privacy", headers={"X-Forwarded-Host": ELSEWHERE}).status_code == 400


def test_addresses_for_mails_come_from_base_url_alone(trial):
    assert trial().get("/absolute", headers=FORGED).text == f"{BASE_URL}/somewhere"
    proxied = trial(PROXY_COUNT="1", BASE_URL="https://gatherings.test")
    headers = {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "gatherings.test"}
    assert proxied.get("/absolute", headers=headers).text == "https://gatherings.test/somewhere"


def test_networks_of_ipv6_are_sixty_four_bits_wide():
    one, other = network_of("2001:db8:1:2::1"), network_of("2001:db8:1:2:ffff::9")
    assert one == other != network_of("2001:db8:1:3::1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")


def test_a_network_is_a_digest_and_junk_is_one_network():
    assert "192.0.2.1" not in network_of("192.0.2.1")
    assert len(network_of("192.0.2.1")) == 64
    junk = (None, "", "unknown", "1.2.3", "x" * 9999, "1.2.3.4:80", "\x00")
    assert {network_of(each) for each in junk} == {network_of("0.0.0.0")}


def test_each_answer_has_an_id_of_its_own(client):
    ids = [client.get("/privacy").headers["X-Request-Id"] for _ in range(5)]
    assert len(set(ids)) == 5
    assert {len(each) for each in ids} == {12}


def test_the_log_holds_the_rule_and_never_a_token_or_an_address(trial, caplog):
    client = trial()
    with caplog.at_level(logging.INFO, logger="gatherings.requests"):
        client.get("/mine/very-secret-token?email=ada@example.org")
        client.get("/nothing/very-secret-path")
    assert len(caplog.records) == 2
    assert "GET /mine/<token> 200" in caplog.text
    assert "GET - 404" in caplog.text
    for word in ("very-secret", "ada", "127.0.0.1"):
        assert word not in caplog.text
