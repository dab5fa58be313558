"""How organisers' letters are composed: their words, with each one's own name, time and links put in.

A mail's facts hold what is one person's: name, clock, side, ids. The words are read from the letter's row, and the
gathering from its own: nobody can change a letter once it is sent, a thousand copies of twenty thousand characters
would be written in one transaction otherwise, and what goes out at somebody's nine o'clock tomorrow should tell
the time as it stands then.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from gatherings.db import current_session
from gatherings.events.rules import facts_of
from gatherings.letters.links import news_path
from gatherings.letters.models import Letter
from gatherings.letters.queries import get_to_compose
from gatherings.letters.rules import fill, fill_html
from gatherings.mail.letters import Filled, Link, Part, Prose, Words, write_letter
from gatherings.mail.look import look_of
from gatherings.mail.message import Letter as Written
from gatherings.mail.message import clean_line
from gatherings.mail.models import OutboxMail
from gatherings.registration.mails.invitations import event_page, join_link, manage_link
from gatherings.registration.mails.times import Held, one_line, where_words
from gatherings.web.i18n import gettext as _
from gatherings.web.markdown import plain, render
from gatherings.web.requests import absolute

_PREVIEW = 140  # characters in the line that mail lists show


def letter(mail: OutboxMail) -> Written:
    """Write an organiser's letter to one person; raises NotFound when there is no such letter any more."""
    return compose(mail, get_to_compose(current_session(), mail.facts["letter"]))


def letter_test(mail: OutboxMail) -> Written:
    """Write a letter to its organiser alone, with the words as they were when the test was asked for."""
    row, written = get_to_compose(current_session(), mail.facts["letter"]), mail.facts["written"]
    made = compose(mail, row, written)
    return replace(made, subject=_("Test: %(subject)s", subject=made.subject))


def compose(mail: OutboxMail, row: Letter, written: Mapping[str, str] | None = None) -> Written:
    """Write a letter to the person of a mail's facts; `written`: other words than the row's own.

    For whoever reads it instead of them (facts["sample"]) their own links are left out.
    """
    said = written or {"subject": row.subject, "body": row.body, "kind": row.kind}
    fields = _fields(mail, row)
    texts = {name: field.text for name, field in fields.items()}
    subject = clean_line(fill(said["subject"], texts))
    text = fill(plain(said["body"]), texts)
    html = fill_html(str(render(said["body"])), {name: field.html for name, field in fields.items()})
    news, sample = said["kind"] == "news", bool(mail.facts.get("sample"))
    stop = None
    if news:  # the page of the community, for whoever reads it instead of them
        community = row.community
        stop = absolute(f"/communities/{community.slug}" if sample else news_path(community.id, mail.facts["person"]))
    parts: list[Part] = [
        Prose(text, Markup(html)),  # noqa: S704  (cleaned by render; what was put in is escaped)
        *_links(mail, row, stop),
        *(
            [Words(_("This is a test. Links of one's own lead to the public page here."), quiet=True)]
            if written
            else []
        ),
    ]
    made = write_letter(
        subject=subject,
        heading=subject,
        preview=" ".join(text.split())[:_PREVIEW],
        parts=parts,
        language=mail.language,
        look=look_of(row.community.accent, row.community.slug),
        footer=_why(row, news=news),
    )
    return replace(made, unsubscribe=None if sample else stop)


def _links(mail: OutboxMail, row: Letter, stop: str | None) -> list[Part]:
    links: list[Part] = []
    if row.event is not None:
        page = event_page(row.event.slug)
        manage = page if mail.facts.get("sample") else manage_link(mail.facts["of"])
        links += [
            Link(_("Change or cancel"), manage, quiet=True),
            Link(_("The page of this gathering"), page, quiet=True),
        ]
    if stop:
        links.append(Link(_("No more news from %(hosts)s", hosts=clean_line(row.community.name)), stop, quiet=True))
    return links


def _why(row: Letter, *, news: bool) -> str:
    hosts = clean_line(row.community.name)
    if row.event is None:
        return _("You get this mail because you belong to %(hosts)s and want its news.", hosts=hosts)
    title = clean_line(row.event.title)
    if news:
        return _(
            "You get this news because you registered for “%(title)s” of %(hosts)s. You can end it at any time with "
            "the link above; what concerns your registration still reaches you.",
            title=title,
            hosts=hosts,
        )
    return _("You get this mail because you registered for “%(title)s”. %(hosts)s wrote it.", title=title, hosts=hosts)


def _fields(mail: OutboxMail, row: Letter) -> dict[str, Filled]:
    to, community = mail.facts["to"], row.community
    fields = {
        "name": Filled(clean_line(to["name"])),
        "community": Filled(clean_line(community.name)),
        "community_link": Filled(clean_line(community.name), absolute(f"/communities/{community.slug}")),
    }
    if row.event is None:
        return fields
    held = Held.of(facts_of(row.event))
    page = event_page(row.event.slug)
    sample = bool(mail.facts.get("sample"))
    in_person = to["attends"] != "online"
    return fields | {
        "event": Filled(held.title),
        "time": Filled(one_line(held, mail.zone, mail.created_at)),
        "place": Filled(where_words(held.mode, held.place, to["attends"])),
        "event_link": Filled(_("The page of this gathering"), page),
        "manage_link": Filled(_("Change or cancel"), page if sample else manage_link(mail.facts["of"])),
        "join_link": Filled(_("The page of this gathering"), page)
        if in_person
        else Filled(_("Your way in"), page if sample else join_link(mail.facts["of"])),
    }


def example(recipient_facts: dict[str, Any], row: Letter, *, zone: str, language: str, now: Any) -> OutboxMail:
    """Give a mail that is never stored, for looking at a letter as somebody gets it."""
    facts = {**recipient_facts, "letter": row.public_id, "sample": True}
    return OutboxMail(kind="letter", recipient="", sender="", zone=zone, language=language, facts=facts, created_at=now)


COMPOSERS: dict[str, Callable[[OutboxMail], Written]] = {
    "letter": letter,
    "letter_news": letter,
    "letter_test": letter_test,
}
