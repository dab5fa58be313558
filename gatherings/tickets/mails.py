"""Letters about applications for a bursary: received, granted, declined; and to the hosts, that some wait."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gatherings.mail.letters import Button, Link, Part, Words, greeting, letter_of, write_letter
from gatherings.mail.look import look_of
from gatherings.mail.message import Letter, clean_line
from gatherings.mail.models import OutboxMail
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import ngettext
from gatherings.web.requests import absolute
from gatherings.web.rights import signer
from gatherings.web.times import instant_words


def _token(application: Mapping[str, Any]) -> str:
    return signer().sign("application", application["public_id"], application["version"])


def _title(mail: OutboxMail) -> str:
    return clean_line(mail.facts["event"]["title"])


def _kind(mail: OutboxMail) -> str:
    return clean_line(mail.facts["application"]["kind"])


def _letter(mail: OutboxMail, *, subject: str, heading: str, parts: Sequence[Part | None]) -> Letter:
    facts = mail.facts
    community = facts["community"]
    own = absolute(f"/applications/{_token(facts['application'])}")
    return write_letter(
        subject=subject,
        heading=heading,
        preview=_title(mail),
        parts=[
            greeting(clean_line(facts["to"]["name"])),
            *parts,
            Link(_("Your application"), own, quiet=True),
            Link(_("The page of this gathering"), absolute(f"/events/{facts['event']['slug']}"), quiet=True),
        ],
        language=mail.language,
        look=look_of(community["accent"], community["slug"]),
    )


def _answer(mail: OutboxMail) -> list[Part]:
    """Give the organisers' own words, paragraph by paragraph, as text and never as markup."""
    paragraphs = [clean_line(one) for one in mail.facts["application"]["answer"].split("\n") if one.strip()]
    if not paragraphs:
        return []
    return [Words(_("The hosts write:")), *(Words(one) for one in paragraphs)]


def application_received(mail: OutboxMail) -> Letter:
    """Write that an application is with the hosts, and where to take it back."""
    own = absolute(f"/applications/{_token(mail.facts['application'])}")
    return _letter(
        mail,
        subject=_("We have your application: %(title)s", title=_title(mail)),
        heading=_("We have your application"),
        parts=[
            Words(
                _(
                    "You asked for “%(kind)s” at “%(title)s”. The hosts read it and answer by mail.",
                    kind=_kind(mail), title=_title(mail),
                )
            ),
            Words(
                _("What you wrote is read by those who decide, and by nobody else. You can take it back at any time.")
            ),
            Button(_("See or take back your application"), own),
            Words(_("If you did not ask for this, please take it back on that page."), quiet=True),
        ],
    )  # fmt: skip


def application_approved(mail: OutboxMail) -> Letter:
    """Write that a bursary is granted, with the link that gives one ticket."""
    facts = mail.facts["application"]
    order = absolute(f"/events/{mail.facts['event']['slug']}/order?grant={_token(facts)}")
    until = None
    if facts["until"]:
        moment = instant_words(datetime.fromisoformat(facts["until"]), mail.zone, mail.created_at)
        until = Words(_("This link gives one ticket, until %(time)s.", time=moment))
    return _letter(
        mail,
        subject=_("Yes: a ticket for you at %(title)s", title=_title(mail)),
        heading=_("Your application is granted"),
        parts=[
            Words(
                _(
                    "You asked for “%(kind)s” at “%(title)s”, and the hosts say yes.",
                    kind=_kind(mail), title=_title(mail),
                )
            ),
            *_answer(mail),
            Button(_("Get your ticket"), order),
            until,
        ],
    )  # fmt: skip


def application_declined(mail: OutboxMail) -> Letter:
    """Write that the hosts cannot grant it, in their words."""
    return _letter(
        mail,
        subject=_("About your application: %(title)s", title=_title(mail)),
        heading=_("About your application"),
        parts=[
            Words(
                _(
                    "You asked for “%(kind)s” at “%(title)s”. We are sorry: the hosts cannot give it to you this time.",
                    kind=_kind(mail), title=_title(mail),
                )
            ),
            *_answer(mail),
            Words(_("You are welcome with any other ticket.")),
            Button(_("See the page of this gathering"), absolute(f"/events/{mail.facts['event']['slug']}")),
        ],
    )  # fmt: skip


def applications_wait(mail: OutboxMail) -> Letter:
    """Write to somebody who decides on applications how many wait, and where they are read; nothing that is in them."""
    events = mail.facts["events"]
    parts: list[Part | None] = []
    for event in events:
        title, path = clean_line(event["title"]), absolute(f"/organise/events/{event['slug']}/applications")
        said = ngettext(
            "One person asks for a bursary at “%(title)s”, and waits for an answer.",
            "%(num)s people ask for a bursary at “%(title)s”, and wait for an answer.",
            event["count"],
            title=title,
        )
        link = Button(_("Read and answer"), path) if len(events) == 1 else Link(_("Read and answer"), path)
        parts += [Words(said), link]
    count = sum(event["count"] for event in events)
    heading = ngettext("One application waits", "%(num)s applications wait", count)
    return letter_of(
        mail,
        subject=f"{heading}: {clean_line(events[0]['title'] if len(events) == 1 else mail.facts['community']['name'])}",
        heading=heading,
        preview=_("Somebody asks for a bursary and waits for your answer."),
        parts=[
            *parts,
            Words(_("We write again only when more people have asked, and once a day at most."), quiet=True),
        ],
        footer=_("You get this mail because you look after the money of this community."),
    )


COMPOSERS: dict[str, Callable[[OutboxMail], Letter]] = {
    "application_received": application_received,
    "application_approved": application_approved,
    "application_declined": application_declined,
    "applications_wait": applications_wait,
}
