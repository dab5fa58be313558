"""Who waits where: threads in front of the app, so that nobody who waits or sends slowly is in another's way.

The server gives each request a thread of a large hall. What is kept or static is answered at once from there. A form
is read there too, however slowly it comes (bar C30). Only then one goes in to the app, where as many work at a time
as the machine can use; they are let in by order of arrival.
"""

import threading
from collections import deque
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any

from gatherings.web.headers import STANDING

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

HALL = 120  # threads of a process that may wait or read, besides those that work
MOST = 256 * 1024  # bytes: what the app takes (MAX_CONTENT_LENGTH); more is refused unread
PATIENCE = 0.05  # seconds that a form waits for leave to be read while the hall is full of slow senders


class Turnstile:
    """WSGI middleware that lets `most` requests at a time into an app, first come, first in."""

    def __init__(self, app: "WSGIApplication", most: int) -> None:
        self._app = app
        self._free = most
        self._line: deque[threading.Lock] = deque()
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        self._enter()
        try:
            return self._app(environ, start_response)
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return
            mine = threading.Lock()
            mine.acquire()
            self._line.append(mine)
        mine.acquire()  # until the one who leaves hands over: nobody slips in between

    def _leave(self) -> None:
        with self._lock:
            if self._line:
                self._line.popleft().release()
            else:
                self._free += 1


class BodiesFirst:
    """WSGI middleware that reads what is sent before the app is asked; `most` senders at a time."""

    def __init__(self, app: "WSGIApplication", most: int) -> None:
        self._app = app
        self._turns = threading.BoundedSemaphore(max(1, most))

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        chunked = bool(environ.get("HTTP_TRANSFER_ENCODING"))
        if not chunked and (not length.isdecimal() or not 0 < int(length) <= MOST):
            return self._app(environ, start_response)
        if not self._turns.acquire(timeout=PATIENCE):
            return _refuse(start_response, "503 Service Unavailable", "Many people are here. Please try again soon.\n")
        try:
            body = environ["wsgi.input"].read(MOST + 1)
        finally:
            self._turns.release()
        if length and len(body) != int(length):  # the sender went away in the middle: half a form is none
            return _refuse(start_response, "400 Bad Request", "This did not arrive whole. Please send it again.\n")
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        return self._app(environ, start_response)


def _refuse(start_response: "StartResponse", status: str, sentence: str) -> list[bytes]:
    headers = {**STANDING, "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", "Retry-After": "5"}
    start_response(status, [*headers.items(), ("Content-Length", str(len(sentence)))])
    return [sentence.encode()]
