"""Databases for tests: a migrated template made once, as good as new for each test. SQLite files and PostgreSQL."""

import atexit
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Dialect, Engine
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from gatherings.app import create_app
from gatherings.config import read_settings
from gatherings.db.session import db
from gatherings.web import static
from tests.emptying import Emptied
from tests.parts import need

SECRET = "a key for tests alone, 0123456789abcdef"
BASE_URL = "http://gatherings.test"
# Settings of whoever runs the tests must not leak into them.
SETTING_NAMES = (
    "DATABASE_URL", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "BASE_URL", "SMTP_URL", "MAIL_FROM", "PROXY_COUNT",
    "REDIS_URL", "LOG_FORMAT", "CHANGE_MAIL_DELAY", "REGISTRATIONS_PER_NETWORK", "GATHERINGS_DEMO",
    "GATHERINGS_DEVELOPMENT", "GATHERINGS_INSTANCE", "GATHERINGS_THREADS", "GATHERINGS_LANGUAGES",
    "GATHERINGS_TEST_CLOCK", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE", "STRIPE_TIMEOUT",
)  # fmt: skip


def settings_environ(instance: Path, database_url: str, **extra: str) -> dict[str, str]:
    """Give the environment of an installation under test: nothing of the machine's own settings in it."""
    _share_what_is_kept(instance)
    return {
        "GATHERINGS_INSTANCE": str(instance),
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET,
        "BASE_URL": BASE_URL,
        "MAIL_FROM": "gatherings@example.org",
        "LOG_FORMAT": "text",
        **extra,
    }


def make_app(instance: Path, database_url: str, **extra: str) -> Flask:
    """Make the application on a database; `extra` are settings by their names in the environment."""
    app = create_app(read_settings(settings_environ(instance, database_url, **extra)))
    with app.app_context():
        for engine in db.engines.values():
            _share_what_is_compiled(engine)
    return app


def _compile_rules_once() -> None:
    """Let all applications of this run share what Werkzeug makes of an address: most of what making one takes.

    It comes from the rule's text alone, as long as no part of it has a default.
    """
    known: dict[tuple[Any, ...], dict[str, Any]] = {}
    compile_rule = Rule.compile
    lists = {"_parts": list, "_trace": list, "_converters": dict, "arguments": set}

    def compile_once(rule: Rule) -> None:
        key = (rule.rule, rule.subdomain, rule.merge_slashes)
        if rule.defaults or key not in known:
            compile_rule(rule)
            builders = {name: getattr(rule, name).__func__ for name in ("_build", "_build_unknown")}
            known.setdefault(key, {**{name: kind(getattr(rule, name)) for name, kind in lists.items()}, **builders})
            return
        made = known[key]
        for name, kind in lists.items():
            setattr(rule, name, kind(made[name]))
        for name in ("_build", "_build_unknown"):
            setattr(rule, name, made[name].__get__(rule, None))

    # Without it a test's application takes three times as long to make.
    Rule.compile = compile_once  # type: ignore[assignment,method-assign]  # a stand-in of the same use


_compile_rules_once()


def _publish_once() -> None:
    """Let all applications of this run publish the same files once: a third of what making one takes."""
    publish, done = static.publish, dict[tuple[Any, ...], dict[str, str]]()

    def publish_once(source: Path, target: Path) -> dict[str, str]:
        if target.resolve().parent != _kept().resolve():
            return publish(source, target)
        stamp = (source, *((path, path.stat().st_mtime_ns) for path in source.rglob("*")))
        if stamp not in done:
            done[stamp] = publish(source, target)
        return done[stamp]

    static.publish = publish_once  # asked with what the files are now: a test that changes one sees it


_publish_once()


@cache
def _kept() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="gatherings-kept-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _share_what_is_kept(instance: Path) -> None:
    """Let all applications of this run publish files and compile templates in one spot: the work of one start.

    Both go by content, so nothing of one test can be seen by another. A test that brings its own folders keeps them.
    """
    instance.mkdir(parents=True, exist_ok=True)
    for name in ("static", "templates"):
        shared, own = _kept() / name, instance / name
        shared.mkdir(exist_ok=True)
        if not own.exists():
            own.symlink_to(shared, target_is_directory=True)


_compiled: dict[str, tuple[Dialect, LRUCache]] = {}  # by the name of a dialect


