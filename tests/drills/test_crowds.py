"""Many people at one door (bars A1, A2, A3, A4, A6)."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from gatherings.accounts.models import Person
from gatherings.core.tokens import Signer
from gatherings.events.models import Event
from gatherings.mail.models import OutboxMail
from gatherings.registration.models import Registration
from tests.databases import SECRET
from tests.drills.books import Books, books_of, mails_to, overtaken
from tests.drills.client import Answer, Visitor
from tests.drills.conftest import Size
from tests.drills.crowd import Visit, crowd, form_to, in_turns, press, share, while_running
from tests.drills.houses import House
from tests.drills.running import run_all


@dataclass
class Rush:
    """A crowd that came, and how the list of gatherings answered meanwhile."""

    visits: list[Visit]
    books: Books
    looks: list[Answer] = field(default_factory=list)


def rush(house: House, event: Event, prefix: str, people: int, at_once: int) -> Rush:
    addresses = [f"{prefix}{number}@example.org" for number in range(people)]

    async def run() -> tuple[list[Visit], list[Answer]]:
        looks: list[Answer] = []
        async with Visitor(house.port) as onlooker:

            async def look() -> None:
                looks.append(await onlooker.get("/"))

            coming = crowd(house.port, f"/events/{event.slug}", addresses, at_once)
            visits = await while_running(coming, every=0.05, look=look)
        return visits, looks

    visits, looks = run_all(run())
    return Rush(visits, books_of(house, event), looks)


def check_rush(made: Rush, seats: int, size: Size) -> None:
    people = len(made.visits)
    assert Counter(visit.status for visit in made.visits) == {200: people}
    assert [visit.trouble for visit in made.visits if visit.trouble] == []
    assert made.books.taken == seats
    assert sorted(made.books.waiting.values()) == list(range(1, people - seats + 1))
    told = {visit.address: visit.told for visit in made.visits}
    assert {address for address, words in told.items() if words == "place"} == made.books.confirmed
    assert {address for address, words in told.items() if words == "waiting"} == set(made.books.waiting)
    assert overtaken(made.visits, made.books) == []
    assert max(visit.ended for visit in made.visits) - min(visit.pressed for visit in made.visits) <= size.within(30)
    assert share((visit.seconds for visit in made.visits), 0.95) <= size.within(5)


@pytest.fixture(scope="module")
def first_rush(house: House, size: Size) -> Rush:
    """A1: 1,000 visitors, 100 seats, 200 at once."""
    event = house.event(capacity_online=size(100, 20))
    return rush(house, event, "rush", size(1000, 120), size(200, 40))


def test_crowd_gets_exactly_the_seats_and_an_honest_waiting_list(size, first_rush):
    check_rush(first_rush, size(100, 20), size)


def test_list_of_gatherings_answers_while_a_crowd_registers(size, first_rush):
    assert {look.status for look in first_rush.looks} == {200}
    assert share((look.seconds for look in first_rush.looks), 0.95) <= size.within(1)


def test_crowd_all_at_once_gets_exactly_the_seats(house, size):
    event = house.event(capacity_online=size(100, 20))
    people = size(1000, 120)
    made = rush(house, event, "storm", people, people)
    assert Counter(visit.status for visit in made.visits) == {200: people}
    assert made.books.taken == size(100, 20)
    assert sorted(made.books.waiting.values()) == list(range(1, people - size(100, 20) + 1))
    assert overtaken(made.visits, made.books) == []
    assert max(visit.ended for visit in made.visits) - min(visit.pressed for visit in made.visits) <= size.within(60)


@pytest.mark.needs("postgres")
def test_two_servers_and_two_workers_on_one_database_sell_exactly_the_seats(houses, size):
    first = houses("postgres")
    second = houses.on(first.url, receiver=first.receiver)
    event = first.event(capacity_online=size(100, 20))
    people, at_once = size(1000, 120), size(200, 40)
    addresses = [f"two{number}@example.org" for number in range(people)]
    path = f"/events/{event.slug}"

    async def run() -> list[Visit]:
        halves = (crowd(house.port, path, addresses[at::2], at_once // 2) for at, house in enumerate((first, second)))
        return [visit for visits in await asyncio.gather(*halves) for visit in visits]

    visits = run_all(run())
    check_rush(Rush(visits, books_of(first, event)), size(100, 20), size)
    first.wait_for_mail(90)
    assert mails_to(first, set(addresses)) == dict.fromkeys(addresses, 1)


def test_pressing_three_times_makes_one_registration_and_one_mail(house, size):
    event = house.event(capacity_online=10_000)
    addresses = [f"thrice{number}@example.org" for number in range(size(300, 30))]

    async def thrice(address: str) -> list[int]:
        visitors = [Visitor(house.port) for _ in range(3)]
        page = await visitors[0].get(f"/events/{event.slug}")
        form = form_to(page.text, "/register")
        presses = (press(visitor, form, name="Ada Example", email=address) for visitor in visitors)
        answers = await asyncio.gather(*presses)
        for visitor in visitors:
            visitor.close()
        return [answer.status for answer in answers]

    async def run() -> list[list[int]]:
        return await in_turns(addresses, thrice, size(60, 10))

    statuses = run_all(run())
    assert Counter(status for three in statuses for status in three) == {200: 3 * len(addresses)}
    books = books_of(house, event)
    assert books.confirmed == set(addresses)
    house.wait_for_mail()
    assert mails_to(house, set(addresses)) == dict.fromkeys(addresses, 1)


def test_places_that_fall_free_go_to_the_first_who_wait(house, size):
    count, seats = size(50, 12), size(100, 24)
    event = house.event(capacity_online=seats)
    inside = house.fill(event, seats + count + 5, "list")
    leaving, waiting = inside[:count], inside[seats:]
    newcomers = [f"late{number}@example.org" for number in range(count)]
    paths = _manage_paths(house, event, leaving)

    async def leave(path: str) -> int:
        async with Visitor(house.port) as visitor:
            page = await visitor.get(path)
            answer = await press(visitor, form_to(page.text, "/cancel"))
            return answer.status

    async def run() -> tuple[list[int], list[Visit]]:
        going = in_turns(paths, leave, count)
        coming = crowd(house.port, f"/events/{event.slug}", newcomers, count)
        return await asyncio.gather(going, coming)

    left, came = run_all(run())
    assert Counter(left) == {200: count}
    assert Counter(visit.status for visit in came) == {200: count}
    books = books_of(house, event)
    assert books.confirmed == set(inside[count:seats]) | set(waiting[:count])
    assert set(books.waiting) == set(waiting[count:]) | set(newcomers)
    assert max(books.waiting[one] for one in waiting[count:]) < min(books.waiting[one] for one in newcomers)
    house.wait_for_mail(10)
    promoted = Counter(
        recipient
        for (recipient,) in house.ask(
            select(OutboxMail.recipient).where(OutboxMail.kind == "promoted", OutboxMail.state == "sent")
        )
    )
    assert promoted == dict.fromkeys(waiting[:count], 1)
    assert mails_to(house, set(waiting[:count])) == dict.fromkeys(waiting[:count], 1)


def _manage_paths(house: House, event: Event, addresses: list[str]) -> list[str]:
    signer = Signer((SECRET,))
    rows = house.ask(
        select(Person.address, Registration.public_id, Registration.link_version)
        .join(Registration, Registration.person_id == Person.id)
        .where(Registration.event_id == event.id)
    )
    links = {address: signer.sign("manage", public_id, version) for address, public_id, version in rows}
    return [f"/registrations/{links[address]}" for address in addresses]
