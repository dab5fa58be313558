"""Beginning to pay by card: one session at most that somebody can pay, nothing lost when the provider is away (B13)."""

from datetime import timedelta

import pytest

from gatherings.core.errors import Conflict
from gatherings.payments.actions import starting
from gatherings.payments.actions.looking import close_attempts
from gatherings.payments.models import Attempt, Payment
from gatherings.payments.providers import Away
from gatherings.tickets.actions.orders import lock_order, recount
from gatherings.tickets.models import Order, Ticket
from tests.paying import PAGE
from tests.payments.test_settling import GROSS
from tests.races import at_once


def open_sessions(shop):
    table = shop.double.books.table("checkout.session")
    return [row["id"] for row in table.values() if row["status"] == "open"]


def test_pressing_again_leads_to_the_same_page(shop):
    order = shop.place("ada@example.org", "ben@example.org")
    started = shop.start(order)
    assert started.url
    assert shop.start(order) == started
    (row,) = shop.double.books.table("checkout.session").values()
    assert (row["amount_total"], row["currency"], row["client_reference_id"]) == (
        2 * GROSS, "sek", shop.order(order).public_id,
    )  # fmt: skip
    assert row["success_url"] == f"{PAGE}?back=paid"
    assert [one.state for one in shop.rows(Attempt)] == ["open"]


def test_many_presses_at_once_make_one_session(shop):
    order = shop.place()

    def press():
        with shop.app.app_context():
            return starting.start(shop.provider, order, PAGE, shop.site, now=shop.now)

    found = at_once(shop.app, [press] * 6)
    urls = {one.url for one in found if isinstance(one, starting.Started)}
    assert len(urls) == 1, found
    assert len(open_sessions(shop)) == 1


@pytest.mark.parametrize("fault", ["429", "500", "after", "lost", "cut"])
def test_provider_in_trouble_loses_nothing_and_pressing_again_is_safe(shop, fault):
    order = shop.place()
    shop.double.faults.add(fault, times=3)  # as often as the SDK tries by itself
    with pytest.raises(Away):
        shop.start(order)
    shop.double.faults.clear()
    assert shop.order(order).state == "open"
    assert shop.start(order).url
    assert len(open_sessions(shop)) == 1
    shop.pay(order)
    shop.notices()
    shop.work()
    assert shop.sums(order) == ("paid", GROSS, GROSS, 0)
    assert len(shop.rows(Payment)) == 1


def test_killed_between_asking_and_keeping_the_same_session_is_found_again(shop, monkeypatch):
    order = shop.place()
    monkeypatch.setattr(starting, "keep", killed)
    with pytest.raises(KeyboardInterrupt):
        shop.start(order)
    monkeypatch.undo()
    assert [(one.state, one.session_id) for one in shop.rows(Attempt)] == [("starting", None)]
    assert shop.start(order).url
    assert len(shop.double.books.table("checkout.session")) == 1


def test_another_sum_ends_the_older_session_first(shop):
    order = shop.place("ada@example.org", "ben@example.org")
    shop.start(order)
    with shop.writing() as session:
        row = lock_order(session, order)
        ticket = session.get_one(Ticket, shop.rows(Ticket)[0].id)
        ticket.comes_back = ticket.gross
        recount(session, row, now=shop.now)
    shop.start(order)
    rows = list(shop.double.books.table("checkout.session").values())
    assert [(row["status"], row["amount_total"]) for row in rows] == [("expired", 2 * GROSS), ("open", GROSS)]


def test_paid_in_another_window_is_found_when_pressed_again(shop):
    order = shop.place()
    shop.pay(order)
    started = shop.start(order)
    assert (started.url, started.state) == (None, "paid")
    with pytest.raises(Conflict):
        shop.start(order)


def test_what_cannot_be_paid(shop):
    late, free, gone = shop.place("a@example.org"), shop.place("b@example.org"), shop.place("c@example.org")
    with shop.writing() as session:
        session.get_one(Order, late).expires_at = shop.now
        session.get_one(Order, free).total = 0
        session.get_one(Order, gone).state = "cancelled"
    for order in (late, free, gone):
        with pytest.raises(Conflict):
            shop.start(order)
    assert open_sessions(shop) == []


def test_first_press_in_the_last_minute_gives_time_to_type_once(shop):
    order = shop.place(minutes=1)
    shop.start(order)
    until = shop.order(order).expires_at
    assert until - shop.now == timedelta(minutes=15)
    shop.start(order)
    assert shop.order(order).expires_at == until


def test_closing_attempts_before_another_way_is_chosen(shop):
    order, paid = shop.place("ada@example.org"), shop.place("ben@example.org")
    shop.start(order)
    shop.pay(paid)
    assert shop.call(close_attempts, shop.provider, order) == "open"
    assert shop.call(close_attempts, shop.provider, paid) == "paid"
    assert open_sessions(shop) == []
    other = shop.place("cyd@example.org")
    shop.start(other)
    shop.double.faults.add("500", times=3)
    with pytest.raises(Away):
        shop.call(close_attempts, shop.provider, other)


def test_error_of_the_providers_own_that_is_repeated_for_its_key_is_got_round(shop):
    order = shop.place()
    shop.double.faults.add("after", times=100)
    with pytest.raises(Away):
        shop.start(order)
    shop.double.faults.clear()
    shop.now += timedelta(minutes=1)
    assert shop.start(order).url
    assert [(one.number, one.state) for one in shop.rows(Attempt)] == [(1, "expired"), (2, "open")]
    # Whatever the first request made there, nobody has its address; ours is the one that was paid.
    shop.pay(order)
    shop.notices()
    shop.work()
    assert shop.sums(order) == ("paid", GROSS, GROSS, 0)


def killed(*_words, **_more):
    raise KeyboardInterrupt
