"""The letter with the link that fills in the form of a call for somebody who has presented before."""

from collections.abc import Callable

from gatherings.accounts.actions import FRESH_LINK_LIFE
from gatherings.mail.letters import Button, Words, greeting, write_letter
from gatherings.mail.look import look_of
from gatherings.mail.message import Letter, clean_line
from gatherings.mail.models import OutboxMail
from gatherings.registration.mails.times import Held
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import ngettext
from gatherings.web.requests import absolute

_MINUTES = int(FRESH_LINK_LIFE.total_seconds() // 60)


def filled_in(mail: OutboxMail) -> Letter:
    """Write the link under which a call's form is filled in with what a presenter keeps of themselves."""
    held, facts = Held.of(mail.facts["event"]), mail.facts
    return write_letter(
        subject=_("Your slot, filled in: %(title)s", title=held.title),
        heading=_("The form, filled in for you"),
        preview=held.title,
        parts=[
            greeting(clean_line(facts["to"]["name"])),
            Words(
                _(
                    "You asked us to fill in the form of “%(title)s” with what you kept from your last slot: your "
                    "name, what you do and your links.",
                    title=held.title,
                )
            ),
            Button(
                _("Open the form"),
                absolute(f"/events/{facts['event']['slug']}/present?profile={facts['secret']}"),
            ),
            Words(
                ngettext("The link works for one minute.", "The link works for %(num)s minutes.", _MINUTES)
                + " "
                + _("Nothing is sent until you send the form."),
                quiet=True,
            ),
            Words(_("If you did not ask for this, please leave this mail alone. Nothing changes then."), quiet=True),
        ],
        language=mail.language,
        look=look_of(facts["community"]["accent"], facts["community"]["slug"]),
    )


COMPOSERS: dict[str, Callable[[OutboxMail], Letter]] = {"presenter_link": filled_in}
