"""The address at which the provider tells us what happened: only what it signed, lately, of our account (B10)."""

import json
import time
from datetime import timedelta

from sqlalchemy import select

from gatherings.payments.actions import noticing
from gatherings.payments.actions.noticing import count_failed
from gatherings.payments.models import Notice, Payment
from gatherings.payments.providers import Asked, Sold
from gatherings.payments.providers.stripe_check import HOOK
from tests.payments.test_settling import GROSS


def test_forged_stale_foreign_and_empty_notices_change_nothing(shop, make_another, caplog):
    order = shop.place()
    shop.pay(order)
    (delivery,) = shop.double.notices.take()
    client = shop.app.test_client()
    good = delivery.headers()
    tries = [
        (delivery.body, {}),
        (delivery.body, {"Stripe-Signature": ""}),
        (delivery.body, {"Stripe-Signature": "t=1,v1=00"}),
        (delivery.body, delivery.headers(secret="whsec_another_0123456789")),
        (delivery.body, delivery.headers(secret="")),
        (delivery.body, delivery.headers(at=int(time.time()) - 3600)),
        (delivery.body.replace(b"complete", b"expired!"), good),
        (b"", good),
        (b"\xff\xfe", good),
        (b"[" * 20_000, good),
    ]
    for body, headers in tries:
        assert client.post(HOOK, data=body, headers=headers).status_code == 400, headers
    for changed in ({"account": "acct_other"}, {"livemode": True}, {"data": {"object": 7}}, {"id": None, "data": None}):
        delivery.event.update(changed)
        assert client.post(HOOK, data=delivery.body, headers=delivery.headers()).status_code == 400, changed
    assert client.post(HOOK, data=json.dumps([]).encode(), headers=good).status_code == 400
    shop.work()
    assert shop.rows(Notice) == []
    assert shop.rows(Payment) == []
    assert shop.order(order).state == "open"
    assert caplog.text.count("was refused") == len(tries) + 5
    assert client.get(HOOK).status_code == 405
    plain = make_another().test_client()
    assert plain.post(HOOK, data=delivery.body, headers=good).status_code == 404
    unset = make_another(**{**shop.double.settings, "STRIPE_WEBHOOK_SECRET": ""}).test_client()
    assert unset.post(HOOK, data=delivery.body, headers=delivery.headers(secret="")).status_code == 400


def test_same_notice_is_stored_and_worked_once(shop):
    order = shop.place()
    shop.pay(order)
    assert shop.notices(times=5) == [200] * 5
    assert len(shop.rows(Notice)) == 1
    shop.work()
    assert [(one.state, one.tries) for one in shop.rows(Notice)] == [("done", 1)]
    assert shop.sums(order) == ("paid", GROSS, GROSS, 0)


def test_notices_of_what_is_not_ours_are_laid_aside(shop):
    asked = Asked(
        "k", "no-order-of-ours", "X", 1000, "SEK", [Sold("A", 1000)], "a@example.org", "en", "http://g.test/a",
        "http://g.test/b", shop.now + timedelta(hours=1),
    )  # fmt: skip
    shop.double.books.pay(shop.provider.start(asked).session_id)
    shop.notices()
    shop.work()
    assert [one.state for one in shop.rows(Notice)] == ["ignored"]


def test_notices_wait_while_the_provider_is_away_and_one_bad_one_keeps_no_other(shop, monkeypatch):
    orders = [shop.place(f"p{number}@example.org") for number in range(3)]
    for order in orders:
        shop.pay(order)
    shop.notices()
    shop.double.faults.add("500", times=1000)
    shop.work()
    assert [one.state for one in shop.rows(Notice)] == ["new"] * 3
    shop.double.faults.clear()
    shop.drain = type(shop)(shop.app, shop.double, shop.now).drain
    poison = shop.rows(Notice)[0].id
    act = noticing._act

    def sometimes(provider, kind, about, site, *, now):
        if about == shop.rows(Notice)[0].about:
            raise ValueError("not to be worked")
        return act(provider, kind, about, site, now=now)

    monkeypatch.setattr(noticing, "_act", sometimes)
    for day in range(1, 40):
        shop.work(timedelta(days=day))
    states = {one.id: one.state for one in shop.rows(Notice)}
    assert states.pop(poison) == "failed"
    assert set(states.values()) == {"done"}
    with shop.reading() as session:
        assert count_failed(session) == 1
        # Its order was settled all the same: the worker asks by itself about what nobody spoke of.
        assert session.scalars(select(Payment.order_id).order_by(Payment.order_id)).all() == orders
