"""A small application with nothing but the database, jobs and mail; and a mail server to send to."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gatherings.config import Settings, Smtp
from gatherings.db.base import Base
from gatherings.db.session import configure_engine, db, transact
from gatherings.jobs.models import Job, Worker
from gatherings.mail import actions
from gatherings.mail.message import Letter
from gatherings.mail.models import OutboxMail
from gatherings.web.i18n import init_i18n
from tests.mail.receiver import Receiver

KINDS = {"sqlite": ["sqlite"], "postgres": ["postgres"], "both": ["sqlite", "postgres"]}
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TABLES: list[Any] = [model.__table__ for model in (Job, Worker, OutboxMail)]


@pytest.fixture(scope="session")
def own_cluster() -> Iterator[Any]:
    from tests.databases import cluster

    with cluster() as server:
        yield server


@pytest.fixture(params=KINDS[os.environ.get("GATHERINGS_TEST_DB", "sqlite")])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'mail.sqlite'}"
        return
    server = request.getfixturevalue("own_cluster")
    name = f"mail_{abs(hash(tmp_path))}"
    server.execute(f"CREATE DATABASE {name}")
    yield server.url(name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def make_small_app(address: str) -> Flask:
    made = Flask("gatherings", template_folder=str(Path(__file__).parents[2] / "templates"))
    made.config["SQLALCHEMY_DATABASE_URI"] = address
    db.init_app(made)
    init_i18n(made)
    with made.app_context():
        configure_engine(db.engine)
    return made


@pytest.fixture
def app(address: str) -> Iterator[Flask]:
    made = make_small_app(address)
    with made.app_context():
        Base.metadata.create_all(db.engine, tables=TABLES)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def engine(app: Flask) -> Engine:
    with app.app_context():
        return db.engine


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def do(app: Flask) -> Callable[..., Any]:
    """Run an action in a unit of work: `do(actions.post, key=…)`."""

    def run(action: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with app.app_context():
            return transact(action, *args, **kwargs)

    return run


@pytest.fixture
def ask(engine: Engine) -> Callable[..., Any]:
    """Read with a session of its own: `ask(queries.count_by_state)`."""

    def run(query: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with Session(engine, expire_on_commit=False) as session:
            return query(session, *args, **kwargs)

    return run


@pytest.fixture
def post(do: Callable[..., Any], now: datetime) -> Callable[..., bool]:
    """Post a mail; whatever is not said has a plain value."""

    def run(key: str, recipient: str = "ada@example.org", **fields: Any) -> bool:
        values: dict[str, Any] = {
            "kind": "hello", "sender": "Resonance Circle", "zone": "Europe/London", "facts": {"name": key},
            "now": now, "domain": "example.org",
        }  # fmt: skip
        new: bool = do(actions.post, key=key, recipient=recipient, **(values | fields))
        return new

    return run


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


def make_settings(address: str, host: str, port: int) -> Settings:
    return Settings(
        instance=Path(),
        database_url=address,
        secret_keys=("k" * 32,),
        base_url="https://gatherings.example.org",
        smtp=Smtp(host, port),
        mail_from="gatherings@example.org",
    )


@pytest.fixture
def settings(address: str, receiver: Receiver) -> Settings:
    return make_settings(address, receiver.host, receiver.port)


def hello(mail: OutboxMail) -> Letter:
    """A composer: the shortest of letters."""
    name = mail.facts["name"]
    return Letter(f"Hello {name}", f"Hello {name}.", f"<p>Hello {name}.</p>")
