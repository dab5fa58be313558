"""A worker in a process of its own, to be killed: `python -m tests.mail.worker_process DATABASE HOST PORT`."""

import sys
import threading

from gatherings.jobs.worker import Loop, new_worker_name
from gatherings.mail.drain import drain
from tests.mail.conftest import hello, make_settings, make_small_app


def main(address: str, host: str, port: str) -> None:
    app = make_small_app(address)
    sending = drain(app, {"hello": hello}, make_settings(address, host, int(port)))
    Loop(app, new_worker_name(), drains=[sending]).run(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
