"""Calendars that ask again and again (bar A9)."""

import asyncio
import time

import pytest
from sqlalchemy import select

from gatherings.accounts.models import Person
from gatherings.core.tokens import Signer
from gatherings.registration.models import Registration
from tests.databases import SECRET
from tests.drills.client import Answer, Visitor
from tests.drills.crowd import in_turns, share
from tests.drills.houses import House
from tests.drills.running import run_all


@pytest.fixture
def feeds(house: House, size) -> list[str]:
    """The addresses of many personal feeds with one gathering in each."""
    event = house.event(capacity_online=None)
    house.fill(event, size(1000, 60), "feed")
    signer = Signer((SECRET,))
    rows = house.ask(
        select(Person.public_id, Person.feed_version)
        .join(Registration, Registration.person_id == Person.id)
        .where(Registration.event_id == event.id)
    )
    return [f"/calendar/{signer.sign('feed', public_id, version)}.ics" for public_id, version in rows]


def test_personal_feeds_answer_304_quickly_to_those_who_ask_again(house, size, feeds):
    per_second, seconds, lines = 100, size(10, 2), 20

    async def run() -> tuple[list[Answer], list[tuple[int, float]]]:
        visitors = [Visitor(house.port) for _ in range(lines)]
        free: asyncio.Queue[Visitor] = asyncio.Queue()
        for visitor in visitors:
            free.put_nowait(visitor)

        async def first(path: str) -> Answer:
            visitor = await free.get()
            answer = await visitor.get(path)
            free.put_nowait(visitor)
            return answer

        whole = await in_turns(feeds, first, lines)
        tags = [answer.headers["etag"] for answer in whole]

        async def poll(number: int, due: float) -> tuple[int, float]:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            visitor = await free.get()
            answer = await visitor.get(feeds[number], If_None_Match=tags[number])
            free.put_nowait(visitor)
            return answer.status, time.monotonic() - due  # from when it was due, not from when a line was free

        start = time.monotonic()
        polls = (poll(n % len(feeds), start + n / per_second) for n in range(per_second * seconds))
        answers = await asyncio.gather(*polls)
        for visitor in visitors:
            visitor.close()
        return whole, answers

    whole, answers = run_all(run())
    assert {(answer.status, answer.body.startswith(b"BEGIN:VCALENDAR\r\n")) for answer in whole} == {(200, True)}
    assert {status for status, _ in answers} == {304}
    assert share((late for _, late in answers), 0.95) <= size.within(0.2)
