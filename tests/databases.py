"""Databases for tests: a migrated template made once, copied for each test. SQLite files and PostgreSQL."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from flask import Flask
from flask_migrate import upgrade

from gatherings.app import create_app
from gatherings.config import read_settings
from gatherings.db.session import db
from tests.parts import need

SECRET = "a key for tests alone, 0123456789abcdef"
BASE_URL = "http://gatherings.test"
# Settings of whoever runs the tests must not leak into them.
SETTING_NAMES = (
    "DATABASE_URL", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "BASE_URL", "SMTP_URL", "MAIL_FROM", "PROXY_COUNT",
    "REDIS_URL", "LOG_FORMAT", "CHANGE_MAIL_DELAY", "REGISTRATIONS_PER_NETWORK", "GATHERINGS_DEMO",
    "GATHERINGS_DEVELOPMENT", "GATHERINGS_INSTANCE", "GATHERINGS_THREADS",
)  # fmt: skip


def settings_environ(instance: Path, database_url: str, **extra: str) -> dict[str, str]:
    """Give the environment of an installation under test: nothing of the machine's own settings in it."""
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
    return create_app(read_settings(settings_environ(instance, database_url, **extra)))


def migrate(instance: Path, database_url: str) -> None:
    """Bring an empty database to the present schema by the migrations, as an installation would."""
    app = make_app(instance, database_url)
    with app.app_context():
        upgrade()
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
        """Give the address of a new database, dropped afterwards; `folder` is not used."""
        name = f"gatherings_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template_gatherings")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

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
        options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
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
