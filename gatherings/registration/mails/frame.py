"""What all letters about registrations share: whom they are about, how they greet, how they end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gatherings.mail.letters import Part, Picture, Words, greeting, write_letter
from gatherings.mail.look import Look, look_of
from gatherings.mail.message import Letter, clean_line
from gatherings.mail.models import OutboxMail
from gatherings.registration.mails.invitations import Calendar, event_page, join_link, manage_link, series_file
from gatherings.registration.mails.times import Held
from gatherings.registration.tickets import Ticket, ticket
from gatherings.web.i18n import gettext as _
from gatherings.web.requests import settings


@dataclass(frozen=True)
class About:
    """One registration as the snapshot of a mail tells it; `zone` is the reader's, `now` when the cause happened."""

    held: Held
    name: str
    zone: str
    language: str
    now: datetime
    hosts: str
    look: Look
    attends: str | None
    waits_for: str | None
    position: int | None
    every: bool
    manage: str
    join: str
    page: str
    series_file: str | None
    ticket: Ticket | None = None
    tickets: tuple[str, ...] = ()  # the kinds of ticket they come with, or wait for

    @classmethod
    def of(cls, mail: OutboxMail) -> "About":
        """Read a mail's facts (registration.facts.facts_for)."""
        facts = mail.facts
        held = Held.of(facts["event"])
        slug = facts.get("series_slug")
        return cls(
            held=held,
            name=clean_line(facts["to"]["name"]),
            zone=mail.zone,
            language=mail.language,
            now=mail.created_at,
            hosts=clean_line(facts["community"]["name"]),
            look=look_in(facts),
            attends=facts["to"]["attends"],
            waits_for=facts["to"]["waits_for"],
            position=facts["registration"]["position"],
            every=facts["registration"]["every"],
            manage=manage_link(facts["registration"]),
            join=join_link(facts["registration"]),
            page=event_page(held.slug),
            series_file=series_file(slug) if slug else None,
            ticket=ticket(facts["registration"]["public_id"], facts["registration"]["version"]),
            tickets=tuple(clean_line(name) for name in facts.get("tickets", ())),
        )

    @property
    def online(self) -> bool:
        """Tell whether somebody has a place online."""
        return self.attends == "online"


def letter(
    about: About,
    *,
    subject: str,
    heading: str,
    preview: str,
    parts: Sequence[Part | None],
    calendar: Calendar | None = None,
) -> Letter:
    """Write a letter that greets by name."""
    return write_letter(
        subject=subject,
        heading=heading,
        preview=preview,
        parts=[greeting(about.name), *parts],
        language=about.language,
        look=about.look,
        calendar=calendar,
    )


def look_in(facts: Mapping[str, Any]) -> Look:
    """Give the look of the community that a mail is about."""
    community = facts["community"]
    return look_of(community.get("accent", ""), community["slug"])  # older mails know no accent


def ticket_part(about: About) -> Part | None:
    """Give the code for the door, to whoever has a place in the room."""
    if about.attends != "room" or about.ticket is None:
        return None
    caption = _("Your code for the door: %(code)s. The hosts scan it, or ask for your name.", code=about.ticket.code)
    return Picture("door", about.ticket.png, 180, alt=_("Your code for the door, to scan"), caption=caption)


def hosts_row(hosts: str) -> tuple[str, str]:
    """Give the row that names who holds a gathering."""
    return _("Hosts"), hosts


def please_answer() -> Part:
    """Say where to answer: what is pressed in a calendar does not come here (calendars.md 16)."""
    return Words(
        _(
            "If you cannot come, please answer with “Change or cancel”, not with the buttons of your calendar: those "
            "do not reach us. The hosts read what you write to this address."
        ),
        quiet=True,
    )


def hint() -> Part:
    """Say how a calendar learns to trust our invites (calendars.md 17)."""
    return Words(
        _(
            "Is it missing from your calendar? Please add %(address)s to your contacts; in Gmail, open the invite and "
            "press “I know the sender”.",
            address=settings().mail_from,
        ),
        quiet=True,
    )
