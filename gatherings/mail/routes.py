"""The demo's mailbox: mail as it was composed, for whoever tries Gatherings out without a mail server.

Only registered in the demo. Mail is shown in a frame that can run and load nothing.
"""

import base64
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser

from flask import Blueprint, Response, make_response, request

from gatherings.core.errors import NotFound
from gatherings.db import current_session
from gatherings.mail.models import OutboxMail
from gatherings.mail.queries import get_mail, list_mails
from gatherings.web.answers import answer
from gatherings.web.headers import CONTENT_SECURITY_POLICY
from gatherings.web.rights import public

bp = Blueprint("mailbox", __name__, url_prefix="/mailbox")

PAGE = 50
# The mailbox page may show frames of our own; the mail inside may be framed by us, and may do nothing but look.
_PAGE_POLICY = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
_HTML_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"


@dataclass(frozen=True)
class Opened:
    """A mail taken apart: its headers in order, both forms of the body, the calendar part."""

    headers: list[tuple[str, str]]
    text: str
    html: str | None
    calendar: bytes | None
    raw: str


@bp.route("")
@public
def index() -> Response:
    """List all mail, newest first; `to` searches by recipient, `before` is the page's last id."""
    asked, before = request.args.get("to", "")[:320], request.args.get("before", "")
    to = "".join(char for char in asked if char.isprintable()).strip()
    before_id = int(before) if before.isdecimal() and len(before) < 16 else None
    mails = list_mails(current_session(), before_id=before_id, to=to or None, limit=PAGE + 1)
    older = mails[PAGE - 1].id if len(mails) > PAGE else None
    return _unstored(answer("mailbox/index.html", mails=mails[:PAGE], to=to, older=older, later=before_id is not None))


@bp.route("/<int:mail_id>")
@public
def show(mail_id: int) -> Response:
    """Show one mail: headers, text, HTML in a frame, calendar part, raw message."""
    mail = get_mail(current_session(), mail_id)
    response = _unstored(answer("mailbox/mail.html", mail=mail, opened=_open(mail)))
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


@bp.route("/<int:mail_id>/html")
@public
def html(mail_id: int) -> Response:
    """Give a mail's HTML for the frame; nothing in it runs or loads."""
    opened = _open(get_mail(current_session(), mail_id))
    if opened is None or opened.html is None:
        raise NotFound()
    response = _unstored(make_response(opened.html))
    response.headers["Content-Security-Policy"] = _HTML_POLICY
    return response


@bp.route("/<int:mail_id>/invite.ics")
@public
def invite(mail_id: int) -> Response:
    """Give a mail's calendar part as a file."""
    opened = _open(get_mail(current_session(), mail_id))
    if opened is None or opened.calendar is None:
        raise NotFound()
    response = _unstored(make_response(opened.calendar))
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="invite.ics"'
    return response


def _unstored(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _open(mail: OutboxMail) -> Opened | None:
    """Take a composed mail apart; None before it is composed, or once it was emptied."""
    if mail.mime is None:
        return None
    message = BytesParser(policy=policy.default).parsebytes(mail.mime)
    assert isinstance(message, EmailMessage)  # of this policy
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    calendars = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    return Opened(
        headers=[(name, str(value)) for name, value in message.items()],
        text=str(text.get_content()) if text is not None else "",
        html=_with_pictures(str(html.get_content()), message) if html is not None else None,
        calendar=_bytes_of(calendars[0]) if calendars else None,
        raw=mail.mime.decode("utf-8", "replace"),
    )


def _bytes_of(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)  # of one part
    return payload


def _with_pictures(html: str, message: EmailMessage) -> str:
    """Put the pictures that came along into the HTML itself: here nobody else would know where they are."""
    for part in message.walk():
        name = str(part["Content-ID"] or "").strip("<>")
        if name and part.get_content_maintype() == "image":
            data = base64.b64encode(_bytes_of(part)).decode()
            html = html.replace(f"cid:{name}", f"data:{part.get_content_type()};base64,{data}")
    return html
