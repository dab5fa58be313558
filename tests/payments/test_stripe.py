"""Stripe as a provider: the real SDK over HTTP to the double, which checks each request against the SDK's own types."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe

from gatherings.config import Stripe
from gatherings.core.clock import utc_now
from gatherings.double import Double
from gatherings.payments.providers import Asked, Away, BadSignature, Missing, Refused, Sold
from gatherings.payments.providers.stripe import EVENTS, StripeProvider
from gatherings.payments.providers.stripe_page import language_of
from tests.databases import BASE_URL
from tests.stripe_double import double  # noqa: F401 (a fixture)


@pytest.fixture
def provider(double: Double) -> StripeProvider:  # noqa: F811
    return StripeProvider(Stripe(double.api.key, double.secret, double.url, timeout=1), BASE_URL)


def asked(key: str = "order-1-1", *, currency: str = "SEK", lines: tuple[Sold, ...] = (), **values: object) -> Asked:
    sold = lines or (Sold("Three days", 690_625), Sold("A day: Zoë & Sons <3", 312_500, 2))
    total = sum(line.amount * line.count for line in sold)
    made = Asked(
        key=key, order="o" * 22, reference="MSF-7F3K", amount=total, currency=currency, lines=sold,
        address="ada@example.org", language="sv", success_url=f"{BASE_URL}/orders/t?back=paid",
        cancel_url=f"{BASE_URL}/orders/t?back=left", expires_at=utc_now() + timedelta(minutes=40),
    )  # fmt: skip
    return replace(made, **values)  # type: ignore[arg-type]


def test_a_session_asks_for_the_orders_own_sum_and_no_more_than_is_needed(provider, double):  # noqa: F811
    seen = provider.start(asked())
    assert (seen.state, seen.paid, seen.failed, seen.amount, seen.currency) == ("open", False, False, 1_315_625, "SEK")
    assert seen.order == "o" * 22
    assert seen.url == f"{double.url}/c/pay/{seen.session_id}"
    [(method, path, params)] = double.api.requests
    assert (method, path) == ("POST", "/v1/checkout/sessions")
    assert params["mode"] == "payment"
    assert params["client_reference_id"] == params["metadata"]["order"] == "o" * 22
    assert (
        params["payment_intent_data"]["metadata"] == params["metadata"] == {"order": "o" * 22, "reference": "MSF-7F3K"}
    )
    assert [line["price_data"]["unit_amount"] for line in params["line_items"]] == [690_625, 312_500]
    assert [line["quantity"] for line in params["line_items"]] == [1, 2]
    assert params["line_items"][1]["price_data"]["product_data"]["name"] == "A day: Zoë & Sons <3"
    assert params["locale"] == "sv"
    assert params["adaptive_pricing"] == {"enabled": False}
    assert "payment_method_types" not in params  # what the account offers


def test_asked_again_with_the_same_key_it_is_the_same_session(provider, double):  # noqa: F811
    first = asked()
    sessions = {provider.start(first).session_id for _ in range(3)}
    assert len(sessions) == 1
    assert len(double.books.table("checkout.session")) == 1
    with pytest.raises(Refused):  # the same key for something else is a fault of ours, never a second session
        provider.start(asked(lines=(Sold("Other", 50_000),)))
    assert provider.start(asked("order-1-2")).session_id not in sessions


@pytest.mark.parametrize("fault", ["after", "lost", "cut"])
def test_an_answer_that_is_lost_leaves_one_session(provider, double, fault):  # noqa: F811
    """The line is cut: the SDK asks again with the key. A 500 after the deed: we ask again, and find it."""
    double.faults.add(fault, "POST /v1/checkout")
    first = asked()
    try:
        seen = provider.start(first)
    except Away:
        assert fault == "after"
        seen = provider.start(first)
    assert provider.look(seen.session_id).state == "open"
    assert len(double.books.table("checkout.session")) == 1


def test_paid_delayed_failed_expired(provider, double):  # noqa: F811
    ids = [provider.start(asked(f"k{at}")).session_id for at in range(5)]
    double.books.pay(ids[0])
    seen = provider.look(ids[0])
    assert (seen.state, seen.paid, seen.failed, seen.amount) == ("complete", True, False, 1_315_625)
    assert seen.payment is not None
    assert seen.payment.startswith("pi_")
    assert seen.paid_at is not None
    assert abs(seen.paid_at - utc_now()) < timedelta(minutes=1)
    assert seen.url is None

    double.books.delay(ids[1])
    waiting = provider.look(ids[1])
    assert (waiting.state, waiting.paid, waiting.failed) == ("complete", False, False)
    double.books.settle(ids[1], paid=True)
    assert provider.look(ids[1]).paid
    double.books.delay(ids[2])
    double.books.settle(ids[2], paid=False)
    failed = provider.look(ids[2])
    assert (failed.state, failed.paid, failed.failed) == ("complete", False, True)

    double.books.decline(ids[3])
    declined = provider.look(ids[3])
    assert (declined.state, declined.paid, declined.failed) == ("open", False, False)
    assert provider.expire(ids[3]).state == "expired"
    assert provider.expire(ids[3]).state == "expired"  # told how it stands, whatever it is
    assert provider.expire(ids[0]).paid

    # Stripe's own clock ends them too.
    double.books.find("checkout.session", ids[4])["expires_at"] = int(utc_now().timestamp()) - 1
    assert provider.look(ids[4]).state == "expired"


def test_what_really_came_counts(provider, double):  # noqa: F811
    session = provider.start(asked()).session_id
    double.books.pay(session, amount=100, currency="eur")
    seen = provider.look(session)
    assert (seen.paid, seen.amount, seen.currency) == (True, 100, "EUR")


@pytest.mark.parametrize(
    ("currency", "ours", "theirs"),
    [("SEK", 650_000, 650_000), ("GBP", 999, 999), ("JPY", 1200, 1200), ("KWD", 12_340, 12_340),
     ("ISK", 9_000, 900_000), ("UGX", 5_000, 500_000), ("MGA", 5_000_00, 5_000)],
)  # fmt: skip
def test_each_currency_is_written_as_stripe_writes_it(provider, double, currency, ours, theirs):  # noqa: F811
    """There, at the price, in the sum; and back, from the session, the refund, a dispute and the books."""
    session = provider.start(asked(currency=currency, lines=(Sold("One", ours),))).session_id
    assert double.books.find("checkout.session", session)["amount_total"] == theirs
    double.books.pay(session)
    seen = provider.look(session)
    assert (seen.amount, seen.currency) == (ours, currency)
    refund = provider.refund(key="r1", payment=seen.payment, amount=ours // 2, currency=currency, ours="R1")
    assert (refund.amount, refund.currency) == (ours // 2, currency)
    dispute = provider.look_dispute(double.books.dispute(seen.payment)["id"])
    assert (dispute.amount, dispute.currency) == (ours, currency)
    rows = list(provider.books(utc_now() - timedelta(hours=1), utc_now() + timedelta(hours=1)))
    assert {(row.kind, row.amount, row.currency) for row in rows} == {
        ("payment", ours, currency), ("refund", ours // 2, currency), ("dispute", ours, currency),
    }  # fmt: skip


def test_what_no_card_can_pay_is_refused_before_anything_is_asked(provider, double):  # noqa: F811
    for currency, amount in (("KWD", 12_345), ("MGA", 150)):
        with pytest.raises(Refused):
            provider.start(asked(currency=currency, lines=(Sold("One", amount),)))
    assert double.api.requests == []
    for amount in (299, 100_000_000):  # Stripe's own least and most
        with pytest.raises(Refused):
            provider.start(asked(lines=(Sold("One", amount),)))


def test_an_address_that_stripe_cannot_read_keeps_nobody_from_paying(provider, double):  # noqa: F811
    first = asked(address="zoë@exämple.org")
    seen = provider.start(first)
    assert provider.start(first).session_id == seen.session_id
    [made] = double.books.table("checkout.session").values()
    assert made["customer_email"] is None


def test_a_hundred_lines_and_more_become_one(provider, double):  # noqa: F811
    provider.start(asked(lines=tuple(Sold(f"Person {at}", 1000) for at in range(101))))
    [line] = double.api.requests[0][2]["line_items"]
    assert (line["price_data"]["product_data"]["name"], line["price_data"]["unit_amount"]) == ("MSF-7F3K", 101_000)


def test_away_is_not_refused(provider, double):  # noqa: F811
    """Stripe asks us to wait, breaks, hangs or is not there; and wrong keys lose nothing."""
    double.faults.add("429", "POST", seconds=17)
    with pytest.raises(Away) as raised:
        provider.start(asked())
    assert raised.value.after == 17
    double.faults.add("500", "POST")
    with pytest.raises(Away):
        provider.start(asked())
    double.faults.add("hang", "POST", times=3, seconds=1.5)
    with pytest.raises(Away):
        provider.start(asked("slow"))
    double.faults.clear()
    key, double.api.key = double.api.key, "sk_test_another_key_that_is_right"
    with pytest.raises(Away) as raised:
        provider.look("cs_test_1")
    assert raised.value.after == 300
    double.api.key = key
    with pytest.raises(Missing):
        provider.look("cs_test_unknown")
    double.stop()
    with pytest.raises(Away):
        provider.look("cs_test_1")


def test_while_stripe_hangs_other_threads_are_not_kept(double):  # noqa: F811
    provider = StripeProvider(Stripe(double.api.key, double.secret, double.url, timeout=4), BASE_URL, at_once=1)
    double.faults.add("hang", "GET /v1/checkout/sessions/cs_test_slow", seconds=3)
    results: list[str] = []

    def look() -> None:
        try:
            provider.look("cs_test_slow")
        except Missing:
            results.append("missing")

    thread = threading.Thread(target=look)
    thread.start()
    while provider._free.acquire(blocking=False):  # until the other thread has it
        provider._free.release()
    with pytest.raises(Away) as raised:
        provider.look("cs_test_slow")
    assert raised.value.after == 5
    thread.join()
    assert results == ["missing"]


# --- money back ---


@pytest.fixture
def payment(provider, double) -> str:  # noqa: F811
    session = provider.start(asked()).session_id
    double.books.pay(session)
    return str(provider.look(session).payment)


def refund(provider, payment: str, amount: int = 1000, ours: str = "R1"):
    return provider.refund(key=f"refund-{ours}", payment=payment, amount=amount, currency="SEK", ours=ours)


def test_a_refund_is_made_once_however_often_it_is_asked(provider, double, payment):  # noqa: F811
    first = refund(provider, payment)
    assert (first.state, first.amount, first.payment, first.ours) == ("done", 1000, payment, "R1")
    assert refund(provider, payment) == first
    double.api.forget_keys()  # a day later
    assert refund(provider, payment) == first
    assert len(double.books.table("refund")) == 1
    assert refund(provider, payment, ours="R2").reference != first.reference
    assert provider.look_refund(first.reference) == first


@pytest.mark.parametrize("fault", ["after", "lost", "500"])
def test_a_refund_whose_answer_is_lost_is_found_again(provider, double, payment, fault):  # noqa: F811
    double.faults.add(fault, "POST /v1/refunds")
    try:
        refund(provider, payment)
    except Away:
        refund(provider, payment)
    assert [row["amount"] for row in double.books.table("refund").values()] == [1000]


def test_a_refund_goes_on_its_way_fails_and_is_refused(provider, double, payment):  # noqa: F811
    double.books.refunds_become = "pending"
    sent = refund(provider, payment)
    assert sent.state == "sent"
    double.books.settle_refund(sent.reference, done=False)
    failed = provider.look_refund(sent.reference)
    assert (failed.state, failed.error) == ("failed", "expired_or_canceled_card")
    double.books.refunds_become = "succeeded"
    with pytest.raises(Refused):
        refund(provider, payment, 99_999_999, "R2")
    refund(provider, payment, 1_315_625, "R3")
    with pytest.raises(Refused, match="already been refunded"):
        refund(provider, payment, 1, "R4")
    double.books.refunds_become = "!Insufficient funds in your Stripe account."


def test_a_dispute(provider, double, payment):  # noqa: F811
    opened = double.books.dispute(payment, amount=5000, reason="product_not_received")
    told = provider.look_dispute(opened["id"])
    assert (told.payment, told.amount, told.reason, told.state) == (
        payment,
        5000,
        "product_not_received",
        "needs_response",
    )
    assert told.answer_by is not None
    assert not told.closed
    double.books.close_dispute(opened["id"], won=True)
    assert provider.look_dispute(opened["id"]).closed


def test_the_books_have_every_movement_of_their_time_and_no_failed_refund(provider, double, payment):  # noqa: F811
    for at in range(120):
        session = provider.start(asked(f"b{at}", order=f"order-{at}")).session_id
        double.books.pay(session)
    lasting, failing = refund(provider, payment, ours="R1"), refund(provider, payment, ours="R2")
    double.books.settle_refund(failing.reference, done=False)
    dispute = double.books.dispute(payment)
    double.books.close_dispute(dispute["id"], won=True)
    now = utc_now()
    rows = list(provider.books(now - timedelta(hours=1), now + timedelta(hours=1)))
    payments = [row for row in rows if row.kind == "payment"]
    assert len(payments) == 121  # over two pages
    assert {f"order-{at}" for at in range(120)} < {row.order for row in payments}
    assert {row.fee for row in payments} == {19_734}
    assert [row.reference for row in rows if row.kind == "refund"] == [lasting.reference]
    assert sum(row.amount for row in rows if row.kind == "dispute") == 0
    assert list(provider.books(now - timedelta(hours=3), now - timedelta(hours=2))) == []


def test_a_fee_in_another_currency_is_turned_back():
    from gatherings.payments.providers.stripe_books import booked

    row = {"id": "txn", "type": "charge", "amount": 9_000, "currency": "sek", "fee": 270, "exchange_rate": 10.8,
           "created": 1_795_000_000, "source": {"object": "charge", "id": "ch", "amount": 833, "currency": "eur",
           "payment_intent": "pi", "metadata": {"order": "o"}}}  # fmt: skip
    entry = booked(row)
    assert entry is not None
    assert (entry.amount, entry.currency, entry.fee, entry.reference, entry.order) == (833, "EUR", 25, "pi", "o")
    assert booked({**row, "type": "payout", "source": {"object": "payout"}}) is None
    assert booked({**row, "source": "ch"}) is None


# --- notices ---


def test_notices_are_verified_and_say_what_they_are_about(provider, double, payment):  # noqa: F811
    done = refund(provider, payment)
    dispute = double.books.dispute(payment)
    told = [provider.read_notice(each.headers(), each.body) for each in double.notices.take()]
    session = next(iter(double.books.table("checkout.session")))
    assert [(each.kind, each.about) for each in told] == [
        ("checkout.session.completed", session), ("refund.created", done.reference),
        ("charge.dispute.created", dispute["id"]),
    ]  # fmt: skip
    assert len({each.reference for each in told}) == 3
    assert all(abs(datetime.fromtimestamp(each.made_at, UTC) - utc_now()) < timedelta(minutes=1) for each in told)


def test_a_type_that_says_nothing_to_us_is_verified_and_let_go(provider, double, payment):  # noqa: F811
    [delivery] = double.notices.take()
    delivery.event = {**delivery.event, "type": "payment_intent.created"}
    assert "payment_intent.created" not in EVENTS
    assert provider.read_notice(delivery.headers(), delivery.body) is None


def test_what_is_not_stripes_is_no_notice(provider, double, payment, clock_at):  # noqa: F811
    [delivery] = double.notices.take()
    body, now = delivery.body, int(utc_now().timestamp())
    good = delivery.headers()["Stripe-Signature"]
    bad = [
        {},
        {"Stripe-Signature": ""},
        {"Stripe-Signature": "t=1,v1=abc"},
        {"Stripe-Signature": "v1=" + "0" * 64},
        {"Stripe-Signature": f"t={now}"},
        {"Stripe-Signature": good.replace("v1=", "v0=")},
        {"Stripe-Signature": "t=é,v1=ü"},
        {"Stripe-Signature": f"t={'9' * 400},v1=0"},
        delivery.headers(secret=""),
        delivery.headers(secret="whsec_of_somebody_else"),
        delivery.headers(at=now - 301),  # a replay
    ]
    for headers in bad:
        with pytest.raises(BadSignature):
            provider.read_notice(headers, body)
    for other in (body + b" ", body.replace(b"cs_test", b"cs_test2"), b"", b"\xff\xfe", b"[]"):
        with pytest.raises(BadSignature):
            provider.read_notice(delivery.headers(), other)
    assert provider.read_notice({"stripe-signature": good}, body)
    with clock_at(utc_now() + timedelta(minutes=6)), pytest.raises(BadSignature):
        provider.read_notice(delivery.headers(at=now), body)


def test_signed_but_of_another_account_or_mode_or_not_to_be_read(provider, double, payment):  # noqa: F811
    [delivery] = double.notices.take()
    whole = delivery.event
    changes: tuple[dict[str, Any], ...] = (
        {"account": "acct_other"},
        {"livemode": True},
        {"data": {}},
        {"data": {"object": {}}},
        {"data": None},
        {"id": "evt_\x00"},  # what no database takes
        {"id": None},
        {"data": {"object": {"id": "../refunds/re_1"}}},
        {"created": 10**30},
        {"created": float("inf")},
    )
    for change in changes:
        delivery.event = {**whole, **change}
        with pytest.raises(BadSignature):
            provider.read_notice(delivery.headers(), delivery.body)
    for text in ("[]", "null", "1", '"event"', "{", "{}", "[" * 2000):
        header = stripe.WebhookSignature.generate_signature_header(text, double.secret)
        with pytest.raises(BadSignature):
            provider.read_notice({"Stripe-Signature": header}, text.encode())
    delivery.event = {**whole, "type": "balance.available", "data": {"object": {"object": "balance"}}}
    assert provider.read_notice(delivery.headers(), delivery.body) is None  # nothing to us, and no fault of theirs
    delivery.event = whole
    assert provider.read_notice(delivery.headers(), delivery.body)


def test_without_a_webhook_secret_nothing_is_believed(double):  # noqa: F811
    provider = StripeProvider(Stripe(double.api.key, "", double.url), BASE_URL)
    body = json.dumps({"object": "event"})
    header = stripe.WebhookSignature.generate_signature_header(body, "")
    with pytest.raises(BadSignature):
        provider.read_notice({"Stripe-Signature": header}, body.encode())


def test_the_hosted_page_speaks_peoples_languages():
    tags = ["en", "en-GB", "sv", "de-AT", "pt-BR", "nn", "zh-Hant", "zh-Hans-CN", "hi", "he", "en-XA", ""]
    assert [language_of(tag) for tag in tags] == [
        "en", "en-GB", "sv", "de", "pt-BR", "nb", "zh-TW", "zh", "hi-IN", "auto", "en", "auto",
    ]  # fmt: skip


def test_our_lists_of_languages_and_events_are_the_sdks():
    from gatherings.double.params import _hints
    from gatherings.payments.providers.stripe_page import _LANGUAGES

    hint = _hints(stripe.params.checkout.SessionCreateParams)["locale"]
    known = {choice for each in hint.__args__ for choice in getattr(each, "__args__", ())}
    assert known - {"auto"} == _LANGUAGES
    events = str(_hints(stripe.params.WebhookEndpointCreateParams)["enabled_events"])
    assert [kind for kind in EVENTS if f"'{kind}'" not in events] == []
