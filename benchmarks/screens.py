"""Five hundred screens before which a run of show is held for a minute."""

import asyncio
from datetime import datetime

from sqlalchemy.orm import Session

from benchmarks.measuring import Running
from benchmarks.table import Table
from gatherings.communities.models import Community
from gatherings.live.actions import Press, press
from tests.drills.crowd import share
from tests.drills.screens import Screens, make_show, open_pages, path_of

SLUG = "eight-times-three-minutes"
SCREENS = 500
AT_MOST = 250.0  # ms: the 99th of 100 answers


def make_stage(session: Session, community: Community, *, now: datetime) -> None:
    """Make a show and begin it; it is in no list."""
    event = make_show(session, now=now, community=community, slug=SLUG, listing="link")
    press(session, event.id, Press("start", 0, by="Ada"), now=now)


def watch(name: str, server: Running, seconds: float, table: Table) -> None:
    """Let the screens look on, and note what that cost."""
    screens = Screens(server.port, path_of(SLUG), SCREENS, seconds)

    async def run() -> None:
        await open_pages(server.port, screens.path)
        before = server.cpu()
        await screens.look_on()
        cpu = 1000 * (server.cpu() - before) / len(screens.answers)
        p99 = 1000 * share((answer.seconds for answer in screens.answers), 0.99)
        table.screens(name, SCREENS, seconds, cpu, len(screens.answers) / seconds, p99, AT_MOST)

    asyncio.run(run())
    if screens.trouble or {answer.status for answer in screens.answers} - {200, 204}:
        raise RuntimeError(f"screens: {screens.trouble[:3]}")
