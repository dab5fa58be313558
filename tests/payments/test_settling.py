"""Settling: whoever learns something of a session comes to the same state, in any order, however often (B7, B8)."""

from datetime import timedelta

import pytest

from gatherings.payments.actions.looking import look_at
from gatherings.payments.actions.settling import settle
from gatherings.payments.models import Attempt, Document, Payment, Refund
from gatherings.payments.providers import Asked, Sold
from gatherings.tickets.models import Ticket

GROSS = 812_500
DAYS = timedelta(days=2)


def test_paid_once_however_often_it_is_told(shop):
    order = shop.place("ada@example.org", "ben@example.org")
    session_id = shop.pay(order)
    assert shop.notices(times=10) == [200] * 10
    shop.work()
    for _ in range(3):
        assert shop.do(settle, order, shop.seen(session_id)) == "paid"
    assert shop.sums(order) == ("paid", 2 * GROSS, 2 * GROSS, 0)
    assert len(shop.rows(Payment)) == 1
    assert [ticket.state for ticket in shop.rows(Ticket)] == ["valid", "valid"]
    assert sorted(shop.mails()) == [
        ("confirmed", "ada@example.org"), ("confirmed", "ben@example.org"), ("order_confirmed", "ada@example.org"),
    ]  # fmt: skip
    assert [(one.kind, one.total, one.vat) for one in shop.rows(Document)] == [
        ("invoice", 2 * GROSS, 325_000), ("receipt", 2 * GROSS, 325_000),
    ]  # fmt: skip
    assert shop.wrong() == []


def test_page_one_comes_back_to_learns_it_without_a_notice(shop):
    order = shop.place()
    shop.pay(order)
    shop.double.notices.take()
    assert shop.call(look_at, shop.provider, order) == "paid"
    asked = len(shop.double.api.requests)
    assert shop.call(look_at, shop.provider, order) == "paid"
    assert len(shop.double.api.requests) == asked


def test_coming_back_proves_nothing(shop):
    order = shop.place()
    shop.start(order)
    assert shop.call(look_at, shop.provider, order) == "open"
    assert shop.mails() == []
    assert shop.rows(Payment) == []


def test_delayed_money_waits_then_arrives_or_fails_and_is_paid_again(shop):
    order, other = shop.place("ada@example.org"), shop.place("ben@example.org")
    for one in (order, other):
        shop.double.books.delay(shop.session_of(one))
    assert shop.notices(times=2) == [200] * 4
    shop.work()
    assert [shop.sums(one) for one in (order, other)] == [("waiting", GROSS, 0, 0)] * 2
    assert shop.work(DAYS) == 2  # asked about every hour; places are kept
    shop.double.books.settle(shop.session_of(order))
    failed = shop.session_of(other)
    shop.double.books.settle(failed, paid=False)
    shop.notices(times=3)
    shop.work()
    assert shop.sums(order) == ("paid", GROSS, GROSS, 0)
    assert shop.order(other).state == "open"
    assert shop.order(other).expires_at > shop.now
    shop.start(other)
    assert shop.pay(other) != failed
    shop.notices()
    shop.work()
    assert shop.sums(other) == ("paid", GROSS, GROSS, 0)
    assert sorted(shop.mails("order_waiting", "order_failed", "order_confirmed")) == [
        ("order_confirmed", "ada@example.org"), ("order_confirmed", "ben@example.org"),
        ("order_failed", "ben@example.org"), ("order_waiting", "ada@example.org"), ("order_waiting", "ben@example.org"),
    ]  # fmt: skip
    assert shop.wrong() == []


@pytest.mark.parametrize("how", [{"amount": 500_00}, {"amount": 900_000}, {"currency": "eur"}])
def test_wrong_sum_is_never_ignored_and_goes_back_whole(shop, how):
    order = shop.place()
    shop.pay(order, **how)
    shop.notices(times=2)
    shop.work()
    payment, refund = shop.rows(Payment)[0], shop.rows(Refund)[0]
    assert (payment.counts, payment.why_not) == (False, "currency" if "currency" in how else "amount")
    assert (refund.amount, refund.currency) == (payment.amount, payment.currency)
    assert refund.state in ("sent", "done")
    assert len(shop.rows(Refund)) == 1
    assert shop.sums(order) == ("open", GROSS, 0, 0)
    assert shop.order(order).attention == "misfit"
    assert shop.mails("confirmed", "order_confirmed") == []
    assert shop.mails("order_given_back") == [("order_given_back", "ada@example.org")]
    assert shop.wrong() == []


def test_second_payment_of_an_order_goes_back_whole(shop):
    order = shop.place()
    first = shop.pay(order)
    # A session that we lost sight of, paid as well.
    seen = shop.provider.start(asked_again(shop, order))
    shop.notices()
    shop.work()
    shop.double.books.pay(seen.session_id)
    shop.notices()
    shop.work()
    assert seen.session_id != first
    assert [(one.counts, one.why_not) for one in shop.rows(Payment)] == [(True, ""), (False, "twice")]
    assert [one.amount for one in shop.rows(Refund)] == [GROSS]
    assert shop.sums(order) == ("paid", GROSS, GROSS, 0)
    assert shop.mails("order_confirmed") == [("order_confirmed", "ada@example.org")]
    assert shop.wrong() == []


def asked_again(shop, order_id):
    order = shop.order(order_id)
    return Asked(
        "another-key", order.public_id, order.reference, GROSS, "SEK", [Sold("A ticket", GROSS)], "ada@example.org",
        "en", "http://gatherings.test/a", "http://gatherings.test/b", shop.now + timedelta(hours=1),
    )  # fmt: skip


def test_session_that_expired_tells_nothing_of_money(shop):
    order = shop.place()
    shop.double.books.expire_session(shop.session_of(order))
    shop.notices(times=2)
    shop.work()
    assert shop.sums(order) == ("open", GROSS, 0, 0)
    assert [one.state for one in shop.rows(Attempt)] == ["expired"]
