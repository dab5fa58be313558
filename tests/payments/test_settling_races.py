"""Everybody at once: settling, sweeping, paying; and the counter-test that the race is real without the guard."""

import threading
from datetime import timedelta

from sqlalchemy import select, update

from gatherings.db import transact
from gatherings.payments.actions.expiring import expire_order
from gatherings.payments.actions.looking import look_at
from gatherings.payments.actions.settling import settle
from gatherings.payments.models import Payment, Refund
from gatherings.payments.providers import Away
from gatherings.tickets.models import Order, Ticket
from tests.paying import make_shop
from tests.payments.test_settling import GROSS
from tests.races import at_once

MANY = 8


def test_looking_first_and_noting_afterwards_counts_money_twice(shop):
    """The counter-test: what a shop does that trusts what it read before."""
    order = shop.place()
    gate = threading.Barrier(MANY)

    def note(session):
        session.execute(update(Order).where(Order.id == order).values(received=Order.received + GROSS))

    def careless():
        with shop.app.app_context():
            with shop.reading() as session:
                unpaid = session.get_one(Order, order).received == 0
            gate.wait(10)
            if unpaid:
                transact(note)

    at_once(shop.app, [careless] * MANY)
    assert shop.order(order).received > GROSS


def test_settling_in_the_same_race_counts_it_once(shop):
    order = shop.place()
    seen = shop.seen(shop.pay(order))
    gate = threading.Barrier(MANY)

    def careful():
        with shop.app.app_context():
            gate.wait(10)
            return transact(settle, order, seen, shop.site, now=shop.now)

    assert at_once(shop.app, [careful] * MANY) == ["paid"] * MANY
    assert shop.sums(order) == ("paid", GROSS, GROSS, 0)
    assert len(shop.rows(Payment)) == 1
    assert shop.wrong() == []


def test_paying_in_the_very_moment_that_the_time_is_over(shop):
    """The sweep, the payer, the page they come back to and the notices, all at once, again and again."""
    later = shop.now + timedelta(minutes=31)
    for number in range(10):
        order = shop.place(f"late{number}@example.org")
        session_id = shop.session_of(order)

        def sweep(order=order):
            with shop.app.app_context():
                try:
                    return expire_order(shop.provider, order, shop.site, now=later)
                except Away:
                    return "away"

        def pay(session_id=session_id):
            try:
                return shop.double.books.pay(session_id)["status"]
            except Exception as error:  # too late
                return str(error)

        def come_back(order=order):
            return shop.call(look_at, shop.provider, order)

        at_once(shop.app, [sweep, pay, come_back, sweep])
        paid = shop.double.books.find("checkout.session", session_id)["status"] == "complete"
        shop.notices(times=2)
        shop.work(timedelta(minutes=40))
        assert shop.order(order).state == ("paid" if paid else "expired")
        assert [one.amount for one in shop.rows(Payment, order)] == ([GROSS] if paid else [])
    assert shop.rows(Refund) == []
    assert shop.wrong() == []


def test_last_place_goes_to_one_of_many_whose_time_was_over(make_another, double):
    """Ten paid when their places had been given back, and there are three (B11): never more, the rest gets it back."""
    shop = make_shop(make_another, double, 3)
    orders = []
    for number in range(10):
        orders.append(shop.place(f"gone{number}@example.org"))
        shop.start(orders[-1])
        with shop.app.app_context():
            expire_order(None, orders[-1], shop.site, now=shop.now + timedelta(hours=3))
    for order in orders:
        shop.pay(order)
    seen = {order: shop.seen(shop.session_of(order)) for order in orders}

    def once(order):
        def press():
            with shop.app.app_context():
                return transact(settle, order, seen[order], shop.site, now=shop.now)

        return press

    told = at_once(shop.app, [once(order) for order in orders for _ in range(2)])
    assert sorted(map(str, told)) == ["expired"] * 14 + ["paid"] * 6
    shop.notices(times=2)
    shop.work(timedelta(hours=1))
    states = [shop.order(order).state for order in orders]
    assert sorted(states) == ["expired"] * 7 + ["paid"] * 3
    assert [one.amount for one in shop.rows(Refund)] == [GROSS] * 7
    assert {one.state for one in shop.rows(Refund)} == {"done"}
    with shop.reading() as session:
        assert len(session.scalars(select(Ticket.id).where(Ticket.state == "valid")).all()) == 3
    assert len(shop.mails("confirmed")) == len(shop.mails("order_confirmed")) == 3
    assert len(shop.mails("order_gone")) == 7
    assert shop.wrong() == []
