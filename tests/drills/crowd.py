"""People who come through the real form: read the page, fill the form in, press, follow."""

import asyncio
import html
import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.drills.client import Answer, NoAnswer, NotTaken, Visitor

S = TypeVar("S")
T = TypeVar("T")

_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
_INPUT = re.compile(r"<input\b([^>]*)>")
_ATTRIBUTE = re.compile(r'([a-z-]+)(?:="([^"]*)")?')
WAITING = "You are on the waiting list"
PLACE = "You have a place"


@dataclass(frozen=True)
class Form:
    """A form as a browser would send it without a further touch."""

    action: str
    fields: dict[str, str]


def forms_of(page: str) -> list[Form]:
    """Read the forms of a page; fields as they stand, boxes and buttons only where they are on."""
    found = []
    for attributes, inner in _FORM.findall(page):
        fields: dict[str, str] = {}
        for one in _INPUT.findall(inner):
            given = dict(_ATTRIBUTE.findall(one))
            kind, name = given.get("type", "text"), html.unescape(given.get("name", ""))
            on = kind not in ("checkbox", "radio") or re.search(r"\bchecked\b", one) is not None
            if name and on and kind not in ("submit", "button"):
                fields[name] = html.unescape(given.get("value", ""))
        found.append(Form(html.unescape(dict(_ATTRIBUTE.findall(attributes)).get("action", "")), fields))
    return found


def form_to(page: str, ending: str) -> Form:
    """Give the form whose action ends so; fails when the page has none."""
    for form in forms_of(page):
        if form.action.endswith(ending):
            return form
    raise AssertionError(f"no form to …{ending}: {[form.action for form in forms_of(page)]}")


@dataclass
class Visit:
    """What somebody met: `pressed` and `ended` are monotonic seconds; `told` is "place", "waiting" or "" if nothing."""

    address: str
    status: int = 0
    told: str = ""
    taken: bool = False  # the form itself was answered with "go on"
    pressed: float = 0.0
    ended: float = 0.0
    trouble: str = ""
    page: str = field(default="", repr=False)

    @property
    def seconds(self) -> float:
        return self.ended - self.pressed


async def register(port: int, path: str, address: str, *, name: str = "Ada Example", timeout: float = 60) -> Visit:
    """Come to an event's page and register; `path` is the page's. Never raises for what the server does."""
    visit = Visit(address)
    async with Visitor(port, timeout=timeout) as visitor:
        try:
            visit.pressed = time.monotonic()
            page = await visitor.get(path)
            if page.status != 200:
                visit.status = page.status
                return visit
            form = form_to(page.text, "/register")
            visit.pressed = time.monotonic()
            answer = await visitor.post(form.action, {**form.fields, "name": name, "email": address})
            visit.taken = answer.status == 303
            if visit.taken:
                answer = await visitor.get(answer.headers["location"])
            visit.status, visit.told, visit.page = answer.status, told(answer), answer.text
        except (NoAnswer, NotTaken, TimeoutError) as error:
            visit.trouble = type(error).__name__
        finally:
            visit.ended = time.monotonic()
    return visit


async def press(visitor: Visitor, form: Form, **typed: str) -> Answer:
    """Send a form with what was typed and follow where it leads."""
    answer = await visitor.post(form.action, {**form.fields, **typed})
    if answer.status == 303:
        answer = await visitor.get(answer.headers["location"])
    return answer


def told(answer: Answer) -> str:
    """Read from the answer what somebody was told: "place", "waiting" or ""."""
    if answer.status != 200:
        return ""
    return "waiting" if WAITING in answer.text else "place" if PLACE in answer.text else ""


@dataclass
class Tally:
    """How many have been answered so far, to act in the midst of a crowd: `await tally.reaches(20)`."""

    answered: int = 0

    async def reaches(self, count: int) -> None:
        while self.answered < count:
            await asyncio.sleep(0.002)


async def crowd(
    port: int, path: str, addresses: Iterable[str], at_once: int, *, tally: Tally | None = None, **how: Any
) -> list[Visit]:
    """Let people come, so many at once; gives their visits in the order of `addresses`."""

    async def one(address: str) -> Visit:
        visit = await register(port, path, address, **how)
        if tally is not None and visit.told:
            tally.answered += 1
        return visit

    return await in_turns(list(addresses), one, at_once)


async def in_turns(things: Sequence[S], do: Callable[[S], Awaitable[T]], at_once: int) -> list[T]:
    """Do something with each, so many at once; gives the results in order."""
    results: list[Any] = [None] * len(things)
    numbers = iter(range(len(things)))

    async def one() -> None:
        for number in numbers:
            results[number] = await do(things[number])

    await asyncio.gather(*(one() for _ in range(min(at_once, len(things)))))
    return results


async def while_running(main: Coroutine[Any, Any, T], *, every: float, look: Callable[[], Awaitable[Any]]) -> T:
    """Do something again and again while the main thing runs; gives what the main thing gives."""
    task = asyncio.ensure_future(main)
    while not task.done():
        await look()
        await asyncio.wait([task], timeout=every)
    return task.result()


def share(values: Iterable[float], part: float) -> float:
    """Give the value that so large a part of all values does not exceed: `share(times, 0.95)`."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
