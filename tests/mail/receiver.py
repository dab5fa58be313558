"""A real SMTP server that takes mail, or does what servers do on bad days."""

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, Self

from aiosmtpd.controller import Controller


@dataclass(frozen=True)
class Received:
    """A mail as it came over the line."""

    sender: str
    recipient: str
    data: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = BytesParser(policy=policy.default).parsebytes(self.data)
        assert isinstance(parsed, EmailMessage)
        return parsed


class Receiver:
    """Listen on a free port of this machine: `with Receiver() as receiver:`.

    `messages` were answered with 250. `answers` gives the reply to RCPT for an address, `answer_all` for everybody
    ("451 4.3.0 later"), `answer_sender` to MAIL FROM. The next `drops` mails are read and the line dropped before
    the 250 (they stand in `dropped`), as for each recipient in `drop_for`. While `hanging`, MAIL FROM gets no answer.
    """

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.messages: list[Received] = []
        self.dropped: list[Received] = []
        self.answers: dict[str, str] = {}
        self.answer_all: str | None = None
        self.answer_sender: str | None = None
        self.drops = 0
        self.drop_for: set[str] = set()
        self.hanging = False
        self.takes_any_letter = False  # SMTPUTF8; read when it starts
        self.connections = 0
        with socket.socket() as free:
            free.bind((self.host, 0))
            self.port: int = free.getsockname()[1]
        self._controller: Controller | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        self._controller = Controller(self, hostname=self.host, port=self.port, enable_SMTPUTF8=self.takes_any_letter)
        self._controller.start()
        self.connections = 0  # the controller itself has knocked once

    def stop(self) -> None:
        """Stop listening and cut all lines; `start` listens on the same port again."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def wait_for(self, count: int, seconds: float = 15) -> list[Received]:
        """Wait until `count` mails are there; gives what is there in time."""
        self.wait(lambda: len(self.messages) >= count, seconds)
        return list(self.messages)

    @staticmethod
    def wait(what: Callable[[], bool], seconds: float = 15) -> bool:
        end = time.monotonic() + seconds
        while not what() and time.monotonic() < end:
            time.sleep(0.02)
        return what()

    # What aiosmtpd calls.

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> Any:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        while self.hanging:
            await asyncio.sleep(0.05)
        if self.answer_sender is not None:
            return self.answer_sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        answer = self.answers.get(address) or self.answer_all
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        recipient = envelope.rcpt_tos[0]
        received = Received(envelope.mail_from, recipient, envelope.original_content)
        if self.drops > 0 or recipient in self.drop_for:
            self.drops = max(0, self.drops - 1)
            self.dropped.append(received)
            server.transport.abort()
            return "250 nobody hears this"
        self.messages.append(received)
        return "250 taken"
