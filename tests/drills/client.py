"""A cheap HTTP/1.1 client on raw connections: a thousand visitors at once, and bench's load."""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


class NoAnswer(ConnectionError):
    """The server took the connection and the line ended without a whole answer."""


class NotTaken(ConnectionError):
    """The server did not take the connection at all."""


@dataclass(slots=True)
class Answer:
    """An answer of the server; `began` and `ended` are monotonic seconds."""

    status: int
    head: bytes
    body: bytes
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(slots=True)
class _Pending:
    done: "asyncio.Future[Answer]"
    began: float
    bodyless: bool


class Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._pending: _Pending | None = None
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if self._pending is not None and not self._pending.done.done():
            self._pending.done.set_exception(NoAnswer(str(error or "closed")))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._pending is None:
            return
        whole = self._take()
        if whole is None:
            return
        head, body = whole
        pending, self._pending = self._pending, None
        if not pending.done.done():
            answer = Answer(int(head[9:12]), head, body, pending.began, time.monotonic())
            pending.done.set_result(answer)

    def _take(self) -> tuple[bytes, bytes] | None:
        assert self._pending is not None
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self._buffer[:end])
        start = end + 4
        if self._pending.bodyless or head[9:12] in (b"304", b"204"):
            del self._buffer[:start]
            return head, b""
        if match := _LENGTH.search(head):
            stop = start + int(match[1])
            if len(self._buffer) < stop:
                return None
            body = bytes(self._buffer[start:stop])
            del self._buffer[:stop]
            return head, body
        if _CHUNKED.search(head):
            return self._take_chunks(head, start)
        raise ValueError(f"an answer of unknown length: {head!r}")

    def _take_chunks(self, head: bytes, at: int) -> tuple[bytes, bytes] | None:
        body = bytearray()
        while True:
            end = self._buffer.find(b"\r\n", at)
            if end < 0:
                return None
            size = int(bytes(self._buffer[at:end]), 16)
            at = end + 2
            if len(self._buffer) < at + size + 2:
                return None
            body += self._buffer[at : at + size]
            at += size + 2
            if size == 0:
                del self._buffer[:at]
                return head, bytes(body)

    async def ask(self, request: bytes) -> Answer:
        """Send a request and wait for its answer; raises NoAnswer when the line ends before."""
        assert self._transport is not None
        assert self._pending is None
        if self.closed:
            raise NoAnswer("closed before it was asked")
        done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending = _Pending(done, time.monotonic(), request.startswith(b"HEAD "))
        self._transport.write(request)
        return await done

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


@dataclass
class Visitor:
    """A browser on a connection of its own: `async with Visitor(port) as visitor:`."""

    port: int
    host: str = "127.0.0.1"
    timeout: float = 60.0
    manners: Mapping[str, str] = field(default_factory=dict)
    line: Line | None = None

    async def __aenter__(self) -> "Visitor":
        return self

    async def __aexit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        if self.line is not None:
            self.line.close()
            self.line = None

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.send(request_bytes("GET", self._host, path, headers={**self.manners, **headers}))

    async def head(self, path: str, **headers: str) -> Answer:
        return await self.send(request_bytes("HEAD", self._host, path, headers={**self.manners, **headers}))

    async def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Answer:
        manners = {"Sec-Fetch-Site": "same-origin", **self.manners, **headers}
        return await self.send(request_bytes("POST", self._host, path, headers=manners, fields=fields))

    @property
    def _host(self) -> str:
        return f"{self.host}:{self.port}"

    async def send(self, request: bytes) -> Answer:
        """Send bytes; a line that the server closed while it was idle is opened again."""
        if self.line is None or self.line.closed:
            self.line = await connect(self.host, self.port, self.timeout)
        async with asyncio.timeout(self.timeout):
            return await self.line.ask(request)


async def connect(host: str, port: int, timeout: float = 60.0) -> Line:
    """Open a connection; raises NotTaken when nobody takes it."""
    try:
        async with asyncio.timeout(timeout):
            _, line = await asyncio.get_running_loop().create_connection(Line, host, port)
    except (OSError, TimeoutError) as error:
        raise NotTaken(str(error)) from error
    return line


def request_bytes(
    method: str,
    host: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
) -> bytes:
    """Write a request; `fields` make it a form. An underscore in a header's name stands for a dash."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    body = b""
    if fields is not None:
        body = urlencode(fields).encode()
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
