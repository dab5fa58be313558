"""The web server: granian, with an app that was made before its workers are forked, so that they share it."""

import ctypes
from contextlib import suppress

from flask import Flask

from gatherings.web.bodies import BodiesFirst

BACKLOG = 2048
_M_ARENA_MAX = -8  # malloc.h


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
        blocking_threads=threads,
        backlog=BACKLOG,
        backpressure=BACKLOG,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        log_access=False,
        websockets=False,
    )
    _share_memory_between_threads()
    served = BodiesFirst(app, threads)
    server.serve(target_loader=lambda target: served)


def _share_memory_between_threads() -> None:
    """Let glibc keep two heaps instead of one for each thread, which never gives its largest moment back."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
