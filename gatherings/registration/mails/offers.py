"""Letters to the buyer of tickets that are waited for: wished, offered, and an offer that has ended."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gatherings.mail.letters import Button, Facts, Link, Part, Words, greeting, write_letter
from gatherings.mail.message import Letter, clean_line
from gatherings.mail.models import OutboxMail
from gatherings.registration.mails.frame import look_in
from gatherings.registration.mails.invitations import event_page
from gatherings.registration.mails.times import Held, time_rows
from gatherings.web.i18n import gettext as _
from gatherings.web.money import money_words
from gatherings.web.requests import absolute
from gatherings.web.rights import signer
from gatherings.web.times import instant_words


def order_link(order: Mapping[str, Any]) -> str:
    """Give the link to an order's page (facts: public_id, version)."""
    return absolute(f"/orders/{signer().sign('order', order['public_id'], order['version'])}")


def _letter(
    mail: OutboxMail, held: Held, *, subject: str, heading: str, preview: str, parts: Sequence[Part | None]
) -> Letter:
    facts = mail.facts
    return write_letter(
        subject=subject,
        heading=heading,
        preview=preview,
        parts=[
            greeting(clean_line(facts["to"]["name"])),
            *parts,
            Link(_("The page of this gathering"), event_page(held.slug), quiet=True),
        ],
        language=mail.language,
        look=look_in(facts),
    )


def _rows(mail: OutboxMail, held: Held, *, priced: bool = True) -> Facts:
    order = mail.facts["order"]
    rows = [(clean_line(one["kind"]), _("for %(name)s", name=clean_line(one["name"]))) for one in mail.facts["tickets"]]
    if priced:
        rows.append((_("To pay"), money_words(order["total"], order["currency"])))
    return Facts([*rows, *time_rows(held, mail.zone, mail.created_at)])


def ticket_offered(mail: OutboxMail) -> Letter:
    """Write that a ticket is there for who waited, and until when it is kept for them."""
    held, order = Held.of(mail.facts["event"]), mail.facts["order"]
    until = instant_words(datetime.fromisoformat(order["until"]), mail.zone, mail.created_at)
    return _letter(
        mail,
        held,
        subject=_("There is a ticket for you: %(title)s", title=held.title),
        heading=_("There is a ticket for you"),
        preview=_("We keep it for you until %(time)s.", time=until),
        parts=[
            Words(
                _("You waited for “%(title)s”, and now it is your turn.", title=held.title)
                + " "
                + _("We keep it for you until %(time)s.", time=until)
            ),
            _rows(mail, held),
            Button(_("Take it and choose how to pay"), order_link(order)),
            Words(
                _(
                    "If you do not need it any more, you can let it go on the same page: then it goes to who waits "
                    "next. When the time is over, it does so by itself, and nothing is to be paid."
                )
            ),
        ],
    )


def ticket_wished(mail: OutboxMail) -> Letter:
    """Write to the buyer that the others of their order wait, with the link to the order."""
    held = Held.of(mail.facts["event"])
    return _letter(
        mail,
        held,
        subject=_("On the waiting list: your order for %(title)s", title=held.title),
        heading=_("Your order is on the waiting list"),
        preview=held.title,
        parts=[
            Words(
                _(
                    "“%(title)s” has no ticket of this kind at the moment. Those you ordered for are on the waiting "
                    "list. There is nothing to pay now.",
                    title=held.title,
                )
            ),
            _rows(mail, held),
            Words(_("When there is one, we write to you at once and keep it for you for some hours.")),
            Button(_("See or leave the waiting list"), order_link(mail.facts["order"])),
        ],
    )


def offer_ended(mail: OutboxMail) -> Letter:
    """Write that nobody took the ticket that was kept: it went on to the next."""
    held = Held.of(mail.facts["event"])
    return _letter(
        mail,
        held,
        subject=_("We kept a ticket for you until now: %(title)s", title=held.title),
        heading=_("The ticket went on"),
        preview=held.title,
        parts=[
            Words(
                _(
                    "We kept a ticket for “%(title)s” for you, and its time is over now. It goes to who waits next. "
                    "Nothing is to be paid.",
                    title=held.title,
                )
            ),
            _rows(mail, held, priced=False),
            Words(_("If you would still like to come, you are welcome to put yourself on the list again.")),
            Button(_("See the page of this gathering"), event_page(held.slug)),
        ],
    )
