"""What a letter is made of, and how it becomes text and HTML with the same content.

A letter is written once, as parts; two templates draw them. So the text form never says less than the HTML.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from flask import render_template
from markupsafe import Markup

from gatherings.mail.look import Look, look_of
from gatherings.mail.message import Letter, clean_line
from gatherings.mail.models import OutboxMail
from gatherings.web.i18n import gettext as _


@dataclass(frozen=True)
class Words:
    """One paragraph; a quiet one is small print."""

    text: str
    quiet: bool = False
    kind: ClassVar[str] = "words"


@dataclass(frozen=True)
class Heading:
    """A heading inside the letter."""

    text: str
    kind: ClassVar[str] = "heading"


@dataclass(frozen=True)
class Facts:
    """Facts in two columns: (label, value)."""

    rows: Sequence[tuple[str, str]]
    kind: ClassVar[str] = "facts"


@dataclass(frozen=True)
class DateLine:
    """One date of a series: on the reader's clock, on the hosts' (None where it is the same), and what is special."""

    mine: str
    host: str | None = None
    note: str | None = None
    link: "Link | None" = None


@dataclass(frozen=True)
class Dates:
    """A list of dates."""

    dates: Sequence[DateLine]
    kind: ClassVar[str] = "dates"


@dataclass(frozen=True)
class Button:
    """The one thing to press."""

    text: str
    url: str
    kind: ClassVar[str] = "button"


@dataclass(frozen=True)
class Link:
    """A further link; in the text form its address stands alone on a line."""

    text: str
    url: str
    quiet: bool = False
    kind: ClassVar[str] = "link"


@dataclass(frozen=True)
class Picture:
    """A small picture that comes along in the letter itself, with a caption; the text form has the caption alone."""

    name: str  # plain letters, unique in the letter
    png: bytes
    side: int  # pixels
    alt: str
    caption: str
    kind: ClassVar[str] = "picture"


@dataclass(frozen=True)
class Prose:
    """What an organiser wrote: the same words as text and as HTML that has been cleaned (web/markdown.py)."""

    text: str
    html: Markup
    kind: ClassVar[str] = "prose"


Part = Words | Heading | Facts | Dates | Button | Link | Picture | Prose


def write_letter(
    *,
    subject: str,
    heading: str,
    preview: str,
    parts: Sequence[Part | None],
    language: str,
    look: Look | None = None,
    footer: str | None = None,
    calendar: tuple[bytes, str] | None = None,
) -> Letter:
    """Draw a letter's parts (None: left out) in both forms; `calendar` is the calendar's bytes and METHOD.

    `look` is that of the community that it is about; without one, the house's own.
    """
    values = {
        "heading": heading,
        "preview": preview,
        "parts": [part for part in parts if part is not None],
        "language": language,
        "look": look or look_of(),
        "footer": footer or _("You get this mail because your address was typed in on our page."),
    }
    return Letter(
        subject=clean_line(subject),
        text=render_template("mail/letter.txt", **values),
        html=render_template("mail/letter.html", **values),
        calendar=calendar[0] if calendar else None,
        method=calendar[1] if calendar else None,
        images=tuple((part.name, part.png) for part in parts if isinstance(part, Picture)),
    )


def greeting(name: str) -> Part:
    """Greet somebody; who was forgotten meanwhile has no name."""
    return Words(_("Hello %(name)s,", name=name) if name else _("Hello,"))


def letter_of(
    mail: OutboxMail,
    *,
    subject: str,
    heading: str,
    preview: str,
    parts: Sequence[Part | None],
    greets: bool = True,
    footer: str | None = None,
    calendar: tuple[bytes, str] | None = None,
) -> Letter:
    """Write the letter of a mail whose facts name a `community`, and under `to` whom it greets."""
    facts = mail.facts
    greeted = [greeting(clean_line(facts["to"]["name"]))] if greets else []
    return write_letter(
        subject=subject,
        heading=heading,
        preview=preview,
        parts=[*greeted, *parts],
        language=mail.language,
        look=look_of(facts["community"]["accent"], facts["community"]["slug"]),
        footer=footer,
        calendar=calendar,
    )


@dataclass(frozen=True)
class Filled:
    """What is put in for a field of what an organiser wrote: a text, or a link with words of our own."""

    words: str
    url: str | None = None

    @property
    def text(self) -> str:
        """Give it for the text form."""
        return f"{self.words} ({self.url})" if self.url else self.words

    @property
    def html(self) -> str:
        """Give it for the HTML form, escaped."""
        if self.url:
            return str(Markup('<a href="{}">{}</a>').format(self.url, self.words))
        return str(Markup("<bdi>{}</bdi>").format(self.words))
