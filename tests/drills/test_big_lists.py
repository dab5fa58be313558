"""An event with 10,000 registrations is looked at as quickly as any other (bar A7)."""

from tests.drills.client import Answer, Visitor
from tests.drills.conftest import Full
from tests.drills.crowd import in_turns, share
from tests.drills.running import run_all

PAGES = ("", "?at=last", "?sort=hour", "?sort=name&at=last", "?words=siobhan", "?hours=asleep&first=yes", "?state=all")


def test_the_list_of_10000(house_with_10000: Full, size) -> None:
    full = house_with_10000
    paths = [full.list_path + PAGES[number % len(PAGES)] for number in range(size(210, 28))]

    async def run() -> list[Answer]:
        visitors = [Visitor(full.house.port, manners={"Cookie": full.cookie}) for _ in range(4)]
        free = list(visitors)

        async def look(path: str) -> Answer:
            visitor = free.pop()
            answer = await visitor.get(path)
            free.append(visitor)
            return answer

        answers = await in_turns(paths, look, len(visitors))
        for visitor in visitors:
            visitor.close()
        return answers

    answers = run_all(run())
    assert {answer.status for answer in answers} == {200}
    assert all('class="dense rows list-rows"' in answer.text for answer in answers)
    assert share((answer.seconds for answer in answers), 0.95) <= size.within(1.0)
