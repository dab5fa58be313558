"""Letters that presenters' own presses cause: received, asked along, named no more, withdrawn.

Nothing of what a stranger typed stands here but names and titles, in which no link can be (core/text.py).
"""

from collections.abc import Callable
from datetime import datetime

from gatherings.calls.links import own_path
from gatherings.core import zones
from gatherings.core.tokens import Claim
from gatherings.mail.letters import Button, Facts, Heading, Link, Part, Words, greeting, letter_of, write_letter
from gatherings.mail.message import Letter, clean_line
from gatherings.mail.models import OutboxMail
from gatherings.registration.mails.times import Held, time_rows
from gatherings.web.i18n import gettext as _
from gatherings.web.requests import absolute
from gatherings.web.times import instant_words, length_words


def received(mail: OutboxMail) -> Letter:
    """Say that a submission is with the hosts, with the private link that changes it."""
    page, title = _page(mail), _title(mail)
    return letter_of(
        mail,
        subject=_("We have your slot: %(title)s", title=title),
        heading=_("Thank you: we have your slot"),
        preview=title,
        parts=[
            Words(_("What you sent is with the hosts now. They write to you when they have chosen.")),
            Facts([*_own_rows(mail), *_event_rows(mail), *_closing_rows(mail)]),
            Words(_("Until the call closes you can change everything about it. You can withdraw it at any time.")),
            Button(_("See or change it"), page),
            Words(_("Whoever has this link can change your slot: please do not forward this mail."), quiet=True),
            Words(_("You did not send this? Somebody typed in your address. One press, and it is gone:"), quiet=True),
            Link(_("This was not me"), f"{page}/not-me", quiet=True),
        ],
    )


def asked(mail: OutboxMail) -> Letter:
    """Tell somebody that they are named as presenting together."""
    page, title = _page(mail), _title(mail)
    name = clean_line(mail.facts["submission"]["name"])
    return letter_of(
        mail,
        subject=_("You present together: %(title)s", title=title),
        heading=_("You are named as presenting together"),
        preview=title,
        parts=[
            Words(
                _(
                    "%(name)s has offered a slot at “%(event)s” and named you as presenting together.",
                    name=name,
                    event=_held(mail).title,
                )
            ),
            Facts([*_own_rows(mail), *_event_rows(mail)]),
            Words(_("There is nothing that you need to do. With this link of your own you see how it stands:")),
            Button(_("See it"), page),
            Words(_("There you can also change your name and time zone, or step away."), quiet=True),
            Words(_("You do not know of this? One press, and your name and address are gone:"), quiet=True),
            Link(_("This was not me"), f"{page}/not-me", quiet=True),
        ],
        footer=_("You get this mail because somebody who presents with you typed in your address on our page."),
    )


def left_out(mail: OutboxMail) -> Letter:
    """Tell somebody that they are not named as presenting together any more."""
    title, name = _title(mail), clean_line(mail.facts["submission"]["name"])
    return letter_of(
        mail,
        subject=_("You do not present together any more: %(title)s", title=title),
        heading=_("You are not named in this slot any more"),
        preview=title,
        parts=[
            Words(
                _(
                    "%(name)s has changed who presents “%(title)s”, and you are not among them now.",
                    name=name,
                    title=title,
                )
            ),
            Words(_("Your name and address are gone from this slot. There is nothing that you need to do.")),
            Facts(_event_rows(mail)),
            Words(_("Is this a mistake? Then please ask %(name)s, who can name you again.", name=name)),
            Link(_("The page of this gathering"), absolute(f"/events/{mail.facts['event']['slug']}"), quiet=True),
        ],
    )


def withdrawn(mail: OutboxMail) -> Letter:
    """Say that a submission was withdrawn by whoever sent it."""
    title, other = _title(mail), bool(mail.facts["to"]["other"])
    closes = datetime.fromisoformat(mail.facts["call"]["closes_at"])
    told = _("%(name)s has withdrawn this slot. The hosts know.", name=clean_line(mail.facts["submission"]["name"]))
    back = closes > mail.created_at and not other
    return letter_of(
        mail,
        subject=_("Withdrawn: %(title)s", title=title),
        heading=_("This slot is withdrawn"),
        preview=title,
        parts=[
            Words(told if other else _("You have withdrawn your slot. The hosts know.")),
            Facts([*_own_rows(mail), *_event_rows(mail)]),
            Words(_("Was that too quick? Until the call closes you can offer it again:")) if back else None,
            Button(_("See my slot"), _page(mail)) if back else None,
        ],
    )


def links(mail: OutboxMail) -> Letter:
    """Write the links of all slots that somebody offers or presents."""
    parts: list[Part | None] = [
        greeting(clean_line(mail.facts["to"]["name"])),
        Words(_("You asked for your links. Here are the slots that you offer or present.")),
    ]
    for row in mail.facts["slots"]:
        held, to = Held.of(row["event"]), row["to"]
        parts += [
            Heading(clean_line(row["submission"]["title"])),
            Facts([(_("Gathering"), held.title), *time_rows(held, mail.zone, mail.created_at)]),
            Link(_("See my slot"), absolute(own_path(Claim(to["public_id"], to["version"]), other=to["other"]))),
        ]
    parts.append(
        Words(_("If you did not ask for this, please leave this mail alone. Nothing changes then."), quiet=True)
    )
    return write_letter(
        subject=_("Your slots"),
        heading=_("Your slots"),
        preview=_("The links to see and change them."),
        parts=parts,
        language=mail.language,
    )


def _held(mail: OutboxMail) -> Held:
    return Held.of(mail.facts["event"])


def _title(mail: OutboxMail) -> str:
    return clean_line(mail.facts["submission"]["title"])


def _page(mail: OutboxMail) -> str:
    to = mail.facts["to"]
    return absolute(own_path(Claim(to["public_id"], to["version"]), other=to["other"]))


def _own_rows(mail: OutboxMail) -> list[tuple[str, str]]:
    return [(_("Your slot"), _title(mail)), (_("Length"), length_words(mail.facts["submission"]["seconds"]))]


def _event_rows(mail: OutboxMail) -> list[tuple[str, str]]:
    held = _held(mail)
    return [(_("Gathering"), held.title), *time_rows(held, mail.zone, mail.created_at)]


def _closing_rows(mail: OutboxMail) -> list[tuple[str, str]]:
    """Say when the call closes: the reader's clock, then the hosts'."""
    closes, held = datetime.fromisoformat(mail.facts["call"]["closes_at"]), _held(mail)
    mine = instant_words(closes, mail.zone, mail.created_at)
    if zones.to_local(closes, mail.zone) == zones.to_local(closes, held.zone):
        return [(_("The call closes"), mine)]
    there = instant_words(closes, held.zone, mail.created_at)
    return [(_("The call closes"), _("%(mine)s · %(there)s", mine=mine, there=there))]


COMPOSERS: dict[str, Callable[[OutboxMail], Letter]] = {
    "submission_received": received,
    "co_presenter_asked": asked,
    "co_presenter_left_out": left_out,
    "submission_links": links,
    "submission_withdrawn": withdrawn,
}
