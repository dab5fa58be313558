"""What a visitor sends is read before a view sees it, and slow senders hold half of the threads at most (bar C30).

The server hands a request over as soon as its head is there; the thread that reads the rest waits for the sender,
who may take for ever. The other half of the threads goes on serving pages meanwhile.
"""

import threading
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any

from gatherings.web.headers import STANDING

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

MOST = 256 * 1024  # bytes: what the app takes (MAX_CONTENT_LENGTH); more is refused unread
# Seconds that a press waits while half of the threads wait for slow senders. Short, for it waits in a thread of the
# other half; an honest form comes in one piece and is read in no time.
PATIENCE = 0.05


class BodiesFirst:
    """WSGI middleware around an app that is served by `threads` threads."""

    def __init__(self, app: "WSGIApplication", threads: int) -> None:
        self._app = app
        self._turns = threading.BoundedSemaphore(max(1, threads // 2))

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
