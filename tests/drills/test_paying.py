"""300 people race for 100 places with cards that fail, and notices that come doubled, late, out of order or never."""

import random
import time
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from gatherings.core.clock import utc_now
from gatherings.double import Chaos
from gatherings.payments.models import Attempt, Payment
from gatherings.tickets.models import Order
from tests.drills.buying import BoxOffice, Purchase, box_office, buy, fates, must_be_right, take_up
from tests.drills.crowd import in_turns
from tests.drills.running import run_all
from tests.drills.test_clocks import off_by

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))]


def take_up_offers(office: BoxOffice, seed: int, at_once: int) -> list[Purchase]:
    """Let those come whom the waiting list has served."""
    luck = fates(seed)
    plans = [(path, *next(luck)) for path in office.offers()]
    return run_all(in_turns(plans, lambda one: take_up(office, one[0], one[1], comes_back=one[2]), at_once))


def come(office: BoxOffice, addresses: list[str], seed: int, at_once: int) -> list[Purchase]:
    """Let people come and pay, each as fate has it."""
    luck = fates(seed)
    plans = [(address, *next(luck)) for address in addresses]
    return run_all(in_turns(plans, lambda one: buy(office, one[0], one[1], comes_back=one[2]), at_once))


def delayed_money_comes(office: BoxOffice, seed: int) -> None:
    """Let the money of delayed payments arrive, three in four of them; the others fail."""
    luck, books = random.Random(seed), office.double.books
    for row in list(books.table("checkout.session").values()):
        if row["status"] == "complete" and row["payment_status"] == "unpaid":
            intent = books.find("payment_intent", row["payment_intent"])
            if intent["status"] == "processing":
                books.settle(row["id"], paid=luck.random() < 0.75)


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_pays_without_a_place_and_no_place_is_sold_twice(houses, size, kind):
    people, places = size(300, 45), size(100, 15)
    with box_office(houses, kind, places) as office:
        office.double.notices.chaos = Chaos(doubled=0.3, lost=0.2, late=0.5, most_late=3, seed=11)
        began, told = time.monotonic(), Counter[str]()
        visits = come(office, [f"buyer{number}@example.org" for number in range(people)], 1, size(60, 15))
        for wave in range(2, 12):
            assert not [visit for visit in visits if not visit.told], [v.page[:900] for v in visits if not v.told][:1]
            told.update(visit.told for visit in visits)
            office.settle_down()
            delayed_money_comes(office, wave)
            office.settle_down()
            office.let_time_pass()
            office.settle_down()
            visits = take_up_offers(office, wave, size(60, 15))
            if not visits and all_is_decided(office):
                break
        counts = must_be_right(office)
        assert counts["valid"] == places, (counts, told)
        sessions = len(office.double.books.table("checkout.session"))
        open_ = office.house.ask(select(Attempt.id).where(Attempt.state.in_(("open", "starting"))))
        print(f"\n{kind}: {wave} waves {dict(told)} {dict(counts)} {sessions} sessions, {len(open_)} open,"
              f" {time.monotonic() - began:.0f} s")  # fmt: skip


def all_is_decided(office: BoxOffice) -> bool:
    """Tell whether nobody holds a place who has not paid for it."""
    return not office.house.ask(select(Order.id).where(Order.state.in_(("waiting", "open"))))


@pytest.mark.needs("postgres", "faketime")
def test_machines_whose_clocks_are_ten_minutes_off_are_paid_all_the_same(houses):
    """B14: a server and worker far from the provider's clock hold places, take notices and settle at the right time."""
    for minutes in (10, -10):
        with box_office(houses, "postgres", 5, **off_by(minutes)) as office:
            visits = run_all(
                in_turns([f"off{minutes}n{n}@example.org" for n in range(3)],
                         lambda one: buy(office, one, "pay", comes_back=False), 1)
            )  # fmt: skip
            assert [visit.told for visit in visits] == ["paid"] * 3
            until = time.monotonic() + 60
            while office.house.ask(select(Order.id).where(Order.state == "open")):
                assert time.monotonic() < until
                time.sleep(0.2)
            assert {delivery.answered[0] for delivery in office.double.notices.sent} == {200}
            for (received,) in office.house.ask(select(Payment.created_at)):
                assert abs(received - utc_now()) < timedelta(minutes=1)
            assert must_be_right(office)["valid"] == 3
