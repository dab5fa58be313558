"""The web server: granian, with an app that was made before its workers are forked, so that they share it."""

import ctypes
from contextlib import suppress
from typing import Any

from flask import Flask

from gatherings.core.tokens import Signer
from gatherings.web.hall import HALL, BodiesFirst

BACKLOG = 2048
# What malloc.h calls each, and what it is set to.
_MALLOC = {
    -8: 2,  # M_ARENA_MAX: two heaps, instead of one for each thread, which never gives its largest moment back
    -3: 128 * 1024,  # M_MMAP_THRESHOLD in bytes: it would grow to 32 MiB, and large pieces would stay in the heaps
    -1: 128 * 1024,  # M_TRIM_THRESHOLD
    -2: 64 * 1024,  # M_TOP_PAD
}


def serve(app: Flask, host: str, port: int, workers: int, threads: int) -> None:
    """Serve until SIGTERM; requests in hand are finished first. The app must have no open connection yet."""
    from granian import Granian  # only here: other commands need no server
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings

    server = Granian(
        "gatherings.app:create_app",  # a name for its log; the app itself is handed over below
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads + HALL,
        backlog=BACKLOG,
        backpressure=BACKLOG,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        log_access=False,
        websockets=False,
    )
    _give_memory_back()
    asset: Any = app.jinja_env.globals["asset"]
    signer: Signer = app.extensions["gatherings.signer"]
    served = BodiesFirst(
        app, HALL // 2, asset("app.css"), knows=lambda token: signer.verify("submission", token) is not None
    )
    server.serve(target_loader=lambda target: served)


def _give_memory_back() -> None:
    """Have glibc keep little memory that many threads needed once."""
    with suppress(OSError, AttributeError):  # another C library
        library = ctypes.CDLL(None)
        for name, value in _MALLOC.items():
            library.mallopt(name, value)
