"""Letters to members: the welcome with their own link, and the invitation of those whom a list brought."""

from collections.abc import Callable

from gatherings.core.tokens import Claim
from gatherings.mail.letters import Button, Link, Prose, Words, letter_of
from gatherings.mail.message import Letter, clean_line
from gatherings.mail.models import OutboxMail
from gatherings.web.i18n import gettext as _
from gatherings.web.markdown import plain, render
from gatherings.web.requests import absolute
from gatherings.web.rights import signer


def member_path(claim: Claim) -> str:
    """Give the path of a member's own page."""
    return f"/members/{signer().sign('member', claim.public_id, claim.version)}"


def member_welcome(mail: OutboxMail) -> Letter:
    """Welcome somebody who joined, or say again that they belong."""
    name, page = _community(mail), _page(mail)
    news = bool(mail.facts["member"]["news"])
    return letter_of(
        mail,
        subject=_("Welcome to %(community)s", community=name),
        heading=_("You are a member"),
        preview=_("Your own link to change your details, or to leave."),
        parts=[
            Words(_("You are a member of “%(community)s” now. It is good to have you with us.", community=name)),
            Words(
                _("You agreed to get our news by mail.")
                if news
                else _("We send you no news, as you did not ask for it.")
            ),
            Button(_("Change my details, or leave"), page),
            Words(_("Whoever has this link can change your membership: please do not forward this mail."), quiet=True),
            Words(_("You did not join? Somebody typed in your address. One press, and all of it is gone:"), quiet=True),
            Link(_("This was not me"), f"{page}/not-me", quiet=True),
        ],
    )


def member_invitation(mail: OutboxMail) -> Letter:
    """Ask somebody from a list whether they would like to belong."""
    name, page, joining = _community(mail), _page(mail), str(mail.facts.get("joining") or "")
    return letter_of(
        mail,
        subject=_("Would you like to join %(community)s?", community=name),
        heading=_("Would you like to join us?"),
        preview=name,
        parts=[
            Words(
                _(
                    "“%(community)s” has you on a list of people who may like to belong. Nothing happens unless you "
                    "say yes.",
                    community=name,
                )
            ),
            Prose(plain(joining), render(joining)) if joining.strip() else None,
            Button(_("See it, and say yes or no"), page),
            Words(_("If you would rather not, please leave this mail alone, or press:"), quiet=True),
            Link(_("Take me off this list"), f"{page}/not-me", quiet=True),
        ],
        footer=_("You get this mail because somebody who organises this community put your address on a list."),
    )


def _community(mail: OutboxMail) -> str:
    return clean_line(mail.facts["community"]["name"])


def _page(mail: OutboxMail) -> str:
    member = mail.facts["member"]
    return absolute(member_path(Claim(member["public_id"], member["version"])))


COMPOSERS: dict[str, Callable[[OutboxMail], Letter]] = {
    "member_welcome": member_welcome,
    "member_invitation": member_invitation,
}
