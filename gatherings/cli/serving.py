"""The web server's own process: granian, with the app made once in each of its workers."""

import sys

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

BACKLOG = 2048


def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve until SIGTERM; requests in hand are finished first."""
    Granian(
        "gatherings.app:create_app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=threads,
        backlog=BACKLOG,
        backpressure=BACKLOG,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        log_access=False,
        websockets=False,
    ).serve()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
