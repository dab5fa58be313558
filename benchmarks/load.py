"""Load: connections that ask one after the other, and what they met."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.drills.client import Line, connect, request_bytes


@dataclass
class Burst:
    """What a burst of requests met; `latencies` in seconds."""

    count: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)


def burst(port: int, requests: Callable[[str], bytes], *, lines: int, seconds: float, follow: bool = False) -> Burst:
    """Ask on so many connections for so long; `requests(host)` gives the next, `follow` goes where 303 leads."""
    return asyncio.run(_burst(port, requests, lines, seconds, follow))


async def _burst(port: int, requests: Callable[[str], bytes], lines: int, seconds: float, follow: bool) -> Burst:
    made, host = Burst(), f"127.0.0.1:{port}"
    open_lines = [await connect("127.0.0.1", port) for _ in range(lines)]
    began = time.monotonic()
    until = began + seconds

    async def one(line: Line) -> None:
        while time.monotonic() < until:
            asked = time.monotonic()
            answer = await line.ask(requests(host))
            status = answer.status
            if follow and status == 303:
                answer = await line.ask(request_bytes("GET", host, answer.headers["location"], headers=COOKIE))
                status = answer.status
            made.count += 1
            made.statuses[status] = made.statuses.get(status, 0) + 1
            made.latencies.append(time.monotonic() - asked)

    await asyncio.gather(*(one(line) for line in open_lines))
    made.seconds = time.monotonic() - began
    for line in open_lines:
        line.close()
    return made


COOKIE = {"Cookie": "zone=Pacific/Auckland"}


def fetch(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask once; gives status, headers and body as they came over the wire."""

    async def run() -> tuple[int, dict[str, str], bytes]:
        line = await connect("127.0.0.1", port)
        answer = await line.ask(request_bytes("GET", f"127.0.0.1:{port}", path, headers=headers))
        line.close()
        return answer.status, answer.headers, answer.body

    return asyncio.run(run())
