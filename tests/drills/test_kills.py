"""Power cuts in the midst of registering (bar B1), and workers that die with work in hand (B19)."""

import asyncio
import os
import random
import signal
from collections import Counter

import pytest
from sqlalchemy import select

from gatherings.mail.models import OutboxMail
from tests.drills.books import books_of
from tests.drills.crowd import Tally, Visit, crowd
from tests.drills.houses import House
from tests.drills.running import run_all


def mails_once(house: House, kills: int) -> None:
    """Fail when a mail of the outbox did not arrive, or more copies came than there were kills."""
    wanted = Counter(message_id for (message_id,) in house.ask(select(OutboxMail.message_id)))
    assert max(wanted.values()) == 1
    came = Counter(got.message["Message-ID"] for got in house.receiver.messages)
    assert set(came) == set(wanted)
    assert sum(came.values()) - len(came) <= kills
    assert max(came.values()) <= 2
    bytes_of = {(got.message["Message-ID"], got.data) for got in house.receiver.messages}
    assert len(bytes_of) == len(came)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def test_who_was_told_in_is_in_however_often_the_power_goes(houses, size, kind):
    rounds, people = size(20, 3), size(80, 24)
    house = houses(kind)
    seats = rounds * people // 2
    event = house.event(capacity_online=seats)
    visits: list[Visit] = []
    chance = random.Random(7)

    async def cut(tally: Tally, after: int) -> None:
        await tally.reaches(after)
        await asyncio.sleep(chance.uniform(0, 0.05))
        await asyncio.to_thread(house.server.kill)

    async def round_of(number: int) -> list[Visit]:
        addresses = [f"r{number}p{person}@example.org" for person in range(people)]
        tally = Tally()
        coming = crowd(house.port, f"/events/{event.slug}", addresses, 20, timeout=10, tally=tally)
        came, _ = await asyncio.gather(coming, cut(tally, chance.randrange(1, people // 2)))
        return came

    for number in range(rounds):
        visits += run_all(round_of(number))
        house.server.start()
    books = books_of(house, event)
    assert {visit.address for visit in visits if visit.told == "place"} <= books.confirmed
    assert {visit.address for visit in visits if visit.told == "waiting"} <= set(books.waiting)
    assert books.taken <= seats
    assert any(visit.trouble for visit in visits), "no kill met anybody: the drill proves nothing"
    house.a_minute_passes()
    house.wait_for_mail(90)
    mails_once(house, rounds)
    assert {visit.address for visit in visits if visit.told} <= {got.recipient for got in house.receiver.messages}


def test_two_workers_share_the_mail_and_one_takes_over_from_the_dead(houses, size):
    house = houses("sqlite")
    event = house.event(capacity_online=None)
    addresses = [f"shared{number}@example.org" for number in range(size(200, 40))]
    house.receiver.hanging = True
    with house.another_worker() as other:
        visits = run_all(crowd(house.port, f"/events/{event.slug}", addresses, 20))
        assert Counter(visit.told for visit in visits) == {"place": len(addresses)}
        assert house.receiver.wait(lambda: len(_holders(house)) == 2, 30)
        mine = next(name for name in _holders(house) if f"-{other.pid}-" in name)
        os.kill(other.pid, signal.SIGKILL)
        other.wait(10)
        held = _holders(house)[mine]
        house.receiver.hanging = False
        assert held > 0
        house.a_minute_passes()
        house.wait_for_mail(60)
    mails_once(house, 1)
    assert {got.recipient for got in house.receiver.messages} == set(addresses)
    assert books_of(house, event).confirmed == set(addresses)


def _holders(house: House) -> Counter[str]:
    rows = house.ask(
        select(OutboxMail.leased_by).where(OutboxMail.state == "queued", OutboxMail.leased_by.is_not(None))
    )
    return Counter(name for (name,) in rows)
