"""A gathering is cancelled and everybody gets their money back: in steps, resumable, once each, by the way it came."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gatherings.accounts.models import Person
from gatherings.audit.models import LogEntry
from gatherings.communities.models import Community
from gatherings.core.errors import Conflict
from gatherings.core.tokens import new_public_id
from gatherings.db import transact
from gatherings.events.models import Event, EventChange
from gatherings.mail.models import OutboxMail
from gatherings.payments.actions import choosing, giving_all, settling
from gatherings.payments.models import Document, GivingBack, Refund
from gatherings.registration.models import Registration
from gatherings.tickets.models import Ticket
from tests.signing import make_role


def call_off(shop) -> None:
    with shop.writing() as session:
        session.get_one(Event, shop.event_id).status = "cancelled"


def ask(shop) -> bool:
    with shop.app.app_context():

        def run(session) -> bool:
            return giving_all.ask(session, shop.event_id, person=session.get_one(Person, shop.me), now=shop.now)

        return bool(transact(run))


@pytest.fixture
def full(shop):
    """Orders of every sort: paid by card, by bank, due, open, cancelled with half kept, and one for nothing."""
    with shop.writing() as session:
        event = session.get_one(Event, shop.event_id)
        shop.me = make_role(session, session.get_one(Community, event.community_id), "owner").id
    card, bank, due, left = (
        shop.place("card@example.org", "second@example.org"),
        *(shop.place(f"{name}@example.org") for name in ("bank", "due", "open")),
    )
    shop.do(settling.settle, card, shop.seen(shop.pay(card)))
    for order in (bank, due):
        shop.do(choosing.choose_way, order, "invoice", {})
    with shop.writing() as session:
        me = session.get_one(Person, shop.me)
        settling.note_by_hand(session, bank, 812_500, "bank", me, "", shop.site, now=shop.now, key=new_public_id())
    return shop, card, bank, due, left


def test_everybody_has_it_back_once(full) -> None:
    shop, card, bank, due, left = full
    with pytest.raises(Conflict):
        ask(shop)  # it takes place
    call_off(shop)
    assert ask(shop) is True
    assert ask(shop) is False  # pressed twice
    shop.work()
    for order in (card, bank, due, left):
        state, total, received, given_back = shop.sums(order)
        assert (state, total) == ("cancelled", 0), order
        assert received == given_back
    assert [(one.state, one.amount, one.reason) for one in shop.rows(Refund, card)] == [("done", 1_625_000, "event")]
    assert [(one.state, one.amount) for one in shop.rows(Refund, bank)] == [("by_hand", 812_500)]
    assert shop.rows(Refund, due) == []
    for order in (card, bank, due):
        assert [one.kind for one in shop.rows(Document, order) if one.kind != "receipt"] == ["invoice", "credit"]
    row = shop.rows(GivingBack)[0]
    assert (row.orders, row.amount, row.finished_at is not None) == (4, 2_437_500, True)
    assert {one.state for one in shop.rows(Registration)} == {"cancelled"}
    assert {(one.state, one.cancelled_by) for one in shop.rows(Ticket)} == {("cancelled", "event")}
    mails = shop.mails("order_given_back", "order_left", "cancelled")
    assert sorted(mails) == [
        ("order_given_back", "bank@example.org"), ("order_given_back", "card@example.org"),
        ("order_left", "due@example.org"), ("order_left", "open@example.org"),
    ]  # fmt: skip
    before = len(shop.rows(OutboxMail))
    shop.work(timedelta(hours=1))
    assert len(shop.rows(OutboxMail)) == before
    assert ask(shop) is False
    assert shop.wrong() == []
    done = [one for one in shop.rows(LogEntry) if one.action == "giving_back_done"]
    assert [one.details["orders"] for one in done] == [4]


def test_it_waits_until_people_were_told_and_stops_when_it_takes_place_after_all(full) -> None:
    shop, card, *_others = full
    call_off(shop)
    with shop.writing() as session:
        due_at = shop.now + timedelta(minutes=5)
        session.add(EventChange(event_id=shop.event_id, kinds="", before={}, first_at=shop.now, due_at=due_at))
    assert ask(shop)
    shop.do(lambda session, site, now: giving_all.step(session, site, now=now))
    assert shop.sums(card)[0] == "paid"
    with shop.writing() as session:
        session.scalars(select(EventChange)).one().finished_at = shop.now
        session.get_one(Event, shop.event_id).status = "published"
    shop.work()
    assert shop.sums(card)[0] == "paid"
    assert shop.rows(GivingBack)[0].finished_at is not None
    # Cancelled again, it is asked for anew.
    call_off(shop)
    assert ask(shop)
    shop.work()
    assert shop.sums(card) == ("cancelled", 0, 1_625_000, 1_625_000)
    assert shop.wrong() == []


def test_broken_off_it_goes_on_where_it_was(full, monkeypatch) -> None:
    shop, card, bank, due, left = full
    monkeypatch.setattr(giving_all, "BATCH", 1)
    call_off(shop)
    ask(shop)

    def step() -> bool:
        return bool(shop.do(lambda session, site, now: giving_all.step(session, site, now=now)))

    assert step()
    assert (shop.sums(card)[0], shop.sums(bank)[0]) == ("cancelled", "paid")
    real: Any = vars(giving_all)["close_tickets"]
    broke: list[int] = []

    def breaking(*args, **more):
        if not broke:
            broke.append(1)
            raise RuntimeError("the power went")
        return real(*args, **more)

    monkeypatch.setattr(giving_all, "close_tickets", breaking)
    with pytest.raises(RuntimeError):
        step()
    assert shop.sums(bank)[0] == "paid"
    shop.work()
    assert [shop.sums(order)[0] for order in (card, bank, due, left)] == ["cancelled"] * 4
    assert [one.amount for one in shop.rows(Refund)] == [1_625_000, 812_500]
    assert shop.rows(GivingBack)[0].orders == 4
    assert shop.wrong() == []


def test_who_pays_meanwhile_has_it_back_too(full) -> None:
    shop, _card, _bank, _due, left = full
    session_id = shop.session_of(left)
    call_off(shop)
    ask(shop)
    shop.double.books.pay(session_id)  # a moment before the session is ended at the provider
    shop.work()
    shop.notices()
    shop.work()
    assert shop.order(left).state == "cancelled"
    assert [(one.state, one.amount) for one in shop.rows(Refund, left)] == [("done", 812_500)]
    assert shop.wrong() == []
