"""Who waits where: threads in front of the app, so that nobody who waits or sends slowly is in another's way.

The server gives each request a thread of a large hall. What is kept or static is answered at once from there. A form
is read there too, however slowly it comes (bar C30). Only then one goes in to the app, where as many work at a time
as the machine can use; they are let in by order of arrival.
"""

import re
import threading
from collections import deque
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any

from gatherings.web.plain import refuse

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

HALL = 120  # threads of a process that may wait or read, besides those that work
MOST = 256 * 1024  # bytes: what the app takes (MAX_CONTENT_LENGTH); more is refused unread
BIG = 6 * 1024 * 1024  # bytes: what is sent as a file (web/requests.py `big_body`), BIG_TURNS at a time
BIG_TURNS = 4
BEGINNING = 16 * 1024  # bytes that are read of a file that is larger still
PATIENCE = 0.05  # seconds that a form waits for leave to be read while the hall is full of slow senders

_SLIDE = re.compile("/submissions/([^/]+)/slide")

_BUSY = ("One moment, please", "Many people are here at this moment. Please go back and try again in a few seconds.")
_CUT_OFF = ("That did not arrive whole", "What you sent did not arrive whole. Please go back and send it again.")


class Turnstile:
    """WSGI middleware that lets `most` requests at a time into an app, first come, first in.

    Who only reads does not wait behind everybody who registers in a rush (bar A6): a place that falls free goes to a
    reader first, and every fourth time to a writer; a quarter of the places are never held by writers.
    """

    def __init__(self, app: "WSGIApplication", most: int) -> None:
        self._app = app
        self._free = most
        self._free_to_write = max(1, most - most // 4)
        self._readers: deque[threading.Lock] = deque()
        self._writers: deque[threading.Lock] = deque()
        self._readers_in_a_row = 0
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        writes = environ["REQUEST_METHOD"] not in ("GET", "HEAD", "OPTIONS")
        self._enter(writes=writes)
        try:
            return self._app(environ, start_response)
        finally:
            self._leave(wrote=writes)

    def _enter(self, *, writes: bool) -> None:
        with self._lock:
            if self._free > 0 and (not writes or self._free_to_write > 0):
                self._take(writes=writes)
                return
            mine = threading.Lock()
            mine.acquire()
            (self._writers if writes else self._readers).append(mine)
        mine.acquire()  # until the one who leaves hands over: nobody slips in between

    def _take(self, *, writes: bool) -> None:
        self._free -= 1
        self._free_to_write -= writes

    def _leave(self, *, wrote: bool) -> None:
        with self._lock:
            self._free += 1
            self._free_to_write += wrote
            may_write = bool(self._writers) and self._free_to_write > 0
            if self._readers and not (may_write and self._readers_in_a_row >= 3):
                self._readers_in_a_row += 1
                self._take(writes=False)
                self._readers.popleft().release()
            elif may_write:
                self._readers_in_a_row = 0
                self._take(writes=True)
                self._writers.popleft().release()


class BodiesFirst:
    """WSGI middleware that reads what is sent before the app is asked; `most` senders at a time.

    `style` is the address of the stylesheet, for pages that say no; `knows` tells whether a presenter's link is one
    of ours: they may send a picture. Their turns are their own, so that no presenter is in an organiser's way.
    """

    def __init__(
        self, app: "WSGIApplication", most: int, style: str = "", *, knows: Callable[[str], bool] = lambda token: False
    ) -> None:
        self._app = app
        self._style = style
        self._knows = knows
        self._turns = threading.BoundedSemaphore(max(1, most))
        self._big_turns = threading.BoundedSemaphore(BIG_TURNS)
        self._slide_turns = threading.BoundedSemaphore(BIG_TURNS)

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        chunked = bool(environ.get("HTTP_TRANSFER_ENCODING"))
        large = not chunked and length.isdecimal() and int(length) > MOST
        big = self._big_turns_for(environ, int(length)) if large else None
        if not chunked and big is None and (large or not length.isdecimal() or int(length) == 0):
            return self._app(environ, start_response)
        most = MOST + 1 if big is None else int(length) if int(length) <= BIG else BEGINNING
        turns = big or self._turns
        if not turns.acquire(timeout=PATIENCE):
            return refuse(environ, start_response, 503, *_BUSY, style=self._style)
        try:
            body = environ["wsgi.input"].read(most)
        finally:
            turns.release()
        if most == BEGINNING:  # the app says that it is too much, and shows the words again that stand before the file
            return self._app(environ | {"wsgi.input": BytesIO(body)}, start_response)
        if length and len(body) != int(length):  # the sender went away in the middle: half a form is none
            return refuse(environ, start_response, 400, *_CUT_OFF, style=self._style)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        return self._app(environ, start_response)

    def _big_turns_for(self, environ: dict[str, Any], length: int) -> threading.BoundedSemaphore | None:
        """Give the turns of whoever may send files to this address, as far as the hall can know; None for others.

        Organisers' screens with a cookie (whether it is a session is for the app to say), presenters by their link:
        of what is too large from them the beginning is read. The app takes no more than the view allows.
        """
        path = str(environ.get("PATH_INFO", ""))
        if path.startswith("/organise/") and "organiser=" in environ.get("HTTP_COOKIE", ""):
            return self._big_turns if length <= BIG else None
        slide = _SLIDE.fullmatch(path)
        return self._slide_turns if slide is not None and self._knows(slide[1]) else None
