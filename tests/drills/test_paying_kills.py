"""SIGKILL at every step between "pay" and "confirmed": money and place agree afterwards, without a person's help."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from gatherings.double import Chaos, running_double
from gatherings.events.models import Event
from gatherings.mail.models import OutboxMail
from gatherings.payments.actions.refunding import give_back
from gatherings.payments.models import Payment, Refund
from gatherings.tickets.models import Order, Ticket
from tests.databases import BASE_URL, SETTING_NAMES, settings_environ
from tests.drills.buying import box_office, buy, fates, must_be_right
from tests.drills.crowd import in_turns
from tests.drills.running import run_all
from tests.paying import Shop, make_shop
from tests.servers import ROOT
from tests.signing import make_role

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))]
MOST_STEPS = 40


@pytest.fixture
def shop(make_another, double) -> Shop:
    return make_shop(make_another, double)


@pytest.fixture
def double():
    with running_double() as made:
        yield made


def die(shop: Shop, database_url: str, tmp_path, what: str, order: int, step: int) -> bool:
    """Let a process do something with an order and be killed at a step; False where it has no such step."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTING_NAMES}
    environ = {
        **kept, **settings_environ(tmp_path / "instance", database_url), "BASE_URL": BASE_URL,
        "PYTHONPATH": str(ROOT), **shop.double.settings,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.drills.dying", what, str(order), str(step)], env=environ, cwd=tmp_path,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr[-3000:]
    return done.returncode != 0


def recover(shop: Shop) -> None:
    """What happens by itself afterwards: notices are sent again, the worker goes on, time passes."""
    shop.notices()
    shop.work(timedelta(minutes=2))
    shop.work(timedelta(minutes=40))


def steps_of(size) -> range:
    """Give every step at full size, one in thirteen in `make test`: even and odd ones."""
    return range(1, MOST_STEPS, size(1, 13))


def once_and_right(shop: Shop, order: int, address: str, *, paid: bool) -> None:
    state = "paid" if paid else "expired"
    assert shop.order(order).state == state
    assert len(shop.rows(Payment, order)) == int(paid)
    wanted = [("confirmed", address), ("order_confirmed", address)] if paid else []
    told = [row for row in shop.mails("confirmed", "order_confirmed") if row[1] == address]
    assert sorted(told) == wanted
    assert shop.wrong() == []


@pytest.mark.parametrize("who", ["back", "worker"])
def test_killed_at_every_step_after_the_money_was_paid(shop, database_url, tmp_path, size, who):
    for step in steps_of(size):
        address = f"{who}{step}@example.org"
        order = shop.place(address)
        shop.pay(order)
        if who == "worker":
            shop.notices()
        killed = die(shop, database_url, tmp_path, who, order, step)
        recover(shop)
        once_and_right(shop, order, address, paid=True)
        if not killed:
            break
    assert step > 3


def test_killed_at_every_step_of_beginning_to_pay(shop, database_url, tmp_path, size):
    for step in steps_of(size):
        address = f"start{step}@example.org"
        order = shop.place(address)
        killed = die(shop, database_url, tmp_path, "start", order, step)
        if step % 2:  # they press again and pay; the others go away
            shop.pay(order)
        recover(shop)
        once_and_right(shop, order, address, paid=bool(step % 2))
        if not killed:
            break
    assert step > 3


def test_killed_at_every_step_of_giving_money_back(shop, database_url, tmp_path, size):
    with shop.writing() as session:
        event = session.get_one(Event, shop.event_id, options=[joinedload(Event.community)])
        treasurer = make_role(session, event.community, "owner", "treasurer@example.org")
    for step in steps_of(size):
        order = shop.place(f"back{step}@example.org")
        shop.pay(order)
        recover(shop)
        with shop.writing() as session:
            (ticket,) = session.scalars(select(Ticket).where(Ticket.order_id == order))
            give_back(
                session, order, {ticket.public_id: 100_000}, person=treasurer, leave=False, site=shop.site, now=shop.now
            )
        killed = die(shop, database_url, tmp_path, "worker", order, step)
        recover(shop)
        (refund,) = shop.rows(Refund, order)
        assert refund.state == "done"
        (payment,) = shop.rows(Payment, order)
        made = [row for row in shop.double.books.table("refund").values() if row["payment_intent"] == payment.reference]
        assert [row["amount"] for row in made] == [100_000]
        assert shop.wrong() == []
        if not killed:
            break
    assert step > 1


def test_killed_at_every_step_of_giving_places_back(shop, database_url, tmp_path, size):
    for step in steps_of(size):
        address = f"over{step}@example.org"
        order = shop.place(address)
        shop.start(order)
        if step % 2:
            shop.pay(order)  # in the last moment, and no notice comes
            shop.double.notices.take()
        with shop.writing() as session:
            session.get_one(Order, order).expires_at = shop.now - timedelta(minutes=1)
        killed = die(shop, database_url, tmp_path, "worker", order, step)
        recover(shop)
        once_and_right(shop, order, address, paid=bool(step % 2))
        if not killed:
            break
    assert step > 3


@pytest.mark.parametrize("kind", KINDS)
def test_power_goes_again_and_again_while_people_pay(houses, size, kind):
    rounds, people = size(10, 1), size(40, 16)
    with box_office(houses, kind, rounds * people) as office:
        office.double.notices.chaos = Chaos(doubled=0.3, lost=0.2, late=0.5, most_late=2, seed=5)
        chance, cut_off, luck = random.Random(3), 0, fates(9, delayed=0)

        def paid() -> int:
            sessions = list(office.double.books.table("checkout.session").values())
            return sum(row["status"] == "complete" for row in sessions)

        async def cut() -> None:
            enough, until = paid() + chance.randrange(2, people // 3), time.monotonic() + 40
            while paid() < enough and time.monotonic() < until:
                await asyncio.sleep(0.01)
            await asyncio.sleep(chance.uniform(0, 0.3))
            await asyncio.to_thread(office.house.server.kill)

        async def round_of(number: int) -> list:
            plans = [(f"r{number}p{person}@example.org", *next(luck)) for person in range(people)]
            coming = in_turns(plans, lambda one: buy(office, one[0], one[1], comes_back=one[2], timeout=15), 12)
            visits, _ = await asyncio.gather(coming, cut())
            return visits

        for number in range(rounds):
            visits = run_all(round_of(number))
            cut_off += sum(not visit.told or (visit.told == "paid" and not visit.page) for visit in visits)
            office.house.server.start()
        office.settle_down()
        office.let_time_pass()
        office.settle_down()
        office.let_time_pass()
        office.settle_down()
        counts = must_be_right(office)
        assert counts["valid"] > 0
        assert cut_off, "no kill met anybody: the drill proves nothing"
        office.house.a_minute_passes()
        office.house.wait_for_mail(120)
        wanted = {row[0] for row in office.house.ask(select(OutboxMail.message_id))}
        came = [got.message["Message-ID"] for got in office.house.receiver.messages]
        assert set(came) == wanted
        assert len(came) - len(wanted) <= rounds
        print(f"\n{kind}: {rounds} kills, {cut_off} cut off, {dict(counts)}, {len(came)} mails")
