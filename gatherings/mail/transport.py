"""Hand mails to the SMTP server. The only module that imports smtplib; used by the worker alone."""

import re
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from gatherings.config import Smtp

CONNECT_TIMEOUT = 20.0  # seconds
COMMAND_TIMEOUT = 30.0
MAIL_BUDGET = 45.0  # seconds for one mail in all, connecting included: less than a lease


@dataclass(frozen=True)
class Sent:
    """The server took the mail (250 after its data)."""


@dataclass(frozen=True)
class TryLater:
    """The server said "not now" to this mail or recipient (4xx)."""

    words: str


@dataclass(frozen=True)
class Refused:
    """The server will never take this mail or recipient (5xx)."""

    words: str


@dataclass(frozen=True)
class Lost:
    """The line was lost or fell silent within this mail; the server may or may not have it."""

    words: str
    silent: bool = False


@dataclass(frozen=True)
class Away:
    """The server takes nothing from us at the moment: no line, no login, or it refuses our address."""

    words: str


Outcome = Sent | TryLater | Refused | Lost | Away


class Transport:
    """One connection for a batch of mails, opened at the first and again when it was dropped.

    `name` is how we introduce ourselves (EHLO): the domain of MAIL_FROM, not the machine's own name.
    """

    def __init__(
        self,
        smtp: Smtp,
        *,
        name: str = "localhost",
        connect_timeout: float = CONNECT_TIMEOUT,
        command_timeout: float = COMMAND_TIMEOUT,
    ) -> None:
        self._settings = smtp
        self._name = name
        self._connect_timeout = connect_timeout
        self._command_timeout = command_timeout
        self._line: smtplib.SMTP | None = None
        self._deadline = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        line, self._line = self._line, None
        if line is None:
            return
        try:
            _patience(line, 2.0)
            line.quit()
        except (smtplib.SMTPException, OSError):
            line.close()  # everything was answered already; a server that does not say goodbye is no fault

    def send(self, sender: str, recipient: str, mime: bytes) -> Outcome:
        """Hand one mail over; never raises for what the server or the network does."""
        if not _sendable(recipient):
            return Refused(f"“{_words(recipient)}” is no address that mail can be sent to")
        if (words := self.knock()) is not None or (line := self._line) is None:
            return Away(words or "there is no line")
        try:
            return self._hand_over(line, sender, recipient, mime)
        except smtplib.SMTPResponseException as error:
            self._close()
            return self._judge(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            self._close()
            return Lost(_said(error), silent=isinstance(error, TimeoutError) or "timed out" in str(error))

    def knock(self) -> str | None:
        """Open the line and log in, as for a mail; gives the server's words when it does not let us."""
        self._deadline = time.monotonic() + MAIL_BUDGET
        try:
            self._open()
        except (smtplib.SMTPException, OSError) as error:
            self._close()
            return _said(error)
        return None

    def _hand_over(self, line: smtplib.SMTP, sender: str, recipient: str, mime: bytes) -> Outcome:
        options = []
        if not recipient.isascii():
            if not line.has_extn("smtputf8"):
                return Refused("the mail server takes only addresses with plain letters before the @")
            options.append("SMTPUTF8")
        self._tick(line)
        code, words = line.mail(sender, options)
        if code != 250:
            self._close()
            return Away(f"{code} {_words(words)}")
        self._tick(line)
        code, words = line.rcpt(recipient)
        if code not in (250, 251):
            outcome = self._judge(code, words)
            if self._line is not None:
                self._tick(line)
                line.rset()
            return outcome
        self._tick(line)
        code, words = line.data(mime)
        return Sent() if code == 250 else self._judge(code, words)

    def _judge(self, code: int, words: bytes | str) -> Outcome:
        said = f"{code} {_words(words)}"
        if code == 421 or code < 400:  # 421: closing the line (RFC 5321 3.8); others make no sense here
            self._close()
            return Lost(said)
        return Refused(said) if code >= 500 else TryLater(said)

    def _open(self) -> smtplib.SMTP:
        if self._line is not None:
            return self._line
        to = self._settings
        if to.tls == "tls":
            secure = ssl.create_default_context()
            line: smtplib.SMTP = smtplib.SMTP_SSL(
                to.host, to.port, self._name, timeout=self._connect_timeout, context=secure
            )
        else:
            line = smtplib.SMTP(to.host, to.port, self._name, timeout=self._connect_timeout)
        self._line = line
        self._tick(line)
        line.ehlo_or_helo_if_needed()
        if to.tls == "starttls":
            self._tick(line)
            line.starttls(context=ssl.create_default_context())  # raises when the server has none: never in clear
            line.ehlo()
        if to.user is not None:
            self._tick(line)
            line.login(to.user, to.password or "")
        return line

    def _tick(self, line: smtplib.SMTP) -> None:
        """Give the next command its time, within what is left for this mail."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out: the mail server answers too slowly")
        _patience(line, min(self._command_timeout, left))

    def _close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()


def try_connection(smtp: Smtp, *, name: str = "localhost") -> str | None:
    """Knock at the mail server, log in and leave; gives None when all is well, else what is wrong in words."""
    with Transport(smtp, name=name) as transport:
        return transport.knock()


def _patience(line: smtplib.SMTP, seconds: float) -> None:
    connection: socket.socket | None = line.sock
    if connection is not None:
        connection.settimeout(seconds)


def _sendable(address: str) -> bool:
    return bool(re.fullmatch(r"[^\s<>@\x00-\x1f\x7f]+@[A-Za-z0-9.-]+", address)) and len(address) <= 320


def _words(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:300]


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_words(error.smtp_error)}"
    return _words(str(error)) or type(error).__name__
