"""What all tests share: the application on a fresh database, browsers' manners, a still clock, missing parts.

Databases: `GATHERINGS_TEST_DB=sqlite` (the default), `postgres`, or `both`, which runs each test that touches a
database once on each (of organisers' screens, each on one of them). A test of what is said, not of what is stored,
needs no more than one of them: `pytestmark = pytest.mark.one_database("why")`.
"""

import gc
import inspect
import os
import signal
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gatherings.db.session import db
from tests import parts
from tests.databases import BASE_URL, Cluster, SqliteTemplate, cluster, make_app
from tests.quick_disk import use_memory

KINDS = {"sqlite": ["sqlite"], "postgres": ["postgres"], "both": ["sqlite", "postgres"]}
# Two busy cores make honest examples slow; a build must not fail by the luck of the draw, a developer's run may.
hypothesis_settings.register_profile(
    "house", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI")), database=None
)
hypothesis_settings.load_profile("house")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


use_memory()  # before anything asks where temporary files lie


def pytest_configure(config: pytest.Config) -> None:
    # Ended from outside (`timeout`, a build machine), a run still stops the servers that it started.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda number, frame: pytest.exit("stopped by SIGTERM", returncode=143))
    config.addinivalue_line("markers", "one_database(why): not of SQL; with both databases, on the first alone")
    parts.required()  # a misspelt REQUIRE must not pass for "nothing required"
    if os.environ.get("GATHERINGS_TEST_DB", "sqlite") not in KINDS:
        raise pytest.UsageError(f"GATHERINGS_TEST_DB should be one of {', '.join(KINDS)}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" in metafunc.fixturenames:
        kinds = KINDS[os.environ.get("GATHERINGS_TEST_DB", "sqlite")]
        marker = metafunc.definition.get_closest_marker("one_database")
        if marker is not None:
            if not marker.args:
                raise pytest.UsageError(f"{metafunc.definition.nodeid}: one_database wants a reason")
            kinds = kinds[:1]
        elif len(kinds) > 1 and _is_by_turns(metafunc):
            kinds = [kinds[zlib.crc32(metafunc.definition.nodeid.encode()) % 2]]
        metafunc.parametrize("database_kind", kinds, scope="session")


# Where a test that asks through a browser's door (`client` and its like) looks at a screen: what SQL does there is
# tried on both databases by the tests of queries and actions.
_DOORS = frozenset({"client", "demo", "town", "visitor", "world_of"})
_SCREENS = frozenset(
    "accounts calendars calls communities doors letters live organise own_data pages payments registration review "
    "security slots web".split()
)
# Files that are loaded and commands that are given: what they write is written by actions, which are tried on both.
_COMMANDS = frozenset({"cli", "loading"})
# All forms, and what a database's own programs do.
_ON_BOTH = frozenset({"test_hostile_forms.py", "test_backups.py"})


def _is_by_turns(metafunc: pytest.Metafunc) -> bool:
    """Tell whether a test runs on one database or the other: of screens, of files and commands.

    `GATHERINGS_SCREENS=both` runs every one of them on both.
    """
    path = metafunc.definition.path
    if os.environ.get("GATHERINGS_SCREENS") == "both" or path.name in _ON_BOTH:
        return False
    return path.parent.name in _COMMANDS or _is_of_a_screen(metafunc)


def _is_of_a_screen(metafunc: pytest.Metafunc) -> bool:
    """Tell whether a test is of a screen: a thousand and more. What runs at once in threads runs on both."""
    path = metafunc.definition.path
    if path.parent.name not in _SCREENS:
        return False
    if _DOORS.isdisjoint(metafunc.fixturenames):
        return path.parent.name == "organise"
    source = inspect.getsource(metafunc.function)
    return "at_once" not in source and "Thread" not in source and "together(" not in source


def pytest_collection_finish() -> None:
    # What stands now stands to the end. Looking through it again and again for rubbish took a tenth of a run.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for part in marker.args:
            parts.need(part)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any) -> Iterator[None]:
    yield  # these lines come last, after the summary of failures
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    for line in parts.closing_lines(reasons):
        terminalreporter.write_line(line, yellow=True)


