"""Places whose time is over, and money that comes afterwards (B11): a place again, or the money back, loudly."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.payments.actions.expiring import expire_order
from gatherings.payments.actions.settling import settle
from gatherings.payments.models import Attempt, Payment, Refund
from gatherings.payments.providers import Away
from gatherings.registration.models import Registration
from gatherings.tickets.models import Ticket, TicketKind
from tests.payments.test_settling import GROSS

OVER = timedelta(minutes=31)


def taken(shop) -> list[int]:
    with shop.reading() as session:
        kind = session.get_one(TicketKind, shop.kind_id)
        return [row.taken for row in session.scalars(select(Places).order_by(Places.id)) if row.id >= kind.places_id]


def test_session_is_ended_at_the_provider_before_its_places_are_free(shop):
    order, idle = shop.place("ada@example.org"), shop.place("ben@example.org")
    session_id = shop.session_of(order)
    assert taken(shop) == [2]
    shop.work(OVER)
    assert [shop.order(one).state for one in (order, idle)] == ["expired", "expired"]
    assert shop.double.books.find("checkout.session", session_id)["status"] == "expired"
    assert taken(shop) == [0]
    # Only who had begun to pay is written to.
    assert shop.mails() == [("order_expired", "ada@example.org")]
    assert shop.wrong() == []


def test_session_that_was_paid_unheard_keeps_its_place(shop):
    order = shop.place()
    shop.pay(order)
    shop.double.notices.take()
    shop.work(OVER)
    assert shop.sums(order) == ("paid", GROSS, GROSS, 0)
    assert shop.mails("order_expired") == []
    assert shop.wrong() == []


@pytest.mark.parametrize("full", [False, True])
def test_money_after_the_places_were_given_back(shop, full):
    with shop.writing() as session:
        kind = session.get_one(TicketKind, shop.kind_id)
        session.get_one(Places, kind.places_id).capacity = 2
    order = shop.place("ada@example.org", "cyd@example.org")
    session_id = shop.session_of(order)
    # The provider cannot be reached for long; nobody could pay that session any more, by its own clock.
    shop.double.faults.add("500", times=10_000)
    shop.work(timedelta(hours=2))
    shop.double.faults.clear()
    assert shop.order(order).state == "expired"
    assert taken(shop) == [0]
    if full:
        shop.place("ben@example.org")
    shop.double.books.pay(session_id)
    shop.notices(times=2)
    shop.drain = type(shop)(shop.app, shop.double, shop.now).drain  # a worker that did not see the trouble
    shop.work()
    if full:
        assert shop.sums(order) == ("expired", 0, 0, 0)
        payment, refund = shop.rows(Payment, order)[0], shop.rows(Refund, order)[0]
        assert (payment.counts, payment.why_not, refund.amount) == (False, "gone", 2 * GROSS)
        assert shop.order(order).attention == "late"
        assert shop.mails("order_gone", "confirmed") == [("order_gone", "ada@example.org")]
        assert taken(shop) == [1]
        assert shop.double.books.find("refund", refund.reference)["amount"] == 2 * GROSS
    else:
        assert shop.sums(order) == ("paid", 2 * GROSS, 2 * GROSS, 0)
        assert [one.state for one in shop.rows(Ticket, order)] == ["valid", "valid"]
        assert shop.rows(Refund) == []
        assert len(shop.mails("confirmed")) == 2
        assert taken(shop) == [2]
    assert shop.wrong() == []


def test_places_are_kept_while_the_provider_is_away_but_not_for_ever(shop):
    order = shop.place()
    shop.start(order)
    shop.double.faults.add("500", times=10_000)
    later = shop.now + OVER
    with shop.app.app_context(), pytest.raises(Away):
        expire_order(shop.provider, order, shop.site, now=later)
    assert shop.order(order).state == "open"
    ends = shop.rows(Attempt)[0].expires_at
    with shop.app.app_context():
        assert expire_order(shop.provider, order, shop.site, now=ends + timedelta(minutes=16))
    assert shop.order(order).state == "expired"
    assert shop.rows(Attempt)[0].state == "open"  # and is asked about until the provider says what became of it
    assert shop.wrong() == []


def test_who_bought_again_meanwhile_gets_the_first_money_back(shop):
    order = shop.place()
    session_id = shop.session_of(order)
    with shop.app.app_context():
        expire_order(None, order, shop.site, now=shop.now + timedelta(hours=3))
    again = shop.place()
    assert shop.do(settle, again, shop.seen(shop.pay(again))) == "paid"
    shop.double.books.pay(session_id)
    assert shop.do(settle, order, shop.seen(session_id)) == "expired"
    shop.work()
    assert [(one.order_id, one.counts, one.why_not) for one in shop.rows(Payment)] == [
        (again, True, ""), (order, False, "twice"),
    ]  # fmt: skip
    assert [one.amount for one in shop.rows(Refund)] == [GROSS]
    assert len(shop.mails("confirmed")) == 1
    with shop.reading() as session:
        assert session.scalars(select(Registration.state)).all() == ["confirmed"]
    assert shop.wrong() == []


def test_late_money_for_a_gathering_that_was_called_off_goes_back(shop):
    order = shop.place()
    session_id = shop.session_of(order)
    with shop.app.app_context():
        expire_order(None, order, shop.site, now=shop.now + timedelta(hours=3))
    with shop.writing() as session:
        session.get_one(Event, shop.event_id).status = "cancelled"
    shop.double.books.pay(session_id)
    shop.notices()
    shop.work()
    assert [(one.counts, one.why_not) for one in shop.rows(Payment)] == [(False, "gone")]
    assert [one.amount for one in shop.rows(Refund)] == [GROSS]
    assert shop.wrong() == []
