"""Tickets for the room: a code that says who stands at the door, and can neither join, change nor cancel anything.

It is scanned from a phone or a print, or its eight characters are typed. Who scans it without being a host sees
what the gathering is called, and that this is a code for its door.
"""

import io
from dataclasses import dataclass

import segno
from markupsafe import Markup

from gatherings.core.tokens import Claim
from gatherings.events.models import Event
from gatherings.registration.door_rules import short_code
from gatherings.registration.facts import side_of
from gatherings.registration.models import Registration
from gatherings.registration.rules import HOLDING
from gatherings.web.requests import absolute
from gatherings.web.rights import signer

PURPOSE = "check-in"
_SQUARES = 5  # CSS pixels of one module on a page: a phone's camera reads it from an arm's length
_QUIET = 4  # modules around it (ISO/IEC 18004, 5.3.8)


@dataclass(frozen=True)
class Ticket:
    """What stands at the door for one registration: a picture of `url`, and the same in eight characters."""

    url: str
    code: str

    @property
    def svg(self) -> Markup:
        """Draw it for a page: dark on light in both themes, without a style of its own."""
        code, out = self._code(), io.BytesIO()
        code.save(
            out, kind="svg", scale=_SQUARES, border=_QUIET, dark="#000", light="#fff", xmldecl=False, svgns=False,
            svgclass="ticket-code", lineclass=None, nl=False,
        )  # fmt: skip
        return Markup(out.getvalue().decode())  # noqa: S704  # drawn from our own address alone

    @property
    def png(self) -> bytes:
        """Draw it for a mail: programmes that read mail show no SVG."""
        out = io.BytesIO()
        self._code().save(out, kind="png", scale=_SQUARES, border=_QUIET)
        return out.getvalue()

    def _code(self) -> segno.QRCode:
        return segno.make_qr(self.url, error="m")


def ticket(public_id: str, version: int) -> Ticket:
    """Make the ticket of a registration by what a mail's facts tell of it."""
    return Ticket(absolute(f"/c/{signer().sign(PURPOSE, public_id, version)}"), short_code(public_id, version))


def ticket_of(registration: Registration, event: Event) -> Ticket | None:
    """Give the ticket of somebody who has a place in the room; None for everybody else."""
    if registration.state not in HOLDING or side_of(event, registration.places_id) != "room":
        return None
    return ticket(registration.public_id, registration.link_version)


def read_ticket(scanned: str) -> Claim | None:
    """Give what a scanned code names: its address, or its token alone; None for what is not ours."""
    return signer().verify(PURPOSE, scanned.strip().rpartition("/c/")[2])
