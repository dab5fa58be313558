"""The double as a server on this machine, and the hand that tests and the demo have on it."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request

from gatherings.double.answering import Api, Cut
from gatherings.double.faults import Faults
from gatherings.double.notices import Delivery, Notices
from gatherings.double.pages import Pages
from gatherings.double.past import Past, remember
from gatherings.double.returns import Returns
from gatherings.payments.providers.stripe import EVENTS
from gatherings.payments.providers.stripe_check import HOOK

KEY = "sk_test_double_0123456789"
SECRET = "whsec_double_0123456789"  # noqa: S105 (it guards nothing)
Order = Callable[[list[Delivery]], list[Delivery]]


class Double:
    """A stand-in for Stripe on 127.0.0.1: its API, its hosted pages and its notices. Charges nobody.

    `books` is what happens at Stripe (pay, delay, settle, decline, expire_session, settle_refund, dispute …),
    `notices` its webhooks, `faults` and `notices.chaos` what goes wrong, `api.requests` what it was asked.
    """

    def __init__(self) -> None:
        self.secret = SECRET
        self.port = 0
        self.faults, self.notices = Faults(), Notices()
        self.books = Returns(self.notices.tell, lambda: self.url)
        self.api = Api(self.books, self.notices, self.faults, KEY)
        self._pages = Pages(self.books, self.notices)
        self._server: Any = None

    @property
    def url(self) -> str:
        """Give the address of it all: STRIPE_API_BASE."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """Give the settings of an installation that speaks with this double."""
        return settings_for(self.port)

    def serves(self, base_url: str, **values: Any) -> dict[str, Any]:
        """Register the webhook endpoint of an installation; `values` make it different from what it should be."""
        import stripe

        row = self.notices.add_endpoint(f"{base_url}{HOOK}", self.secret, list(EVENTS), stripe.api_version)
        row.update(values)
        return row

    def deliver(self, hand_over: Callable[[Delivery], int], *, order: Order = list) -> list[int]:
        """Hand over all held notices, in an order; gives how each was answered. Those not taken are held again."""
        statuses = []
        for delivery in order(self.notices.take()):
            status = hand_over(delivery)
            self.notices.settled(delivery, status)
            statuses.append(status)
            if not 200 <= status < 300:
                self.notices.held.append(delivery)
        return statuses

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        if request.path.startswith("/v1/"):
            try:
                response = self.api.answer(request)
            except Cut:
                _cut(environ)
                return []
        else:
            response = self._pages.answer(request)
        return response(environ, start_response)

    def start(self, port: int = 0) -> None:
        """Begin to listen."""
        self._server = make_server("127.0.0.1", port, self, threaded=True, request_handler=_Quiet)
        self.port = self._server.server_port
        serve = partial(self._server.serve_forever, poll_interval=0.02)
        threading.Thread(target=serve, daemon=True, name="stripe-double").start()

    def stop(self) -> None:
        """Stop listening and telling."""
        self.notices.stop()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Quiet(WSGIRequestHandler):
    """Writes no line for each request, and lets a line be cut."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Write the time of an answer, by the double's own clock."""
        double: Any = self.server.app
        return super().date_time_string(time.time() + double.api.ahead if timestamp is None else timestamp)

    def make_environ(self) -> WSGIEnvironment:
        environ = super().make_environ()
        environ["double.line"] = self.connection
        return environ


def _cut(environ: WSGIEnvironment) -> None:
    line: socket.socket = environ["double.line"]
    line.shutdown(socket.SHUT_RDWR)


def settings_for(port: int) -> dict[str, str]:
    """Give the settings of an installation that speaks with a double on a port of this machine."""
    return {
        "STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": SECRET, "STRIPE_API_BASE": f"http://127.0.0.1:{port}",
    }  # fmt: skip


def serve_double(port: int, base_url: str, past: Iterable[Past] = ()) -> None:
    """Serve a double for one installation until the process is ended; it sends its notices by itself."""
    double = Double()
    remember(double.books, past)
    double.serves(base_url)
    double.start(port)
    double.notices.push()
    never = threading.Event()
    while not never.wait(5):
        double.books.expire_old()


@contextmanager
def running_double(port: int = 0) -> Iterator[Double]:
    """Run a double; it holds its notices until `double.notices.push()` or `double.deliver(…)`."""
    double = Double()
    double.start(port)
    try:
        yield double
    finally:
        double.stop()
