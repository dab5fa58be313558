"""Make the bytes of a mail: text, HTML and, for invites, the calendar twice (calendars.md 13-15).

Every header is written here, line by line: the standard library folds long addresses, ids and URLs into encoded
words that nobody can read. No value can begin a header line of its own: controls and line breaks become spaces.
"""

import re
import textwrap
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.header import Header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import format_datetime
from functools import cache
from typing import Any

COLUMNS = 72  # of the text form
_POLICY = policy.SMTP.clone(cte_type="7bit")  # any server passes the bytes on unchanged
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_BREAKS = {"Cc", "Cs", "Zl", "Zp"}  # controls, surrogates, U+2028, U+2029
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # Cc but for tab and line end, and Cs
_PLAIN = re.compile(r"[ -~]*")
_URL = re.compile(r"https?://[!#-;=?-~]{1,900}")
_QUOTED_METHOD = re.compile(rb'(\r\nContent-Type: text/calendar); method="([A-Z]+)"; charset="UTF-8"\r\n')
_ATOMS = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")  # RFC 5322 3.2.3: needs no quotes


@dataclass(frozen=True)
class Letter:
    """What a mail says: subject, both forms of the body, and for invites the calendar's bytes with their METHOD.

    `unsubscribe` is a https URL that takes a one-click POST (RFC 8058); `reply_to` a plain address; `images` are
    (name, PNG) that the HTML shows as `cid:<name>@gatherings`; `papers` are (file name in ASCII, PDF) to be kept.
    """

    subject: str
    text: str
    html: str
    calendar: bytes | None = None
    method: str | None = None
    unsubscribe: str | None = None
    reply_to: str | None = None
    images: tuple[tuple[str, bytes], ...] = ()
    papers: tuple[tuple[str, bytes], ...] = ()


def build(
    letter: Letter,
    *,
    sender_name: str,
    mail_from: str,
    recipient: str,
    message_id: str,
    date: datetime,
    unsubscribe: str | None = None,
    reply_to: str | None = None,
) -> bytes:
    """Make a mail to one recipient; CRLF line ends, ASCII only (except for a non-ASCII address), lines ≤ 998.

    The sender reads "<sender_name> via Gatherings". `unsubscribe` and `reply_to` stand in for the letter's own.
    Raises ValueError when the calendar's METHOD is not `letter.method` (RFC 6047 2.4) or a URL is none.
    """
    headers = [
        _header("From", f"{_display(_via(sender_name))}\r\n <{clean_line(mail_from)}>"),
        _header("To", clean_line(recipient)),
        _header("Subject", _encoded(clean_line(letter.subject), "Subject")),
        _header("Message-ID", clean_line(message_id)),
        _header("Date", format_datetime(date)),
        _header("Auto-Submitted", "auto-generated"),
        _header("X-Auto-Response-Suppress", "All"),
    ]
    if answer_to := reply_to or letter.reply_to:
        headers.append(_header("Reply-To", clean_line(answer_to)))
    if stop := unsubscribe or letter.unsubscribe:
        if not _URL.fullmatch(stop):
            raise ValueError("the unsubscribe link is no URL that can stand in a header")
        headers.append(_header("List-Unsubscribe", f"<{stop}>"))
        headers.append(_header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    # The library quotes all parameters; calendar programs write and expect these bare (calendars.md 13).
    return b"".join(headers) + _QUOTED_METHOD.sub(rb"\1; method=\2; charset=UTF-8\r\n", _body(letter).as_bytes())


def composed_at(mime: bytes) -> datetime | None:
    """Give the Date of a finished mail: when it was composed, just before its first attempt."""
    value: Any = BytesHeaderParser(policy=policy.default).parsebytes(mime)["Date"]
    moment: datetime | None = getattr(value, "datetime", None)
    return moment


def clean_line(text: str) -> str:
    """Make one line of a text: controls, line breaks and surrogates become spaces, bidi controls go."""
    text = "".join(" " if unicodedata.category(char) in _BREAKS else char for char in _BIDI.sub("", text))
    return re.sub(" {2,}", " ", text).strip()


def clean_text(text: str) -> str:
    """Take controls other than line ends and tabs out of a body; line ends become LF."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", text)


def wrap(text: str, columns: int = COLUMNS) -> str:
    """Wrap long lines of the text form; links are never broken, and indents are kept."""
    lines = []
    for line in text.split("\n"):
        if len(line) <= columns:
            lines.append(line)
            continue
        indent = line[: len(line) - len(line.lstrip())]
        lines += textwrap.wrap(
            line, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )  # fmt: skip
    return re.sub("\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip() + "\n"


def inline_styles(html: str) -> str:
    """Move a mail's <style> rules onto its elements; media queries (dark mode) stay. Fetches nothing."""
    inlined: str = _inliner().inline(html)
    return inlined


@cache
def _inliner() -> Any:
    import css_inline  # heavy: only the worker composes

    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True)


def _body(letter: Letter) -> EmailMessage:
    body = _words(letter)
    for name, data in letter.papers:
        body.add_attachment(data, maintype="application", subtype="pdf", filename=name)
    return body


def _words(letter: Letter) -> EmailMessage:
    body = EmailMessage(policy=_POLICY)
    body.set_content(wrap(clean_text(letter.text)))
    body.add_alternative(inline_styles(clean_text(letter.html)), subtype="html")
    if letter.images:
        # Related to the HTML alone: the calendar's part stays where calendars look for it, beside both bodies.
        html: Any = body.get_body(("html",))
        for name, data in letter.images:
            html.add_related(data, maintype="image", subtype="png", cid=f"<{name}@gatherings>", filename=f"{name}.png",
                             disposition="inline")  # fmt: skip
    if letter.calendar is None:
        return body
    method = _method(letter)
    # As bytes: a str would come out with bare LF (calendars.md 14).
    params = {"method": method, "charset": "UTF-8"}
    body.add_alternative(letter.calendar, maintype="text", subtype="calendar", params=params)
    body.add_attachment(letter.calendar, maintype="application", subtype="ics", filename="invite.ics")
    return body


def _method(letter: Letter) -> str:
    found = re.findall(rb"(?mi)^METHOD:([A-Z]+)\r?$", letter.calendar or b"")
    if letter.method is None or found != [letter.method.encode()]:
        raise ValueError(f"the calendar's METHOD is {found}, the letter's {letter.method}")
    return letter.method


def _via(sender_name: str) -> str:
    name = clean_line(sender_name)
    return name if name.endswith("Gatherings") else f"{name} via Gatherings" if name else "Gatherings"


def _display(name: str) -> str:
    if _ATOMS.fullmatch(name) and len(name) <= 60 and "=?" not in name:
        return name
    if _PLAIN.fullmatch(name) and len(name) <= 60 and "=?" not in name:
        return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return _encoded_words(name, "From")


def _encoded(text: str, header: str) -> str:
    return text if _PLAIN.fullmatch(text) and len(text) <= 60 and "=?" not in text else _encoded_words(text, header)


def _encoded_words(text: str, header: str) -> str:
    return Header(text, charset="utf-8", header_name=header).encode(linesep="\r\n")


def _header(name: str, value: str) -> bytes:
    if re.search(r"[\r\n]", value.replace("\r\n ", "")):
        raise ValueError(f"a line break in {name}")  # cannot happen: the last fence against header injection
    return f"{name}: {value}\r\n".encode()
