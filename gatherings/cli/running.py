"""`gatherings run` and `gatherings worker`: production, under one parent that stops everything cleanly."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from types import FrameType

import click
from flask import Flask

from gatherings import wiring
from gatherings.app import create_app
from gatherings.cli.checking import schema_problem
from gatherings.cli.logs import init_logs
from gatherings.config import Settings, read_settings
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
    app = create_app(settings)
    with app.app_context():
        problem = schema_problem()
    if problem:
        click.echo(f"Gatherings did not start. {problem}", err=True)
        sys.exit(2)
    children = [web_process(host, port, workers, threads)]
    if not no_worker:
        children.append(worker_process())
    sys.exit(watch(children))


def web_process(host: str, port: int, workers: int, threads: int) -> subprocess.Popen[bytes]:
    """Start granian with the app; each of its workers has `threads` threads for requests."""
    return subprocess.Popen(  # noqa: S603  # our own interpreter with our own arguments
        [
            sys.executable,
            "-m",
            "gatherings.cli.serving",
            host,
            str(port),
            str(workers),
            str(threads),
        ]
    )


def worker_process() -> subprocess.Popen[bytes]:
    """Start the worker as a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "gatherings", "worker"])  # as above


def watch(children: list[subprocess.Popen[bytes]]) -> int:
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


def stop_all(children: list[subprocess.Popen[bytes]]) -> None:
    """Stop children that still run, gently first."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    ends = time.monotonic() + GRACE
    for child in children:
        try:
            child.wait(timeout=max(0.1, ends - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@click.command()
def worker() -> None:
    """Run the worker alone: mail, reminders, changes, dates kept ahead."""
    settings = read_settings()
    init_logs(settings.log_format)
    app = create_app(settings)
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
