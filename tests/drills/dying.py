"""A process of its own that does one thing with an order and dies by SIGKILL at a step of it.

`python -m tests.drills.dying <what> <order id> <step>`: what is "start" (press "pay by card"), "back" (come back from
the provider), "worker" (what the worker does). Steps are counted at both edges of each transaction and of each
request to the provider: 1 is before the first, 2 after it, and so on. It prints how many there were.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from gatherings.app import create_app
from gatherings.config import read_settings
from gatherings.core.clock import utc_now
from gatherings.payments import jobs
from gatherings.payments.actions import expiring, looking, noticing, refunding, starting
from gatherings.payments.providers.registry import provider_of

_STEPS = ("start", "look", "expire", "refund", "look_refund")


class Clock:
    """Counts steps, and ends the process at one of them as a power cut would."""

    def __init__(self, last: int) -> None:
        self.count, self.last = 0, last

    def step(self) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def stepping(*args: Any, **more: Any) -> Any:
            self.step()
            result = function(*args, **more)
            self.step()
            return result

        return stepping


def main(what: str, order_id: int, last: int) -> None:
    """Do it."""
    clock = Clock(last)
    settings = read_settings()
    app = create_app(settings)
    provider = provider_of(app)
    assert provider is not None
    for name in _STEPS:
        setattr(provider, name, clock.around(getattr(provider, name)))
    for module in (starting, looking, expiring, noticing, refunding, jobs):
        module.transact = clock.around(module.transact)  # type: ignore[attr-defined]  # a test's own
    now = utc_now()
    with app.app_context():
        if what == "start":
            starting.start(provider, order_id, f"{settings.base_url}/orders/a-token", settings.site, now=now)
        elif what == "back":
            looking.look_at(provider, order_id, settings.site, now=now)
    if what == "worker":
        drain = jobs.payments_drain(app, settings)
        while drain("dying", now + timedelta(seconds=2)):
            pass
    print(clock.count)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
