"""The mails about doors: the link that begins it, each morning the door of the day, and that no more come."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, time
from urllib.parse import quote

from gatherings.core.tokens import Claim
from gatherings.core.zones import city
from gatherings.mail.letters import Button, Heading, Link, Prose, Words, letter_of
from gatherings.mail.message import Letter, clean_line, clean_text
from gatherings.mail.models import OutboxMail
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import list_words, number_words
from gatherings.web.markdown import plain, render
from gatherings.web.requests import absolute
from gatherings.web.rights import signer
from gatherings.web.times import day_words, time_words


def follower_path(claim: Claim) -> str:
    """Give the path of a follower's own page."""
    return f"/doors/{signer().sign('doors', claim.public_id, claim.version)}"


def doors_link(mail: OutboxMail) -> Letter:
    """Ask whether somebody really wants the doors by mail: nothing comes before they press."""
    title = _title(mail)
    hour = time_words(time(int(mail.facts["follower"]["hour"])))
    return letter_of(
        mail,
        greets=False,
        subject=_("Your doors by mail: %(title)s", title=title),
        heading=_("One press, and the doors come to you"),
        preview=_("Nothing comes before you press."),
        parts=[
            Words(_("Would you like each door of “%(title)s” by mail, on its own morning?", title=title)),
            Words(_("At %(hour)s, on the clock of %(city)s.", hour=hour, city=city(mail.zone))),
            Button(_("See it, and say yes"), _page(mail)),
            Words(_("The same link changes the hour, and ends it."), quiet=True),
            Words(_("You did not ask for this? Then please leave this mail alone: nothing more comes."), quiet=True),
        ],
        footer=_("You get this mail because your address was typed in on the page of this calendar."),
    )


def door(mail: OutboxMail) -> Letter:
    """Bring the door of the day."""
    told = mail.facts["door"]
    number, title = int(told["number"]), _title(mail)
    said = clean_line(told["title"])
    opened = _("Door %(number)s", number=number_words(number))
    missed = [number_words(one) for one in mail.facts.get("missed", ())]
    made = letter_of(
        mail,
        greets=False,
        subject=_("%(door)s: %(said)s", door=opened, said=said) if said else f"{opened} · {title}",
        heading=said or opened,
        preview=clean_line(told["speakers"]) or title,
        parts=[
            Words(_("%(door)s · %(day)s", door=opened, day=day_words(date.fromisoformat(told["day"]), year=None))),
            Words(clean_line(told["speakers"])) if told["speakers"] else None,
            Words(clean_text(told["about"])) if told["about"] else None,
            Heading(_("What they ask of you")) if told["ask"] else None,
            Words(clean_text(told["ask"])) if told["ask"] else None,
            Prose(plain(told["body"]), render(told["body"])) if told["body"] else None,
            Words(_("There is a picture: %(alt)s", alt=clean_line(told["picture"]))) if told["picture"] else None,
            Words(_("There is a recording to watch.")) if told["recording"] else None,
            Button(_("Open door %(number)s", number=number_words(number)), _door_page(mail, number)),
            Words(_("Also open since your last mail: %(numbers)s.", numbers=list_words(missed))) if missed else None,
            Link(_("The whole calendar"), _door_page(mail, None), quiet=True),
            Link(_("Another hour, or no more doors"), _page(mail), quiet=True),
        ],
        footer=_("You get this mail because you asked for each door of “%(title)s”.", title=title),
    )
    return replace(made, unsubscribe=f"{_page(mail)}/stop")


def doors_off(mail: OutboxMail) -> Letter:
    """Say that the gathering was called off, so no more doors come."""
    title = _title(mail)
    made = letter_of(
        mail,
        greets=False,
        subject=_("No more doors: %(title)s", title=title),
        heading=_("The doors stay closed"),
        preview=_("The hosts have called off this gathering."),
        parts=[
            Words(
                _(
                    "The hosts have called off “%(event)s”. So its calendar is closed, and no more doors come to you.",
                    event=clean_line(mail.facts["event"]["title"]),
                )
            ),
            Words(_("If it takes place after all, your doors come again. You need not do anything.")),
            Link(_("The page of this gathering"), absolute(f"/events/{mail.facts['calendar']['slug']}")),
            Link(_("Never any more doors, please"), _page(mail), quiet=True),
        ],
        footer=_("You get this mail because you asked for each door of “%(title)s”.", title=title),
    )
    return replace(made, unsubscribe=f"{_page(mail)}/stop")


def _title(mail: OutboxMail) -> str:
    return clean_line(mail.facts["calendar"]["title"])


def _page(mail: OutboxMail) -> str:
    follower = mail.facts["follower"]
    return absolute(follower_path(Claim(follower["public_id"], follower["version"])))


def _door_page(mail: OutboxMail, number: int | None) -> str:
    """Give the address of a door; where doors open at the reader's own midnight it says on whose clock they are."""
    path = f"/events/{mail.facts['calendar']['slug']}/doors" + (f"/{number}" if number else "")
    if mail.facts["calendar"]["opening"] == "viewer":
        path += f"?zone={quote(mail.zone, safe='')}"
    return absolute(path)


COMPOSERS: Mapping[str, Callable[[OutboxMail], Letter]] = {
    "doors_link": doors_link,
    "door": door,
    "doors_off": doors_off,
}
