"""A database that is locked by somebody else (bar B2) or restarted under load (B3)."""

import asyncio
import time

import pytest

from tests.databases import cluster
from tests.drills.books import books_of
from tests.drills.client import Answer, Visitor
from tests.drills.crowd import Visit, crowd, form_to, forms_of, in_turns, register, share
from tests.drills.houses import locked, open_house
from tests.drills.running import run_all


async def read_while(port: int, path: str, task: "asyncio.Future[object]") -> list[Answer]:
    looks = []
    async with Visitor(port) as reader:
        while not task.done():
            looks.append(await reader.get(path))
            await asyncio.wait([task], timeout=0.2)
    return looks


def test_registrations_wait_for_a_lock_of_four_seconds_and_reading_goes_on(houses, size):
    house = houses("sqlite")
    event = house.event(capacity_online=100)
    path, seconds = f"/events/{event.slug}", size(4, 2)
    # No more than may wait in one process (half of its threads), however the server spreads them: all are served.
    addresses = [f"wait{number}@example.org" for number in range(4)]

    async def run() -> tuple[list[Visit], list[Answer], float]:
        with locked(house):
            coming = asyncio.ensure_future(crowd(house.port, path, addresses, len(addresses)))
            looks = await read_while(house.port, path, asyncio.ensure_future(asyncio.sleep(seconds)))
            freed = time.monotonic()
        return await coming, looks, freed

    visits, looks, freed = run_all(run())
    assert [visit.told for visit in visits] == ["place"] * len(addresses)
    assert min(visit.ended for visit in visits) > freed
    assert {look.status for look in looks} == {200}
    assert share((look.seconds for look in looks), 0.95) <= size.within(1)
    assert books_of(house, event).confirmed == set(addresses)


def test_long_lock_gives_a_busy_page_that_keeps_what_was_typed(houses, size):
    house = houses("sqlite")
    event = house.event(capacity_online=100)
    path, seconds, people = f"/events/{event.slug}", size(30, 13), 30
    typed = {"name": "Zoë Ωmega <Example>", "email": "kept@example.org"}

    async def one(number: int) -> tuple[Answer, float]:
        async with Visitor(house.port) as visitor:
            form = form_to((await visitor.get(path)).text, "/register")
            began = time.monotonic()
            email = f"busy{number}@example.org" if number else typed["email"]
            answer = await visitor.post(form.action, {**form.fields, **typed, "email": email})
            return answer, time.monotonic() - began

    async def run() -> tuple[list[tuple[Answer, float]], list[Answer], Visit]:
        with locked(house):
            pressing = asyncio.ensure_future(in_turns(range(people), one, people))
            looks = await read_while(house.port, path, asyncio.ensure_future(asyncio.sleep(seconds)))
        answers = await pressing
        return answers, looks, await register(house.port, path, "after@example.org")

    answers, looks, after = run_all(run())
    statuses = {answer.status for answer, _ in answers}
    assert statuses <= {303, 503}, statuses
    busy = [answer for answer, _ in answers if answer.status == 503]
    assert len(busy) >= people // 2
    assert all(int(answer.headers["retry-after"]) > 0 for answer in busy)
    kept = next(form for answer in busy for form in forms_of(answer.text) if form.action.endswith("/register"))
    assert kept.fields["name"] == typed["name"]
    assert max(seconds for _, seconds in answers) <= 25
    assert {look.status for look in looks} == {200}
    assert share((look.seconds for look in looks), 0.90) <= size.within(1)
    assert after.told == "place"
    assert books_of(house, event).taken == 1 + sum(answer.status == 303 for answer, _ in answers)


@pytest.mark.needs("postgres")
def test_postgres_restarted_under_load_is_found_again_within_seconds(tmp_path, size):
    seats = 100_000
    with cluster(durable=True) as server:
        server.prepare(tmp_path)
        with server.fresh(tmp_path) as url, open_house(tmp_path, url) as house:
            event = house.event(capacity_online=seats)
            path = f"/events/{event.slug}"
            visits: list[Visit] = []

            over = asyncio.Event()

            async def come(number: int) -> None:
                count = 0
                while not over.is_set():
                    count += 1
                    visits.append(await register(house.port, path, f"v{number}n{count}@example.org", timeout=20))
                    await asyncio.sleep(0.02)

            async def run() -> float:
                coming = [asyncio.ensure_future(come(number)) for number in range(16)]
                await asyncio.sleep(size(4, 2))
                await asyncio.to_thread(server.control, "restart", "-m", "immediate")
                back = time.monotonic()
                while not any(visit.told and visit.pressed > back for visit in visits) and time.monotonic() < back + 20:
                    await asyncio.sleep(0.1)
                await asyncio.sleep(size(8, 1))
                over.set()
                await asyncio.gather(*coming)
                return back

            back = run_all(run())
            assert {visit.status for visit in visits} <= {200, 503}
            assert [visit.trouble for visit in visits if visit.trouble] == []
            refused = [visit.ended for visit in visits if visit.status == 503]
            assert refused, "the restart met nobody: the drill proves nothing"
            assert max(refused) - min(refused) <= size.within(5)
            assert any(visit.told == "place" and visit.pressed > back for visit in visits)
            books = books_of(house, event)
            assert {visit.address for visit in visits if visit.told == "place"} <= books.confirmed
            house.a_minute_passes()
            house.wait_for_mail(60)
            assert {got.recipient for got in house.receiver.messages} == books.confirmed
