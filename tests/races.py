"""Several at once, in threads, each with a connection of its own."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask


def at_once(app: Flask, presses: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all at the same moment; give what each came to, an exception for what failed, in no order."""
    kept, app.extensions["tests.sessions"] = app.extensions["tests.sessions"], []
    for session in kept:  # what the test has written must be there for all
        session.commit()
    gate, found = threading.Barrier(len(presses)), list[Any]()

    def go(press: Callable[[], Any]) -> None:
        gate.wait()
        try:
            found.append(press())
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=go, args=(press,)) for press in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    app.extensions["tests.sessions"] = kept
    return found
