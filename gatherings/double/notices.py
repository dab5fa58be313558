"""Events, and telling webhook endpoints of them: signed as Stripe signs, held for a test or sent by themselves."""

import heapq
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from gatherings.double.faults import Chaos
from gatherings.double.objects import blank, new_id, seconds

_AGAIN_AFTER = (1, 2, 4, 8)  # seconds; Stripe itself tries for three days
_WAIT = 20  # seconds for an answer


@dataclass
class Delivery:
    """One event for one endpoint; `body` and `headers()` are what is sent. `answered` are the answers so far."""

    event: dict[str, Any]
    url: str
    secret: str
    endpoint: str = ""
    answered: list[int] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Give the event's type."""
        return str(self.event["type"])

    @property
    def body(self) -> bytes:
        """Give what is posted."""
        return json.dumps(self.event, indent=2).encode()

    def headers(self, *, at: int | None = None, secret: str | None = None) -> dict[str, str]:
        """Sign it; as of another moment or with another secret if a test wants that."""
        import stripe

        signature = stripe.WebhookSignature.generate_signature_header(
            self.body.decode(), self.secret if secret is None else secret, timestamp=seconds() if at is None else at
        )
        return {"Stripe-Signature": signature, "Content-Type": "application/json; charset=utf-8"}


class Notices:
    """All events, and what is still to be delivered."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.secrets: dict[str, str] = {}
        self.sent: list[Delivery] = []
        self.held: list[Delivery] = []
        self.chaos: Chaos | None = None
        self._pushing = False
        self._due: list[tuple[float, int, Delivery]] = []
        self._turn = count()
        self._busy = 0
        self._change = threading.Condition()
        self._pool: ThreadPoolExecutor | None = None

    def add_endpoint(self, url: str, secret: str, events: list[str], version: str | None = None) -> dict[str, Any]:
        """Register a webhook endpoint."""
        row = blank(
            "webhook_endpoint", id=new_id("we"), url=url, enabled_events=events, status="enabled", api_version=version
        )
        self.endpoints[row["id"]], self.secrets[row["id"]] = row, secret
        return row

    def tell(self, kind: str, about: dict[str, Any]) -> None:
        """Note that something happened, and let the endpoints know that want to."""
        import stripe

        event = blank(
            "event", id=new_id("evt"), type=kind, api_version=stripe.api_version, pending_webhooks=0,
            data={"object": json.loads(json.dumps(about))}, request={"id": new_id("req"), "idempotency_key": None},
        )  # fmt: skip
        self.events[event["id"]] = event
        for row in self.endpoints.values():
            if row["status"] == "enabled" and (kind in row["enabled_events"] or "*" in row["enabled_events"]):
                event["pending_webhooks"] += 1
                self._deliver(Delivery(event, row["url"], self.secrets[row["id"]], row["id"]))

    def _deliver(self, delivery: Delivery) -> None:
        with self._change:
            if not self._pushing:
                self.held.append(delivery)
                return
            for late in self.chaos.plan() if self.chaos else [0.0]:
                heapq.heappush(self._due, (time.monotonic() + late, next(self._turn), delivery))
            self._change.notify_all()

    def take(self) -> list[Delivery]:
        """Give what was held, for a test to post as it likes."""
        with self._change:
            taken, self.held = self.held, []
            return taken

    def settled(self, delivery: Delivery, status: int) -> None:
        """Note how a delivery was answered."""
        with self._change:
            delivery.answered.append(status)
            self.sent.append(delivery)
            if 200 <= status < 300 and sum(200 <= each < 300 for each in delivery.answered) == 1:
                delivery.event["pending_webhooks"] -= 1

    # --- sending by themselves ---

    def push(self) -> None:
        """Send notices over HTTP from now on, those that were held first."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(8, thread_name_prefix="notices")
            self._pushing = True
            threading.Thread(target=self._run, daemon=True, name="notices").start()
        for delivery in self.take():
            self._deliver(delivery)

    def stop(self) -> None:
        """Send nothing any more."""
        with self._change:
            self._pushing = False
            self._due.clear()
            self._change.notify_all()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def wait(self, limit: float = 30) -> bool:
        """Wait until every notice is delivered or given up; False if that takes longer."""
        until = time.monotonic() + limit
        with self._change:
            return self._change.wait_for(lambda: not self._due and not self._busy, max(0, until - time.monotonic()))

    def _run(self) -> None:
        while True:
            with self._change:
                if not self._pushing:
                    return
                if not self._due or self._due[0][0] > time.monotonic():
                    wait = min(1.0, self._due[0][0] - time.monotonic()) if self._due else 1.0
                    self._change.wait(max(0.005, wait))
                    continue
                delivery = heapq.heappop(self._due)[2]
                self._busy += 1
                pool = self._pool
            if pool is not None:
                pool.submit(self._send, delivery)

    def _send(self, delivery: Delivery) -> None:
        try:
            status = post(delivery.url, delivery.headers(), delivery.body)
            self.settled(delivery, status)
            with self._change:
                tries = len(delivery.answered)
                if not 200 <= status < 300 and tries <= len(_AGAIN_AFTER) and self._pushing:
                    at = time.monotonic() + _AGAIN_AFTER[tries - 1]
                    heapq.heappush(self._due, (at, next(self._turn), delivery))
        finally:
            with self._change:
                self._busy -= 1
                self._change.notify_all()


def post(url: str, headers: dict[str, str], body: bytes) -> int:
    """Post a notice; gives the status, 0 for no answer."""
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 (an address of our own)
    open_it: Callable[..., Any] = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
    try:
        with open_it(request, timeout=_WAIT) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return int(error.code)
    except OSError:
        return 0
