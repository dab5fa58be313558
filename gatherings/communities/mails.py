"""Letters to those who organise: the link that signs in, and the invitation to a role."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from gatherings.accounts.rules import LINK_LIFE
from gatherings.communities.rules import ROLE_WORDS
from gatherings.mail.letters import Button, Facts, Part, Words, greeting, write_letter
from gatherings.mail.look import look_of
from gatherings.mail.message import Letter, clean_line
from gatherings.mail.models import OutboxMail
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import ngettext, words
from gatherings.web.requests import absolute
from gatherings.web.times import instant_words

_MINUTES = int(LINK_LIFE.total_seconds() // 60)


def sign_in(mail: OutboxMail) -> Letter:
    """Write the link that signs in, and the code for another device."""
    facts: Mapping[str, Any] = mail.facts
    code = str(facts["code"])
    browser = clean_line(facts["browser"])
    return write_letter(
        subject=_("Your link to sign in"),
        heading=_("Sign in"),
        preview=_("One press, and you are in."),
        parts=[
            greeting(clean_line(facts["name"])),
            Words(_("Somebody asked to sign in with this address, from: %(browser)s.", browser=browser)),
            Button(_("Sign in"), absolute(f"/sign-in/{facts['secret']}")),
            Words(_("If you asked on another device, type this code there instead:")),
            Facts([(_("Code"), f"{code[:4]} {code[4:]}")]),
            Words(
                ngettext(
                    "Link and code work once, for one minute. Please do not forward this mail, and tell nobody the "
                    "code: we never ask for it.",
                    "Link and code work once, for %(num)s minutes. Please do not forward this mail, and tell nobody "
                    "the code: we never ask for it.",
                    _MINUTES,
                ),
                quiet=True,
            ),
            Words(_("If it was not you, please leave this mail alone. Nobody is signed in then."), quiet=True),
        ],
        language=mail.language,
        footer=_("You get this mail because your address was typed in on our page for organisers."),
    )


def role_invitation(mail: OutboxMail) -> Letter:
    """Write who invites to which role where."""
    facts: Mapping[str, Any] = mail.facts
    community, by = clean_line(facts["community"]["name"]), clean_line(facts["by"])
    role, does = (words(sentence) for sentence in ROLE_WORDS[facts["role"]])
    until = instant_words(datetime.fromisoformat(facts["expires_at"]), mail.zone)
    parts: list[Part | None] = [
        greeting(clean_line(facts["name"])),
        Words(_("%(name)s invites you to organise “%(community)s” with them.", name=by, community=community)),
        Facts([(_("Community"), community), (_("Your role"), role), (_("What it is"), does)]),
        Button(_("See the invitation"), absolute(f"/invitations/{facts['secret']}")),
        Words(_("The link works once, until %(when)s. Please do not forward this mail.", when=until), quiet=True),
        Words(_("If you would rather not, please leave this mail alone. Nothing happens then."), quiet=True),
    ]
    return write_letter(
        subject=_("%(name)s invites you to organise “%(community)s”", name=by, community=community),
        heading=_("Will you join the team?"),
        preview=community,
        parts=parts,
        language=mail.language,
        look=look_of(facts["community"]["accent"], facts["community"]["slug"]),
        footer=_("You get this mail because somebody who organises this community typed in your address."),
    )


COMPOSERS: dict[str, Callable[[OutboxMail], Letter]] = {"sign_in": sign_in, "role_invitation": role_invitation}
