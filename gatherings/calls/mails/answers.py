"""Letters that answer a submission, ask for an answer once more, and say that it is withdrawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from gatherings.calls.links import own_path
from gatherings.calls.rules.answers import OURS, Words
from gatherings.core.filling import fill, fill_html
from gatherings.core.tokens import Claim
from gatherings.mail.letters import Button, Facts, Filled, Link, Part, Prose, greeting, letter_of
from gatherings.mail.letters import Words as Paragraph
from gatherings.mail.message import Letter, clean_line
from gatherings.mail.models import OutboxMail
from gatherings.registration.mails.invitations import event_page
from gatherings.registration.mails.times import Held, one_line, time_rows
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import words as in_words
from gatherings.web.markdown import plain, render
from gatherings.web.requests import absolute
from gatherings.web.times import length_words

_PREVIEW = 140  # characters in the line that mail lists show


@dataclass(frozen=True)
class Drawn:
    """A letter before it is drawn: for the mail, and for the screen on which all are looked at together."""

    subject: str
    preview: str
    parts: Sequence[Part]


def our_words(kind: str) -> Words:
    """Give our own words of a letter, in the language of whoever reads now."""
    subject, body = OURS[kind]
    return Words(in_words(subject), in_words(body))


def slot_answer(mail: OutboxMail) -> Letter:
    """Write the letter that says what was decided."""
    drawn = draw(mail)
    return _letter(mail, drawn.subject, drawn.subject, drawn.preview, drawn.parts)


def draw(mail: OutboxMail) -> Drawn:
    """Make the parts of the letter that says what was decided: the organisers' words, then what is to be done."""
    said = mail.facts["words"]
    words = Words(said["subject"], said["body"]) if said else our_words(mail.facts["letter"])
    fields = _fields(mail)
    texts = {name: field.text for name, field in fields.items()}
    text = fill(plain(words.body), texts)
    html = fill_html(str(render(words.body)), {name: field.html for name, field in fields.items()})
    prose = Prose(text, Markup(html))  # noqa: S704  (cleaned by render; what was put in is escaped)
    return Drawn(
        subject=clean_line(fill(words.subject, texts)),
        preview=" ".join(text.split())[:_PREVIEW],
        parts=[prose, *_what_next(mail)],
    )


def slot_reminder(mail: OutboxMail) -> Letter:
    """Ask once more whether an accepted presenter will be there."""
    title = clean_line(mail.facts["submission"]["title"])
    held = Held.of(mail.facts["event"])
    parts: list[Part] = [
        greeting(clean_line(mail.facts["to"]["name"])),
        Paragraph(
            _(
                "you have a place at “%(event)s” with “%(title)s”, and we do not know yet whether you will be there. "
                "One press tells us.",
                event=held.title,
                title=title,
            )
        ),
        *_what_next(mail),
    ]
    subject = _("Will you be there? %(title)s", title=title)
    return _letter(mail, subject, _("Will you be there?"), title, parts)


def slot_withdrawn(mail: OutboxMail) -> Letter:
    """Say that the hosts have withdrawn a submission: whoever does so themselves is told by receipts.py."""
    facts = mail.facts
    title, held = clean_line(facts["submission"]["title"]), Held.of(facts["event"])
    parts: list[Part] = [
        greeting(clean_line(facts["to"]["name"])),
        Paragraph(_("the hosts have withdrawn “%(title)s” from “%(event)s”.", title=title, event=held.title)),
        Paragraph(_("Nothing more is to be done. If this was a mistake, please write to the hosts.")),
        *_contact(facts),
        Link(_("The page of this gathering"), event_page(facts["event"]["slug"])),
    ]
    return _letter(mail, _("Withdrawn: %(title)s", title=title), _("Withdrawn"), title, parts)


def _what_next(mail: OutboxMail) -> list[Part]:
    """Give the times and what to press; who presents with somebody is told who answers."""
    facts = mail.facts
    held, own = Held.of(facts["event"]), facts["own"]
    page = _own_link(facts)
    rows = [
        (_("Your slot"), clean_line(facts["submission"]["title"])),
        *time_rows(held, mail.zone, mail.created_at),
    ]
    if facts.get("letter", "accepted") in ("reserve", "declined"):
        return [Facts(rows), Link(_("Your own page"), page, quiet=True), *_contact(facts)]
    rows.insert(1, (_("Length"), length_words(facts["submission"]["seconds"])))
    if own["other"]:
        name = clean_line(facts["submission"]["name"])
        told = Paragraph(_("%(name)s answers for all of you. Your own page shows your minute.", name=name))
        return [Facts(rows), told, Button(_("See our slot"), page), *_contact(facts)]
    cannot = Paragraph(_("You cannot after all? The same page gives your place to the next in line."), quiet=True)
    return [Facts(rows), Button(_("Yes, I will be there"), page), cannot, *_contact(facts)]


def _contact(facts: Mapping[str, Any]) -> list[Part]:
    contact = clean_line(facts["contact"])
    return [Paragraph(_("Questions? Please ask %(contact)s.", contact=contact), quiet=True)] if contact else []


def _fields(mail: OutboxMail) -> dict[str, Filled]:
    facts = mail.facts
    held = Held.of(facts["event"])
    hosts = clean_line(facts["community"]["name"])
    return {
        "name": Filled(clean_line(facts["to"]["name"])),
        "title": Filled(clean_line(facts["submission"]["title"])),
        "length": Filled(length_words(facts["submission"]["seconds"])),
        "event": Filled(held.title),
        "time": Filled(one_line(held, mail.zone, mail.created_at)),
        "event_link": Filled(_("The page of this gathering"), event_page(held.slug)),
        "own_link": Filled(_("Your own page"), _own_link(facts)),
        "contact": Filled(clean_line(facts["contact"]) or hosts),
        "community": Filled(hosts),
    }


def _own_link(facts: Mapping[str, Any]) -> str:
    if facts.get("sample"):  # for whoever reads it instead of them
        return event_page(facts["event"]["slug"])
    own = facts["own"]
    return absolute(own_path(Claim(own["public_id"], own["version"]), other=own["other"]))


def _letter(mail: OutboxMail, subject: str, heading: str, preview: str, parts: Sequence[Part]) -> Letter:
    named = {"event": clean_line(mail.facts["event"]["title"])}
    return letter_of(
        mail,
        subject=subject,
        heading=heading,
        preview=preview,
        parts=parts,
        greets=False,
        footer=_("You get this mail because you are named as a presenter at “%(event)s”.", **named)
        if mail.facts["own"]["other"]
        else _("You get this mail because you offered a slot at “%(event)s”.", **named),
    )


COMPOSERS = {"slot_answer": slot_answer, "slot_reminder": slot_reminder, "slot_withdrawn": slot_withdrawn}
