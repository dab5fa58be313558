"""A letter to whose ticket was given to somebody else by whoever bought it; the calendar lets go."""

from gatherings.mail.letters import Button, Words
from gatherings.mail.message import Letter
from gatherings.mail.models import OutboxMail
from gatherings.registration.mails.frame import About, letter
from gatherings.registration.mails.invitations import calendar_of
from gatherings.registration.mails.single import place_rows
from gatherings.web.i18n import gettext as _


def handed_on(mail: OutboxMail) -> Letter:
    """Write that somebody else comes with the ticket now. Who bought it, and who comes, is not said."""
    about = About.of(mail)
    title = about.held.title
    return letter(
        about,
        subject=_("Your ticket was handed on: %(title)s", title=title),
        heading=_("Somebody else comes with your ticket"),
        preview=title,
        parts=[
            Words(
                _(
                    "Whoever bought your ticket for “%(title)s” has given it to somebody else. You are not registered "
                    "any more.",
                    title=title,
                )
            ),
            place_rows(about, going=False),
            Words(
                _("This mail takes it out of your calendar. Your earlier links and your code for the door have ended.")
            ),
            Words(_("If you think that this is a mistake, please ask whoever bought the ticket, or answer this mail.")),
            Button(_("See the page of this gathering"), about.page),
        ],
        calendar=calendar_of(mail),
    )
