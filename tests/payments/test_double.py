"""The double keeps Stripe's own rules, so that what passes here would pass there; and does what tests ask of it."""

import http.server
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import stripe

from gatherings.config import Stripe
from gatherings.core.clock import utc_now
from gatherings.double import Chaos, Double, Past, remember
from gatherings.double.objects import kinds
from gatherings.double.params import BadParams, checked, nested
from gatherings.payments.providers.stripe import StripeProvider
from tests.stripe_double import double  # noqa: F401 (a fixture)

LINE: dict[str, Any] = {
    "quantity": 1,
    "price_data": {"currency": "sek", "unit_amount": 650_000, "product_data": {"name": "A day"}},
}


def session_params(**values):
    return {
        "mode": "payment", "line_items": [LINE], "success_url": "https://x.test/ok", "cancel_url": "https://x.test/no",
        **values,
    }  # fmt: skip


@pytest.fixture
def client(double: Double) -> stripe.StripeClient:  # noqa: F811
    return stripe.StripeClient(double.api.key, base_addresses={"api": double.url})


def soon(**time: float) -> int:
    return int((utc_now() + timedelta(**time)).timestamp())


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"ui_mode": "hosted"}, "ui_mode"),
    ({"colour": "red"}, "colour"),
    ({"mode": "gift"}, "mode"),
    ({"locale": "tlh"}, "locale"),
    ({"line_items": []}, "line_items"),
    ({"line_items": [{**LINE, "quantity": "two"}]}, "line_items[0][quantity]"),
    ({"line_items": [{**LINE, "amount": 5}]}, "line_items[0][amount]"),
    ({"line_items": [{**LINE, "price_data": {"unit_amount": 5}}]}, "line_items[0][price_data][currency]"),
    ({"line_items": [LINE, {**LINE, "price_data": {**LINE["price_data"], "currency": "eur"}}]}, "line_items"),
    ({"line_items": [{**LINE, "price_data": {**LINE["price_data"], "unit_amount": 2}}]}, "line_items"),
    ({"line_items": [{**LINE, "price_data": {**LINE["price_data"], "currency": "isk", "unit_amount": 900_050}}]},
     "line_items[0][price_data][unit_amount]"),
    ({"line_items": [{**LINE, "price_data": {**LINE["price_data"], "currency": "kwd", "unit_amount": 12_345}}]},
     "line_items[0][price_data][unit_amount]"),
    ({"expires_at": "tomorrow"}, "expires_at"),
    ({"expires_at": soon(minutes=20)}, "expires_at"),
    ({"expires_at": soon(hours=25)}, "expires_at"),
    ({"customer_email": "nobody"}, "customer_email"),
    ({"success_url": "/orders/x"}, "success_url"),
    ({"adaptive_pricing": {"enabled": "maybe"}}, "adaptive_pricing[enabled]"),
]  # fmt: skip


def test_what_stripe_would_refuse_is_refused_and_makes_nothing(client, double):  # noqa: F811
    for values, param in REFUSED:
        with pytest.raises(stripe.InvalidRequestError) as raised:
            client.v1.checkout.sessions.create(session_params(**values))
        assert raised.value.param == param, values
    assert double.books.table("checkout.session") == {}
    client.v1.checkout.sessions.create(session_params(expires_at=soon(minutes=31)))
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.create({"name": "Ada"})  # nothing that we do not use


def test_names_that_are_no_names():
    for pairs in ([("a b", "1")], [("a", "1"), ("a[b]", "2")], [("a[0", "1")]):
        with pytest.raises(BadParams):
            nested(pairs)
    with pytest.raises(BadParams):
        checked(nested([("metadata[a][b]", "1")]), stripe.params.RefundCreateParams)
    assert checked(nested([("metadata[a]", "1"), ("amount", "5")]), stripe.params.RefundCreateParams) == {
        "metadata": {"a": "1"}, "amount": 5,
    }  # fmt: skip


def test_what_it_answers_has_every_field_that_the_sdk_knows_and_no_other(client, double):  # noqa: F811
    double.serves("https://x.test")
    made = client.v1.checkout.sessions.create(session_params())
    double.books.pay(made.id)
    intent = double.books.find("checkout.session", made.id)["payment_intent"]
    client.v1.refunds.create({"payment_intent": intent, "amount": 100})
    double.books.dispute(intent)
    rows = [double.books.account, *double.notices.events.values(), *double.notices.endpoints.values()]
    rows += [row for kind, table in double.books.rows.items() if kind != "asked" for row in table.values()]
    assert {row["object"] for row in rows} == set(kinds())
    for row in rows:
        known = set(kinds()[row["object"]].__annotations__) - {"OBJECT_NAME"}
        assert set(row) <= known
        assert known - set(row) <= {"deleted", "secret", "account", "context", "line_items"}


