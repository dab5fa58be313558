"""A whole installation under test: database, server in production dress, worker, and a mail server that listens."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from gatherings.accounts.rules import normalise_address
from gatherings.config import Site
from gatherings.core.clock import utc_now
from gatherings.db.session import db
from gatherings.events.models import Event
from gatherings.jobs.models import Job
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions import register
from gatherings.registration.rules import Wanted
from tests.databases import SETTING_NAMES, make_app, settings_environ
from tests.factories import make_event
from tests.mail.receiver import Receiver
from tests.servers import ROOT, Server, running_server

# A drill is one network to the server, and nobody waits for the minutes in which changes are gathered.
SETTINGS = {"REGISTRATIONS_PER_NETWORK": "1000000", "CHANGE_MAIL_DELAY": "0"}


@dataclass
class House:
    """Everything of one installation; `url` is its database's address."""

    folder: Path
    url: str
    receiver: Receiver
    server: Server
    app: Flask
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def site(self) -> Site:
        site: Site = self.app.config["GATHERINGS"].site
        return site

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session of the drill's own, for reading."""
        with self.app.app_context(), Session(db.engine, expire_on_commit=False) as made:
            yield made

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session that has the write lock from the start; what it did is committed at the end."""
        with self.session() as made:
            made.connection(execution_options={"writing": True})
            yield made
            made.commit()

    def ask(self, statement: Any) -> list[Any]:
        """Read rows."""
        with self.session() as session:
            return list(session.execute(statement).all())

    def event(self, **values: Any) -> Event:
        """Make an event a month from now that takes registrations; `values` as in make_event."""
        now = utc_now()
        start = now.replace(tzinfo=None, hour=18, minute=0, second=0, microsecond=0) + timedelta(days=30)
        with self.writing() as session:
            return make_event(session, now=now, starts_local=start, **values)

    def fill(self, event: Event, people: int, prefix: str) -> list[str]:
        """Register people through the action, without mail to wait for; give their addresses in order."""
        addresses = [f"{prefix}{number}@example.org" for number in range(people)]
        now = utc_now()
        with self.writing() as session:
            for address in addresses:
                wanted = Wanted(normalise_address(address), "Ada Example", "Europe/London")
                register(session, event.id, wanted, self.site, now=now)
            session.execute(update(OutboxMail).where(OutboxMail.state == "queued").values(state="kept"))
        return addresses

    def a_minute_passes(self) -> None:
        """Let leases end and put-off mails fall due, as time would."""
        past = utc_now() - timedelta(seconds=1)
        with self.writing() as session:
            for model in (OutboxMail, Job):
                waiting = model.state.in_(("queued", "waiting"))
                session.execute(update(model).where(waiting, model.lease_until.is_not(None)).values(lease_until=past))
            soon = (OutboxMail.state == "queued") & (OutboxMail.due_at < past + timedelta(minutes=30))
            session.execute(update(OutboxMail).where(soon).values(due_at=past))

    def mail_waits(self) -> int:
        """Count mails that are due and not settled."""
        due = (OutboxMail.state == "queued") & (OutboxMail.due_at <= utc_now() + timedelta(hours=1))
        return int(self.ask(select(func.count(OutboxMail.id)).where(due))[0][0])

    def wait_for_mail(self, seconds: float = 60) -> None:
        """Wait until the worker has settled all mail that is due."""
        assert self.receiver.wait(lambda: self.mail_waits() == 0, seconds), f"{self.mail_waits()} mails still wait"

    def command(self, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run a `gatherings` command on this installation; its own settings can be changed."""
        return subprocess.run(
            [sys.executable, "-m", "gatherings", *words], env=self.environ(**settings), cwd=self.folder,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def environ(self, **settings: str) -> dict[str, str]:
        """Give the environment that this installation's processes run in."""
        return {**self.server.environ, **settings}

    @contextmanager
    def another_worker(self, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Run one more `gatherings worker`, with more in its environment; killed at the end if it still runs."""
        with open(self.folder / "worker.log", "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "gatherings", "worker"], env=self.environ(**settings), cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait(10)


@contextmanager
def open_house(folder: Path, url: str, *, receiver: Receiver | None = None, **how: Any) -> Iterator[House]:
    """Open an installation on a migrated database; `how` as in `running_server` (workers, worker, settings)."""
    with ExitStack() as stack:
        receiver = receiver or stack.enter_context(Receiver())
        settings = {**SETTINGS, **{name: value for name, value in how.items() if name.isupper()}}
        rest = {name: value for name, value in how.items() if not name.isupper()}
        server = stack.enter_context(running_server(folder, url, smtp=receiver, **rest, **settings))
        app = make_app(folder / "instance", url, BASE_URL=server.url, **SETTINGS)
        with app.app_context():
            stack.callback(db.engine.dispose)
        yield House(folder, url, receiver, server, app, settings)


def plain_environ(instance: Path, url: str, **settings: str) -> dict[str, str]:
    """Give the environment for a command on some other database."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTING_NAMES}
    return {**kept, **settings_environ(instance, url), "PYTHONPATH": str(ROOT), **SETTINGS, **settings}


def month_ahead(days: int = 30) -> datetime:
    """Give a wall-clock time so many days from now, at six in the evening."""
    now = utc_now().replace(tzinfo=None, hour=18, minute=0, second=0, microsecond=0)
    return now + timedelta(days=days)


@contextmanager
def locked(house: House) -> Iterator[None]:
    """Hold the write lock of the SQLite file as another program would."""
    other = sqlite3.connect(make_url(house.url).database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()
