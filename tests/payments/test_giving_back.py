"""Money that goes back: whole and in part, by the rules and on an organiser's word, once for each reason."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import joinedload

from gatherings.core.errors import Conflict
from gatherings.db import transact
from gatherings.events.models import Event
from gatherings.payments.actions import refunding
from gatherings.payments.actions.choosing import choose_way
from gatherings.payments.actions.refunding import give_back
from gatherings.payments.actions.settling import note_by_hand, settle
from gatherings.payments.models import Dispute, Document, Payment, Refund
from gatherings.registration.models import Registration
from gatherings.tickets.models import Ticket
from tests.payments.test_settling import GROSS
from tests.races import at_once
from tests.signing import make_role


@pytest.fixture
def treasurer(shop):
    with shop.writing() as session:
        event = session.get_one(Event, shop.event_id, options=[joinedload(Event.community)])
        return make_role(session, event.community, "owner", "treasurer@example.org")


def paid(shop, *addresses):
    order = shop.place(*addresses)
    shop.pay(order)
    shop.notices()
    shop.work()
    return order


def back(shop, order, amounts, treasurer, *, leave=False):
    tickets = shop.rows(Ticket, order)
    wanted = {tickets[at].public_id: amount for at, amount in amounts.items()}
    with shop.app.app_context():
        return transact(give_back, order, wanted, person=treasurer, leave=leave, site=shop.site, now=shop.now)


def test_part_of_one_ticket_goes_back_and_they_still_come(shop, treasurer):
    order = paid(shop, "ada@example.org", "ben@example.org")
    back(shop, order, {1: 100_000}, treasurer)
    back(shop, order, {1: 100_000}, treasurer)  # pressed twice
    shop.work()
    assert shop.sums(order) == ("paid", 2 * GROSS - 100_000, 2 * GROSS, 100_000)
    (refund,) = shop.rows(Refund)
    assert (refund.amount, refund.state, refund.tickets) == (100_000, "done", {shop.rows(Ticket)[1].public_id: 100_000})
    assert shop.double.books.find("refund", refund.reference)["amount"] == 100_000
    assert [(one.kind, one.total) for one in shop.rows(Document)][2:] == [("credit", 100_000)]
    assert shop.mails("order_given_back") == [("order_given_back", "ada@example.org")]
    back(shop, order, {1: 150_000}, treasurer)
    shop.work()
    assert [one.amount for one in shop.rows(Refund)] == [100_000, 50_000]
    assert shop.wrong() == []


def test_one_person_is_let_go_with_all_of_their_money_and_the_place_is_free(shop, treasurer):
    order = paid(shop, "ada@example.org", "ben@example.org")
    back(shop, order, {1: GROSS}, treasurer, leave=True)
    shop.work()
    assert shop.sums(order) == ("paid", GROSS, 2 * GROSS, GROSS)
    assert [one.state for one in shop.rows(Ticket)] == ["valid", "cancelled"]
    with shop.reading() as session:
        states = {one.name: one.state for one in session.query(Registration)}
        assert sorted(one.state for one in session.query(Registration)) == ["cancelled", "confirmed"], states
    assert shop.order(order).attention == ""
    assert ("cancelled", "ben@example.org") in shop.mails()
    assert shop.wrong() == []


def test_too_much_or_another_orders_ticket_is_refused(shop, treasurer):
    order, other = paid(shop), paid(shop, "ben@example.org")
    foreign = shop.rows(Ticket, other)[0].public_id
    with pytest.raises(Conflict):
        back(shop, order, {0: GROSS + 1}, treasurer)
    with shop.app.app_context(), pytest.raises(Conflict):
        transact(give_back, order, {foreign: 1}, person=treasurer, leave=False, site=shop.site, now=shop.now)
    assert shop.rows(Refund) == []


def test_refund_is_made_once_whatever_happens_on_the_line(shop, treasurer):
    for fault in ("after", "lost", "500"):
        order = paid(shop, f"{fault}@example.org")
        back(shop, order, {0: 50_000}, treasurer)
        shop.double.faults.add(fault, where="POST /v1/refunds", times=3)
        shop.work()
        shop.double.faults.clear()
        shop.drain = type(shop)(shop.app, shop.double, shop.now).drain
        shop.work(timedelta(days=2))  # by then its idempotency key is forgotten, too
        (refund,) = shop.rows(Refund, order)
        assert refund.state == "done", fault
        (payment,) = shop.rows(Payment, order)
        made = [row for row in shop.double.books.table("refund").values() if row["payment_intent"] == payment.reference]
        assert [row["amount"] for row in made] == [50_000]
    assert shop.wrong() == []


def test_worker_that_dies_after_the_refund_was_taken(shop, treasurer, monkeypatch):
    order = paid(shop)
    back(shop, order, {0: GROSS}, treasurer, leave=True)

    def die(*_words, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr(refunding, "note_returned", die)
    with pytest.raises(KeyboardInterrupt):
        shop.work()
    monkeypatch.undo()
    assert [one.state for one in shop.rows(Refund)] == ["due"]
    shop.work(timedelta(minutes=2))
    assert [one.state for one in shop.rows(Refund)] == ["done"]
    assert len(shop.double.books.table("refund")) == 1
    assert shop.sums(order) == ("cancelled", 0, GROSS, GROSS)
    assert shop.wrong() == []


def test_refund_that_fails_is_loud_and_not_asked_for_by_itself_again(shop, treasurer):
    order = paid(shop)
    back(shop, order, {0: 100_000}, treasurer)
    shop.work()
    (refund,) = shop.rows(Refund)
    shop.double.books.settle_refund(refund.reference, done=False)
    shop.notices(times=3)
    shop.work(timedelta(days=1))
    (refund,) = shop.rows(Refund)
    assert (refund.state, shop.order(order).attention) == ("failed", "refund-failed")
    assert shop.sums(order) == ("paid", GROSS - 100_000, GROSS, 0)
    assert ("money_notice", "treasurer@example.org") in shop.mails()
    back(shop, order, {0: 150_000}, treasurer)  # more goes back: the failed part stays a person's
    assert [(one.amount, one.state) for one in shop.rows(Refund)] == [(100_000, "failed"), (50_000, "due")]
    assert shop.wrong() == []


def test_refund_made_at_the_providers_own_screen_is_noted(shop, treasurer):
    order = paid(shop)
    (payment,) = shop.rows(Payment)
    shop.double.books.create_refund({"payment_intent": payment.reference, "amount": 200_000})
    shop.notices(times=2)
    shop.work()
    assert shop.sums(order) == ("paid", GROSS - 200_000, GROSS, 200_000)
    assert [(one.amount, one.state) for one in shop.rows(Refund)] == [(200_000, "done")]
    assert [(one.kind, one.total) for one in shop.rows(Document)][2:] == [("credit", 200_000)]
    assert shop.order(order).attention == "given-back-elsewhere"
    assert shop.wrong() == []


def test_dispute_is_shown_once(shop, treasurer):
    order = paid(shop)
    (payment,) = shop.rows(Payment)
    dispute = shop.double.books.dispute(payment.reference)
    shop.notices(times=3)
    shop.work()
    assert [(one.amount, one.closed_at) for one in shop.rows(Dispute)] == [(GROSS, None)]
    assert shop.order(order).attention == "disputed"
    shop.double.books.close_dispute(dispute["id"], won=True)
    shop.notices(times=2)
    shop.work()
    (row,) = shop.rows(Dispute)
    assert row.state == "won"
    assert row.closed_at is not None
    assert shop.sums(order) == ("paid", GROSS, GROSS, 0)


def test_bank_transfer_noted_in_parts_and_too_much(shop, treasurer):
    order = shop.place()
    shop.do(choose_way, order, "invoice", {"name": "Ada"})
    note = [order, 800_000, "bank", treasurer, ""]
    assert shop.do(note_by_hand, *note, key="one") == "due"
    assert shop.do(note_by_hand, *note, key="one") == "due"  # pressed twice
    assert shop.do(note_by_hand, order, 20_000, "bank", treasurer, "the rest", key="two") == "paid"
    shop.work()
    assert shop.sums(order) == ("paid", GROSS, 820_000, 7_500)
    assert [(one.amount, one.state) for one in shop.rows(Refund)] == [(7_500, "by_hand")]
    assert len(shop.mails("confirmed")) == 1
    assert shop.wrong() == []


def test_less_than_it_costs_does_not_confirm_anybody(shop, treasurer):
    order = shop.place()
    with pytest.raises(Conflict):
        shop.do(note_by_hand, order, 100, "door", treasurer, "")
    assert shop.rows(Payment) == []
    assert shop.do(note_by_hand, order, GROSS, "door", treasurer, "") == "paid"
    assert len(shop.mails("confirmed")) == 1


def test_many_settle_and_refund_at_once(shop, treasurer):
    """Ten notices, ten looks and ten presses of a refund at the same moment come to one of each (B7)."""
    order = shop.place("ada@example.org", "ben@example.org")
    seen = shop.seen(shop.pay(order))

    def once():
        with shop.app.app_context():
            return transact(settle, order, seen, shop.site, now=shop.now)

    assert at_once(shop.app, [once] * 10) == ["paid"] * 10
    wanted = {shop.rows(Ticket)[0].public_id: 1_000}

    def press():
        with shop.app.app_context():
            return transact(give_back, order, wanted, person=treasurer, leave=False, site=shop.site, now=shop.now)

    assert not [one for one in at_once(shop.app, [press] * 10) if isinstance(one, Exception)]

    def drain():
        return shop.drain("worker", shop.now + timedelta(minutes=1))

    assert not [one for one in at_once(shop.app, [drain] * 5) if isinstance(one, Exception)]
    shop.work()
    assert len(shop.rows(Payment)) == len(shop.rows(Refund)) == len(shop.double.books.table("refund")) == 1
    assert len(shop.mails("order_confirmed")) == 1
    assert len(shop.mails("confirmed")) == 2
    assert shop.wrong() == []


def test_session_of_an_order_that_was_paid_by_hand_is_ended(shop, treasurer):
    order = shop.place()
    session_id = shop.session_of(order)
    assert shop.do(note_by_hand, order, GROSS, "door", treasurer, "") == "paid"
    shop.work()
    assert shop.double.books.find("checkout.session", session_id)["status"] == "expired"
    other = shop.place("ben@example.org")
    shop.pay(other)  # … and one that was paid at the same moment is given back
    assert shop.do(note_by_hand, other, GROSS, "door", treasurer, "") == "paid"
    shop.work()
    assert [(one.provider, one.counts, one.why_not) for one in shop.rows(Payment, other)] == [
        ("door", True, ""), ("stripe", False, "twice"),
    ]  # fmt: skip
    assert [(one.amount, one.state) for one in shop.rows(Refund)] == [(GROSS, "done")]
    assert len(shop.mails("confirmed")) == 2
    assert shop.wrong() == []
