"""A ticket as PDF: the gathering's cover, who comes with which kind, and the code for the door; one for each person."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import segno

from gatherings.core import covers
from gatherings.events.models import Event
from gatherings.events.rules import facts_of
from gatherings.mail.look import look_of
from gatherings.mail.message import clean_line
from gatherings.payments.printing.days import weekdays_words
from gatherings.payments.printing.typesetting import Format, typeset
from gatherings.registration import tickets as door
from gatherings.registration.mails.times import Held, time_rows, where_words
from gatherings.registration.models import Registration
from gatherings.tickets.models import Ticket
from gatherings.web.i18n import direction_now, language_now, speaking
from gatherings.web.i18n import gettext as _

_WIDTH, _HEIGHT = 1480, 440


def ticket_pdf(
    event: Event,
    holder: str,
    tickets: Sequence[Ticket],
    registration: Registration,
    *,
    side: str,
    zone: str,
    language: str,
    now: datetime,
    reference: str = "",
    unpaid: bool = False,
    format: Format = "pdf",
) -> bytes:
    """Make somebody's ticket; the event comes with its community, the tickets (perhaps none) with their kinds.

    `side` is "room" or "online": who comes to the room gets the code for the door, which is the registration's and
    so is one for each person. Needs the app's context.
    """
    with speaking(language):
        code = door.ticket(registration.public_id, registration.link_version) if side == "room" else None
        words = _words(event, holder, tickets, code, side=side, zone=zone, now=now)
        words |= {"reference": reference, "standing": _standing(unpaid), "said": _said(code, reference)}
        return typeset("ticket", words, made_on=now.date(), format=format)


def _words(
    event: Event,
    holder: str,
    tickets: Sequence[Ticket],
    code: door.Ticket | None,
    *,
    side: str,
    zone: str,
    now: datetime,
) -> dict[str, Any]:
    held = Held.of(facts_of(event))
    look = look_of(event.community.accent, event.community.slug)
    times = time_rows(held, held.zone if side == "room" else zone, now)
    return {
        "lang": language_now().split("-")[0],
        "dir": direction_now(),
        "accent": look.light,
        "band": [[width, look.inks[name]] for width, name in look.band],
        "title": _("Ticket: %(title)s", title=held.title),
        "community": clean_line(event.community.name),
        "cover": _cover(event),
        "event": held.title,
        "facts": [[name, [said]] for name, said in [*times, (_("Where"), where_words(held.mode, held.place, side))]],
        "holder_label": _("This ticket is for"),
        "holder": clean_line(holder),
        "kinds": [{"what": clean_line(one.kind.name), "days": _days(one)} for one in tickets],
        "code": _code(code),
    }


def _days(ticket: Ticket) -> str:
    return _("Valid on %(days)s", days=weekdays_words(sorted(ticket.kind.days))) if ticket.kind.days else ""


def _standing(unpaid: bool) -> str:
    return _("Not paid yet") if unpaid else ""


def _said(code: door.Ticket | None, reference: str) -> list[str]:
    said = (
        _("At the door the hosts scan the code, on your phone or on paper, or ask for your name.")
        if code
        else _("Your link to join is in the mail that confirms your place.")
    )
    return [said, *([_("Order %(reference)s", reference=reference)] if reference else [])]


def _cover(event: Event) -> str:
    shapes = covers.art("event", event.slug, event.community.accent, event.community.slug, _WIDTH, _HEIGHT)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}">{shapes}</svg>'


def _code(code: door.Ticket | None) -> dict[str, str] | None:
    if code is None:
        return None
    out = io.BytesIO()
    segno.make_qr(code.url, error="m").save(
        out, kind="svg", scale=4, border=0, dark="#26211a", light=None, xmldecl=False
    )
    return {"picture": out.getvalue().decode(), "text": code.code, "alt": _("Your code for the door, to scan")}
