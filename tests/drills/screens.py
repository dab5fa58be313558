"""Some hundred screens before which a run of show is held: for drills, and for the figures of `make bench`."""

import asyncio
import re
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gatherings.events.models import Event
from tests.drills.client import Answer, NoAnswer, NotTaken, Visitor
from tests.factories import make_event
from tests.slotting import make_call, make_order, make_submission

EVERY = 2.0  # seconds between two looks of a screen
VERSION = re.compile(r"\?v=((\d+)-\w+)")  # the second part: the turn that it shows


def make_show(session: Session, *, now: datetime, **values: object) -> Event:
    """Make an event in a minute, with a published order of eight slots of three minutes."""
    starts = now.replace(tzinfo=None, microsecond=0) + timedelta(minutes=1)
    event = make_event(session, starts_local=starts, zone="Etc/UTC", now=now, **values)  # type: ignore[arg-type]
    call = make_call(session, event)
    sent = [
        make_submission(session, call, f"live{number}@example.org", name=f"Person {number}", title=f"Talk {number}")
        for number in range(8)
    ]
    make_order(session, event, sent, published_at=now)
    return event


def path_of(slug: str) -> str:
    """Give what a screen of the audience asks for again and again."""
    return f"/events/{slug}/live/now"


@dataclass
class Screens:
    """Some hundred screens, and what they were answered: each at a moment of its own within two seconds."""

    port: int
    path: str
    count: int
    seconds: float
    answers: list[Answer] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    showing: dict[tuple[int, int], float] = field(default_factory=dict)  # by screen and turn: since when

    def since(self, number: int, turn: int) -> float:
        """Give when a screen first showed a turn, or a later one."""
        return min(when for (one, shown), when in self.showing.items() if one == number and shown >= turn)

    async def look_on(self) -> None:
        """Let all of them look on until the time is over."""
        until = time.monotonic() + self.seconds
        await asyncio.gather(*(self._one(number, until) for number in range(self.count)))

    async def _one(self, number: int, until: float) -> None:
        await asyncio.sleep(EVERY * number / self.count)
        version = ""
        async with Visitor(self.port, timeout=30) as screen:
            while time.monotonic() < until:
                began = time.monotonic()
                try:
                    answer = await screen.get(f"{self.path}?v={version}")
                except (NoAnswer, NotTaken, TimeoutError) as error:
                    self.trouble.append(type(error).__name__)
                    return
                self.answers.append(answer)
                if answer.status == 200:
                    found = VERSION.search(answer.text)
                    assert found is not None
                    version = found[1]
                    self.showing.setdefault((number, int(found[2])), answer.ended)
                await asyncio.sleep(max(0.0, began + EVERY - time.monotonic()))


async def open_pages(port: int, path: str) -> None:
    """Open the screen's own page, as everybody does before the screen asks by itself: all processes know it then."""
    for _ in range(20):
        async with Visitor(port) as visitor:
            for one in (path.removesuffix("/now"), path):
                answer = await visitor.get(one)
                if answer.status != 200:
                    raise RuntimeError(f"{one} answers {answer.status}")
