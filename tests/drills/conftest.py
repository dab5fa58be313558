"""Drills: load, faults and races against the real server, small in `make test`, at full size in `make drills`."""

import os
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import joinedload

from gatherings.core.clock import utc_now
from gatherings.events.models import Event
from tests.databases import Cluster, SqliteTemplate
from tests.drills.houses import House, open_house
from tests.many import fill_event
from tests.signing import COOKIE, make_role, make_sign_in

KINDS = ("sqlite", "postgres")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.drill)
    if os.environ.get("GATHERINGS_DRILLS") != "full" and os.environ.get("GATHERINGS_TEST_DB") == "both":
        later = [item for item in items if here in item.path.parents and _is_for_full_size(item)]
        config.hook.pytest_deselected(items=later)
        items[:] = [item for item in items if item not in later]


# Bars of speed over thousands: at small size they say nothing that other tests do not.
_BARS = frozenset({"test_big_lists.py", "test_exports.py", "test_feeds.py"})


def _is_for_full_size(item: pytest.Item) -> bool:
    """Tell whether `make test` leaves a drill to `make drills`: bars of speed, and each file's other database."""
    if item.path.name in _BARS:
        return True
    mine = KINDS[zlib.crc32(item.path.stem.encode()) % 2]
    asked = getattr(item, "callspec", None)
    kinds = [kind for kind in KINDS if asked is not None and kind in asked.params.values()]
    return bool(kinds) and mine not in kinds


@dataclass(frozen=True)
class Size:
    """How much a drill takes on: at full size what reliability.md asks for."""

    full: bool

    def __call__(self, full: int, small: int) -> int:
        return full if self.full else small

    def within(self, seconds: float) -> float:
        """Give a limit of time: the bar itself at full size; small, beside a whole suite, no more than a hang."""
        return seconds if self.full else 6 * seconds


@pytest.fixture(scope="session")
def size(full_size: bool) -> Size:
    """`size(1000, 120)`: the number of reliability.md in `make drills`, a small one in `make test`."""
    return Size(full_size)


def _source(request: pytest.FixtureRequest, kind: str) -> SqliteTemplate | Cluster:
    source: SqliteTemplate | Cluster = request.getfixturevalue(
        {"sqlite": "sqlite_template", "postgres": "postgres_cluster"}[kind]
    )
    return source


@pytest.fixture(scope="module")
def house(
    database_kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """An installation that a module's drills share, each with an event of its own; once on each database."""
    folder = tmp_path_factory.mktemp(f"house-{database_kind}")
    with _source(request, database_kind).fresh(folder) as url, open_house(folder, url) as made:
        yield made


@dataclass(frozen=True)
class Full:
    """An installation with an event of 10,000 registrations, and somebody who organises it."""

    house: House
    slug: str
    people: int
    cookie: str  # the header that says who is signed in

    @property
    def list_path(self) -> str:
        return f"/organise/events/{self.slug}/registrations"


@pytest.fixture(scope="module")
def house_with_10000(house: House, size: Size) -> Full:
    """A list to look at and to take away: 10,000 registrations at full size, a thousand in `make test`."""
    event, people = house.event(mode="online"), size(10_000, 1000)
    with house.writing() as session:
        event = session.get_one(Event, event.id, options=[joinedload(Event.community)])
        fill_event(session, event, people, now=utc_now())
        secret = make_sign_in(house.app, session, make_role(session, event.community, "owner", "a7@example.org"))
    return Full(house, event.slug, people, f"{COOKIE}={secret}")


class Builder:
    """Open installations for one test: `houses("sqlite", worker=False)`."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path, stack: ExitStack) -> None:
        self._request, self._folder, self._stack = request, folder, stack
        self._count = 0

    def __call__(self, kind: str, **how: Any) -> House:
        return self.on(self.database(kind), **how)

    def database(self, kind: str) -> str:
        """Make a fresh migrated database and give its address."""
        folder = self._new_folder()
        return self._stack.enter_context(_source(self._request, kind).fresh(folder))

    def on(self, url: str, **how: Any) -> House:
        """Open an installation on a database that is there already."""
        return self._stack.enter_context(open_house(self._new_folder(), url, **how))

    def _new_folder(self) -> Path:
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        return folder


@pytest.fixture
def houses(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Builder]:
    """Installations of a test's own, to be broken as it likes."""
    with ExitStack() as stack:
        yield Builder(request, tmp_path, stack)