def test_keys_are_kept_with_what_was_asked(client, double):  # noqa: F811
    options = {"idempotency_key": "k"}
    first = client.v1.checkout.sessions.create(session_params(), options)
    assert client.v1.checkout.sessions.create(session_params(), options).id == first.id
    with pytest.raises(stripe.IdempotencyError):
        client.v1.checkout.sessions.create(session_params(mode="payment", locale="sv"), options)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.create(session_params(locale="tlh"), {"idempotency_key": "k2"})
    client.v1.checkout.sessions.create(session_params(locale="sv"), {"idempotency_key": "k2"})  # was not kept
    double.api.forget_keys()
    assert client.v1.checkout.sessions.create(session_params(), options).id != first.id


def test_at_once_with_one_key_makes_one_session(client, double):  # noqa: F811
    made: list[str] = []

    def create() -> None:
        retrying = stripe.StripeClient(double.api.key, base_addresses={"api": double.url}, max_network_retries=5)
        made.append(retrying.v1.checkout.sessions.create(session_params(), {"idempotency_key": "one"}).id)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


# --- the hosted page ---


class NoWay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args, **kwargs):
        return None


def ask(url: str, **form: str) -> tuple[int, str, str]:
    body = urllib.parse.urlencode(form).encode() if form else None
    try:
        with urllib.request.build_opener(NoWay, urllib.request.ProxyHandler({})).open(url, body, timeout=10) as answer:
            return answer.status, "", answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Location", ""), error.read().decode()


def test_pay_delay_decline_and_leave_on_the_hosted_page(client, double):  # noqa: F811
    first, second, third = (client.v1.checkout.sessions.create(session_params()) for _ in range(3))
    line = {**LINE, "price_data": {**LINE["price_data"], "product_data": {"name": "<script>Zoë & Sons</script>"}}}
    hostile = client.v1.checkout.sessions.create(session_params(line_items=[line]))
    status, _, page = ask(hostile.url)
    assert status == 200
    assert "&lt;script&gt;Zoë &amp; Sons&lt;/script&gt;" in page
    assert "<script" not in page
    assert "SEK 6500.00" in page
    assert "nobody is charged" in page
    assert 'href="https://x.test/no"' in page

    assert ask(first.url, act="pay")[:2] == (303, "https://x.test/ok")
    status, _, page = ask(first.url, act="pay")  # pressed twice
    assert (status, "You have paid here already." in page) == (200, True)
    assert len(double.books.table("charge")) == 1
    assert ask(second.url, act="delay")[:2] == (303, "https://x.test/ok")
    status, _, page = ask(third.url, act="decline")
    assert (status, "was declined" in page) == (200, True)
    double.books.expire_session(third.id)
    status, _, page = ask(third.url, act="pay")
    assert "too old" in page
    assert len(double.books.table("charge")) == 1
    assert ask(f"{double.url}/c/pay/cs_test_unknown")[0] == 404
    assert ask(f"{double.url}/elsewhere")[0] == 404


def test_whoever_tries_the_flow_moves_time_on(client, double):  # noqa: F811
    waiting, lost, old = (client.v1.checkout.sessions.create(session_params()).id for _ in range(3))
    double.books.delay(waiting)
    double.books.delay(lost)
    home = f"{double.url}/"
    assert "the money is on its way" in ask(home)[2]
    for act, about in (("arrive", waiting), ("fail", lost), ("expire", old)):
        assert ask(home, act=act, about=about)[0] == 303
    assert ask(home, act="arrive", about=waiting)[0] == 409  # it has arrived
    assert ask(home, act="nonsense", about=waiting)[0] == 303
    intent = double.books.find("checkout.session", waiting)["payment_intent"]
    refund = client.v1.refunds.create({"payment_intent": intent, "amount": 100}).id
    ask(home, act="refund_fails", about=refund)
    ask(home, act="dispute", about=intent)
    [dispute] = double.books.table("dispute")
    ask(home, act="lost", about=dispute)
    page = ask(home)[2]
    for words in ("disputed", "the money did not arrive", "expired: nothing was paid", "failed", "lost"):
        assert words in page
    kinds = [event["type"] for event in double.notices.events.values()]
    assert kinds == [
        "checkout.session.completed", "checkout.session.completed", "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed", "checkout.session.expired", "refund.created", "charge.refunded",
        "refund.failed", "refund.updated", "charge.dispute.created", "charge.dispute.closed",
    ]  # fmt: skip