# --- databases ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    """A migrated SQLite file, made once."""
    return SqliteTemplate(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgres_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A PostgreSQL server with a migrated template, started once; skipped by name where there is none."""
    with cluster() as server:
        server.prepare(tmp_path_factory.mktemp("template"))
        yield server


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh migrated database for this test alone."""
    name = {"sqlite": "sqlite_template", "postgres": "postgres_cluster"}[database_kind]
    source: SqliteTemplate | Cluster = request.getfixturevalue(name)
    with source.fresh(tmp_path) as url:
        yield url


# --- the application -----------------------------------------------------------------------------------------------


class Visitor(FlaskClient):
    """A browser at our own address; `fetch_site` is what it says about where a request comes from.

    What the test's own session has written is committed before each request and read afresh after it, so that a
    test need not think of SQLite's lock or of what PostgreSQL would not show yet.
    """

    fetch_site: str | None = "same-origin"

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], str):
            kwargs.setdefault("base_url", BASE_URL)
            manners = {"Sec-Fetch-Site": self.fetch_site} if self.fetch_site else {}
            kwargs["headers"] = {**manners, **dict(kwargs.get("headers") or {})}
        for session in self.application.extensions["tests.sessions"]:
            session.commit()
            session.expire_all()
        return super().open(*args, **kwargs)


def _ready(app: Flask) -> Flask:
    app.test_client_class = Visitor
    app.extensions["tests.sessions"] = []
    return app


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a fresh database. No context is pushed: requests make their own."""
    made = _ready(make_app(tmp_path / "instance", database_url))
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def make_another(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Make further applications on the same database, with other settings: `make_another(PROXY_COUNT="1")`."""
    with ExitStack() as stack:

        def make(**settings: str) -> Flask:
            made = _ready(make_app(tmp_path / "instance", database_url, **settings))
            with made.app_context():
                stack.callback(db.engine.dispose)
            return made

        yield make


@pytest.fixture
def engine(app: Flask) -> Engine:
    """The application's engine, for tests that open sessions in threads."""
    with app.app_context():
        return db.engine


@pytest.fixture
def session(app: Flask, engine: Engine) -> Iterator[Session]:
    """A session of the test's own; `client` commits it before each request."""
    with Session(engine, expire_on_commit=False) as made:
        app.extensions["tests.sessions"].append(made)
        yield made
        app.extensions["tests.sessions"].remove(made)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser on one of our own pages."""
    return app.test_client()


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """A program, or an old browser: says nothing about where its requests come from."""
    made = app.test_client()
    assert isinstance(made, Visitor)
    made.fetch_site = None
    return made


# --- time ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def now() -> datetime:
    """A fixed moment: Friday 20 November 2026, 12:00 UTC. Passed to rules and actions; the clock still runs."""
    return NOW


@pytest.fixture
def clock_at() -> Callable[[datetime], AbstractContextManager[Any]]:
    """Let the clock stand still: `with clock_at(moment): client.get(…)`. `moment` must be aware."""

    def still(moment: datetime) -> AbstractContextManager[Any]:
        assert moment.tzinfo is not None, "an instant needs a zone"
        return time_machine.travel(moment, tick=False)

    return still


@pytest.fixture(scope="session")
def full_size() -> bool:
    """Whether load, fault and race bars run at full size (`make drills`) or small (`make test`)."""
    return os.environ.get("GATHERINGS_DRILLS") == "full"


# --- browser -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the machine's own Chromium; root may not use its sandbox."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {
        **browser_type_launch_args,
        "executable_path": parts.need("browser"),
        "args": [*arguments, "--disable-dev-shm-usage", "--disable-gpu", "--disable-quic", "--disable-sync"],
    }