def _share_what_is_compiled(engine: Engine) -> None:
    """Let engines of one dialect share the statements that SQLAlchemy has compiled, as requests in production do.

    The dialect is part of each key; it has met its server when the template was migrated.
    """
    if engine.name in _compiled:
        engine.dialect, engine._compiled_cache = _compiled[engine.name]


def migrate(instance: Path, database_url: str) -> None:
    """Bring an empty database to the present schema by the migrations, as an installation would."""
    app = make_app(instance, database_url)
    with app.app_context():
        upgrade()
        with db.engine.connect():
            pass  # so that the dialect has met its server
        _compiled.setdefault(db.engine.name, (db.engine.dialect, LRUCache(3000)))
        db.engine.dispose()


@dataclass
class SqliteTemplate:
    """A migrated SQLite file that is copied for each test."""

    folder: Path
    file: Path = field(init=False)

    def __post_init__(self) -> None:
        self.file = self.folder / "template.sqlite"
        migrate(self.folder, f"sqlite:///{self.file}")
        with sqlite3.connect(self.file) as connection:
            # What still stands in the write-ahead log would not be copied.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    @contextmanager
    def fresh(self, folder: Path) -> Iterator[str]:
        """Give the address of a new copy in `folder`."""
        copy = folder / "gatherings.sqlite"
        shutil.copyfile(self.file, copy)
        yield f"sqlite:///{copy}"


@dataclass
class Cluster:
    """A PostgreSQL server of our own, on a socket in its own folder, with a migrated template database."""

    programs: Path
    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)
    _empty: list[Emptied] = field(default_factory=list)

    def url(self, name: str, driver: str = "postgresql+psycopg") -> str:
        """Give the address of a database of this server."""
        return f"{driver}://postgres@/{name}?host={self.folder}"

    def execute(self, *statements: str) -> None:
        """Run statements in the maintenance database, each on its own."""
        with psycopg.connect(self.url("postgres", "postgresql"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def prepare(self, instance: Path) -> None:
        """Make and migrate the template."""
        self.execute("CREATE DATABASE template_gatherings")
        migrate(instance, self.url("template_gatherings"))

    @contextmanager
    def fresh(self, folder: Path) -> Iterator[str]:
        """Give the address of a database as the template is: emptied, or new; `folder` is not used."""
        database = self._empty.pop() if self._empty else self._make()
        try:
            yield self.url(database.name)
        finally:
            if database.empty():
                self._empty.append(database)
            else:
                database.close()
                self.execute(f"DROP DATABASE {database.name} WITH (FORCE)")

    def _make(self) -> Emptied:
        name = f"gatherings_{next(self._numbers)}"
        # Copying files is quicker than writing all of it to the log, when nothing waits for the disk.
        self.execute(f"CREATE DATABASE {name} TEMPLATE template_gatherings STRATEGY = FILE_COPY")
        return Emptied(name, self.url(name, "postgresql"))

    def control(self, *words: str) -> None:
        """Run pg_ctl on this server: `start`, `stop -m immediate`, `restart` …"""
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-w", *words)

    def run(self, program: str, *words: str) -> None:
        """Run one of PostgreSQL's programs; as root by the user postgres, because the server refuses root."""
        before = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        with open(self.folder / "programs.log", "a+b") as log:
            done = subprocess.run(
                [*before, str(self.programs / program), *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, check=False,
            )  # fmt: skip
            if done.returncode:
                log.seek(0)
                raise RuntimeError(f"{program} {' '.join(words)}: {log.read().decode(errors='replace')[-2000:]}")


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Start a PostgreSQL server and stop it at the end; `durable=False` leaves fsync out (not for fault tests).

    In a folder by mkdtemp of its own: pytest's tmp_path is closed to the user postgres, and a socket's path must
    be short.
    """
    programs = Path(need("postgres"))
    folder = Path(tempfile.mkdtemp(prefix="gatherings-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        folder.chmod(0o755)
    server = Cluster(programs, folder)
    options = f"-k {folder} -c listen_addresses='' -c max_connections=100"
    if not durable:
        options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off"
    try:
        server.run("initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                   "--locale=C.UTF-8", "-N")  # fmt: skip
        server.control("-o", options, "-l", f"{folder}/server.log", "start")
        try:
            yield server
        finally:
            server.control("-m", "fast", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
