"""`gatherings run` and `gatherings worker`: production, under one parent that stops everything cleanly."""

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from gatherings import wiring
from gatherings.app import create_app
from gatherings.cli.checking import schema_problem
from gatherings.cli.logs import init_logs
from gatherings.cli.serving import serve
from gatherings.config import Settings, read_settings
from gatherings.db.session import db, follow_clock
from gatherings.jobs.worker import Loop, new_worker_name

log = logging.getLogger(__name__)
GRACE = 35.0  # seconds for requests in hand (bars B21: 30 s) and the worker's piece


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64))
@click.option("--no-worker", is_flag=True, help="Without the worker: it runs elsewhere.")
def run(host: str, port: int, workers: int, threads: int, no_worker: bool) -> None:
    """Check settings and migrations, then start the web server and the worker."""
    os.environ["GATHERINGS_THREADS"] = str(threads)
    settings = read_settings()
    init_logs(settings.log_format)
    app = _make_app(settings)
    with app.app_context():
        problem = schema_problem()
        db.engine.dispose()  # children make connections of their own
    if problem:
        click.echo(f"Gatherings did not start. {problem}", err=True)
        sys.exit(2)
    children = [web_process(host, port, workers, threads, app)]
    if not no_worker:
        children.append(worker_process())
    sys.exit(watch(children))


class Child:
    """A process forked from this one: it shares what is loaded, so that it starts at once and costs little memory.

    To be made while this process has one thread and no open connection to the database.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self.returncode: int | None = None
        sys.stdout.flush()
        sys.stderr.flush()
        gc.collect()
        gc.freeze()  # collectors of the children leave alone what they share with us
        self.pid = os.fork()
        if self.pid == 0:
            _live(work)

    def poll(self) -> int | None:
        """Give the status with which it ended, negative for a signal; None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float) -> bool:
        """Wait until it has ended; tells whether it has within so many seconds."""
        ends = time.monotonic() + timeout
        while self.poll() is None and time.monotonic() < ends:
            time.sleep(0.02)
        return self.returncode is not None

    def terminate(self) -> None:
        """Ask it to stop."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def _live(work: Callable[[], object]) -> NoReturn:
    """Do a child's work and end, without what the parent would do at its own end."""
    status = 1
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        work()
        status = 0
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except KeyboardInterrupt:
        status = 130
    except BaseException:
        log.exception("a process ended by a fault")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def web_process(host: str, port: int, workers: int, threads: int, app: Flask | None = None) -> Child:
    """Start granian with the app; each of its workers has `threads` threads for requests."""
    os.environ["GATHERINGS_THREADS"] = str(threads)
    return Child(lambda: serve(app or _make_app(read_settings()), host, port, workers, threads))


def worker_process() -> Child:
    """Start the worker as a process of its own, which leaves the processor to people's pages first."""

    def work() -> None:
        os.nice(5)
        _work()

    return Child(work)


def watch(children: list[Child]) -> int:
    """Wait for a signal or for a child that ends by itself, then stop all; give the exit status.

    Children stop on SIGTERM: the server finishes its requests, the worker the piece in hand. A worker that dies is
    started again; a web server that dies ends everything, so that whoever supervises us starts afresh.
    """
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    status = 0
    while not stopping.wait(0.2):
        if children[0].poll() is not None:
            status = 1
            log.error("the web server ended by itself with status %s", children[0].returncode)
            break
        for index, child in enumerate(children[1:], start=1):
            if child.poll() is not None:
                log.error("the worker ended by itself with status %s; starting it again", child.returncode)
                time.sleep(1)
                children[index] = worker_process()
    stop_all(children)
    return status


def stop_all(children: list[Child]) -> None:
    """Stop children that still run, gently first."""
    for child in children:
        child.terminate()
    ends = time.monotonic() + GRACE
    for child in children:
        if not child.wait(max(0.1, ends - time.monotonic())):
            child.kill()
            child.wait(10)


@click.command()
def worker() -> None:
    """Run the worker alone: mail, reminders, changes, dates kept ahead."""
    _work()


def _make_app(settings: Settings) -> Flask:
    """Make the app of a process that runs for long: it goes by the database's clock."""
    app = create_app(settings)
    with app.app_context():
        follow_clock(db.engine)
    return app


def _work() -> None:
    settings = read_settings()
    init_logs(settings.log_format)
    app = _make_app(settings)
    with app.app_context(), suppress(SQLAlchemyError):  # a database that is away is waited for
        db.engine.connect().close()  # before the first look at what is due, the time is known
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    make_loop(app, settings).run(stop)


def make_loop(app: Flask, settings: Settings) -> Loop:
    """Make the worker's loop with everything that is wired."""
    return Loop(
        app,
        new_worker_name(),
        drains=wiring.drains(app, settings),
        handlers=wiring.handlers(settings.site),
        periodic=wiring.PERIODIC,
    )
