"""Letters that somebody asked for at a form: lost links, a new address, what is held about them."""

from datetime import datetime

from gatherings.accounts.actions import FRESH_LINK_LIFE
from gatherings.mail.letters import Button, DateLine, Dates, Heading, Link, Part, Words, greeting, write_letter
from gatherings.mail.message import Letter, clean_line
from gatherings.mail.models import OutboxMail
from gatherings.registration.mails.every import AboutSeries
from gatherings.registration.mails.frame import About, look_in
from gatherings.registration.mails.invitations import address_link, manage_link, order_link
from gatherings.registration.mails.single import place_rows
from gatherings.registration.mails.times import Held, both_clocks
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import ngettext
from gatherings.web.requests import absolute

_MINUTES = int(FRESH_LINK_LIFE.total_seconds() // 60)


def new_address(mail: OutboxMail) -> Letter:
    """Write to an address that a registration is to move to: one press makes it so.

    No name is said: whoever typed the address in is a stranger to it until then.
    """
    every = "series" in mail.facts
    if every:
        series = AboutSeries.of(mail)
        title, rows = series.title, series.rows(going=False)
    else:
        about = About.of(mail)
        title, rows = about.held.title, place_rows(about, going=False)
    return write_letter(
        subject=_("Is this your new address? %(title)s", title=title),
        heading=_("Is this your new address?"),
        preview=title,
        parts=[
            Words(_("Hello,")),
            Words(
                _(
                    "Somebody asked us to use this address for a registration for “%(title)s”. If that was you, please "
                    "say so with this button.",
                    title=title,
                )
            ),
            rows,
            Button(_("Use this address"), address_link(mail.facts["registration"], mail.facts["secret"], series=every)),
            Words(
                ngettext("The link works once, for one minute.", "The link works once, for %(num)s minutes.", _MINUTES),
                quiet=True,
            ),
            Words(_("If it was not you, please leave this mail alone. Nothing changes then."), quiet=True),
        ],
        language=mail.language,
        look=look_in(mail.facts),
    )


def my_data(mail: OutboxMail) -> Letter:
    """Write the link under which everything held about an address is seen, exported and erased."""
    return write_letter(
        subject=_("Your data at Gatherings"),
        heading=_("What we hold about you"),
        preview=_("A link to see, export or erase it."),
        parts=[
            greeting(clean_line(mail.facts["to"].get("name") or "")),
            Words(_("With this link you can see, export or erase everything that is held about this address.")),
            Button(_("See my data"), absolute(f"/my-data/{mail.facts['secret']}")),
            Words(
                ngettext(
                    "The link works for one minute. Please do not forward this mail: whoever has the link can see "
                    "your data.",
                    "The link works for %(num)s minutes. Please do not forward this mail: whoever has the link can "
                    "see your data.",
                    _MINUTES,
                ),
                quiet=True,
            ),
            Words(_("If you did not ask for this, please leave this mail alone. Nothing changes then."), quiet=True),
        ],
        language=mail.language,
    )


def links(mail: OutboxMail) -> Letter:
    """Write the manage links of everything that is to come for an address."""
    return write_letter(
        subject=_("Your registrations"),
        heading=_("Your registrations"),
        preview=_("The links to change or cancel them."),
        parts=[
            greeting(clean_line(mail.facts["to"]["name"])),
            Words(_("You asked for your links. Here is everything that is to come for this address.")),
            *_singles(mail),
            *_series(mail),
            *_orders(mail),
            Words(_("If you did not ask for this, please leave this mail alone. Nothing changes then."), quiet=True),
        ],
        language=mail.language,
    )


def _singles(mail: OutboxMail) -> list[Part]:
    parts: list[Part] = []
    for row in mail.facts["registrations"]:
        held = Held.of(row["event"])
        parts += [
            Heading(f"{held.title} ({clean_line(row['community'])})"),
            Dates([_line(held, row["state"], mail.zone, mail.created_at)]),
            Link(_("Change or cancel"), manage_link(row)),
        ]
    return parts


def _line(held: Held, state: str, zone: str, now: datetime) -> DateLine:
    mine, host = both_clocks(held, zone, now)
    if held.status == "cancelled":
        return DateLine(mine, host, _("Cancelled by the hosts"))
    return DateLine(mine, host, _("You are on the waiting list") if state == "waitlisted" else None)


def _series(mail: OutboxMail) -> list[Part]:
    parts: list[Part] = []
    for row in mail.facts["every"]:
        parts += [
            Heading(f"{clean_line(row['title'])} ({clean_line(row['community'])})"),
            Words(_("You come to every date.")),
            Link(_("Change or cancel"), manage_link(row, series=True)),
        ]
    return parts


def _orders(mail: OutboxMail) -> list[Part]:
    parts: list[Part] = []
    for row in mail.facts.get("orders", ()):  # mails that an earlier version wrote have none
        held = Held.of(row["event"])
        parts += [
            Heading(f"{held.title} ({clean_line(row['community'])})"),
            Words(_("Your order of tickets, %(reference)s.", reference=row["reference"])),
            Link(_("See your order"), order_link(row)),
        ]
    return parts
