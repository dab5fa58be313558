"""Letters that say "soon": a day and an hour before the start."""

from gatherings.mail.letters import Button, Link, Part, Words
from gatherings.mail.message import Letter
from gatherings.mail.models import OutboxMail
from gatherings.registration.mails.frame import About, letter, ticket_part
from gatherings.registration.mails.single import ending, place_rows, please_say, way_in
from gatherings.registration.mails.times import start_words
from gatherings.registration.rules import JOIN_OPENS_MINUTES
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import ngettext


def reminder_day(mail: OutboxMail) -> Letter:
    """Write a day before the start: soon, and what to do if one cannot come."""
    about = About.of(mail)
    start = start_words(about.held, about.zone, about.now)
    return letter(
        about,
        subject=_("Soon: %(title)s (%(start)s)", title=about.held.title, start=start),
        heading=_("See you soon"),
        preview=start,
        parts=[
            Words(_("“%(title)s” begins in about a day.", title=about.held.title)),
            place_rows(about),
            way_in(about),
            ticket_part(about),
            please_say(),
            Button(_("Change or cancel"), about.manage),
            *ending(about),
        ],
    )


def reminder_hour(mail: OutboxMail) -> Letter:
    """Write an hour before the start: the way in, one press away."""
    about = About.of(mail)
    start = start_words(about.held, about.zone, about.now)
    online: list[Part] = [
        Words(
            ngettext(
                "Your way in opens one minute before the start.",
                "Your way in opens %(num)s minutes before the start.",
                JOIN_OPENS_MINUTES,
            )
        ),
        Button(_("Join"), about.join),
        Link(_("Change or cancel"), about.manage, quiet=True),
    ]
    return letter(
        about,
        subject=_("In an hour: %(title)s (%(start)s)", title=about.held.title, start=start),
        heading=_("It begins within the hour"),
        preview=start,
        parts=[
            Words(_("“%(title)s” begins soon. We look forward to you.", title=about.held.title)),
            place_rows(about),
            *(online if about.online else [Button(_("Change or cancel"), about.manage)]),
            *ending(about),
        ],
    )