# --- notices ---


class Ear(http.server.BaseHTTPRequestHandler):
    heard: list[tuple[str, str]]
    answers: list[int]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        stripe.WebhookSignature.verify_header(body, self.headers["Stripe-Signature"], "whsec_double_0123456789", 300)
        event = json.loads(body)
        self.heard.append((event["type"], event["id"]))
        self.send_response(self.answers.pop(0) if self.answers else 200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def ear() -> Iterator[tuple[str, type[Ear]]]:
    listening = type("Listening", (Ear,), {"heard": [], "answers": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), listening)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", listening
    server.shutdown()
    server.server_close()


def test_notices_are_held_then_sent_by_themselves_and_sent_again_until_taken(double, client, ear):  # noqa: F811
    url, listening = ear
    double.notices.endpoints.clear()
    double.serves(url)
    double.books.pay(client.v1.checkout.sessions.create(session_params()).id)
    assert listening.heard == []
    listening.answers += [503]
    double.notices.push()
    assert double.notices.wait(10)
    assert [kind for kind, _ in listening.heard] == ["checkout.session.completed"] * 2
    [event] = double.notices.events.values()
    assert event["pending_webhooks"] == 0


def test_chaos_doubles_loses_and_delays(double, client, ear):  # noqa: F811
    url, listening = ear
    double.notices.endpoints.clear()
    double.serves(url)
    double.notices.chaos = Chaos(doubled=0.3, lost=0.2, late=0.5, most_late=0.2, seed=4)
    double.notices.push()
    for _ in range(60):
        double.books.pay(client.v1.checkout.sessions.create(session_params()).id)
    assert double.notices.wait(20)
    ids = [event_id for _, event_id in listening.heard]
    assert 30 < len(set(ids)) < 60
    assert len(ids) > len(set(ids))
    order = list(double.notices.events)
    assert [order.index(each) for each in ids] != sorted(order.index(each) for each in ids)


def test_a_test_delivers_in_the_order_it_likes(double, client):  # noqa: F811
    session = client.v1.checkout.sessions.create(session_params()).id
    double.books.delay(session)
    double.books.settle(session)
    seen: list[str] = []

    def take(delivery) -> int:
        seen.append(delivery.kind)
        return 200 if len(seen) > 1 else 503

    assert double.deliver(take, order=lambda held: held[::-1]) == [503, 200]
    assert seen == ["checkout.session.async_payment_succeeded", "checkout.session.completed"]
    assert double.deliver(take) == [200]
    assert double.deliver(take) == []


def test_it_stops_at_once(double):  # noqa: F811
    double.notices.push()
    before = time.monotonic()
    double.stop()
    assert time.monotonic() - before < 1
    double.stop()


def test_what_was_paid_before_it_started_can_be_looked_at_and_given_back(client, double):  # noqa: F811
    at = utc_now() - timedelta(days=3)
    remember(double.books, [
        Past("pi_demo_1", "o" * 22, "MSF-1", 650_000, "SEK", at, (("re_demo_1", "R1", 100_000),)),
        Past("pi_demo_2", "p" * 22, "MSF-2", 9_000, "ISK", at),
    ])  # fmt: skip
    provider = StripeProvider(Stripe(double.api.key, double.secret, double.url), "http://gatherings.test")
    again = provider.refund(key="refund-R1", payment="pi_demo_1", amount=100_000, currency="SEK", ours="R1")
    assert (again.reference, again.state) == ("re_demo_1", "done")
    assert provider.refund(key="k", payment="pi_demo_1", amount=550_000, currency="SEK", ours="R2").state == "done"
    assert provider.refund(key="k2", payment="pi_demo_2", amount=9_000, currency="ISK", ours="R3").amount == 9_000
    rows = list(provider.books(at - timedelta(hours=1), at + timedelta(hours=1)))
    assert [(row.kind, row.reference, row.amount, row.order) for row in rows] == [
        ("payment", "pi_demo_2", 9_000, "p" * 22),
        ("refund", "re_demo_1", 100_000, ""),
        ("payment", "pi_demo_1", 650_000, "o" * 22),
    ]
