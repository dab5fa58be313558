"""Letters to whoever swaps to the other sitting: one brings the new entry, the other takes the old one away."""

from gatherings.mail.letters import Button, Facts, Words
from gatherings.mail.message import Letter
from gatherings.mail.models import OutboxMail
from gatherings.registration.mails.frame import About, letter
from gatherings.registration.mails.invitations import calendar_of
from gatherings.registration.mails.single import place_letter, place_rows
from gatherings.registration.mails.times import Held, one_line
from gatherings.web.i18n import gettext as _


def swapped_here(mail: OutboxMail) -> Letter:
    """Write "you come to this sitting now", with its invite."""
    about = About.of(mail)
    if mail.facts.get("by") == "host":
        swapped = _("The hosts have moved you to the other sitting of “%(title)s”.", title=about.held.title)
    else:
        swapped = _("You have swapped to the other sitting of “%(title)s”.", title=about.held.title)
    return place_letter(
        mail,
        about,
        subject=_("Your new time: %(title)s", title=about.held.title),
        heading=_("You come to the other sitting"),
        says=[
            Words(swapped),
            place_rows(about),
            Facts([(_("Before"), one_line(Held.of(mail.facts["before"]), about.zone, about.now))]),
            Words(
                _(
                    "The invite in this mail puts the new time into your calendar. Another mail takes the time before "
                    "out of it."
                )
            ),
        ],
    )


def swapped_away(mail: OutboxMail) -> Letter:
    """Write that the time before leaves the calendar; the place is not lost, it is at the other sitting."""
    about = About.of(mail)
    calendar = calendar_of(mail)
    return letter(
        about,
        subject=_("Out of your calendar, you swapped: %(title)s", title=about.held.title),
        heading=_("You swapped: this time is not yours any more"),
        preview=about.held.title,
        parts=[
            Words(
                _("You have a place at the other sitting of “%(title)s”, and not at this one.", title=about.held.title)
            ),
            place_rows(about, going=False),
            Facts([(_("Your sitting"), one_line(Held.of(mail.facts["before"]), about.zone, about.now))]),
            Words(_("This mail takes this time out of your calendar. Your place is in a mail of its own."))
            if calendar
            else None,
            Button(_("See the page of this gathering"), about.page),
        ],
        calendar=calendar,
    )
