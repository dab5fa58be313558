"""The words of the letters that answer a submission: our own to begin with, and what can stand in braces."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gatherings.core.errors import Problem
from gatherings.core.filling import problems_of
from gatherings.core.words import Sentence, say

LONGEST_SUBJECT: Final = 150
LONGEST_BODY: Final = 5_000
KINDS: Final = ("accepted", "reserve", "declined", "offer")  # offer: from reserve to a place that became free

FIELDS: Final[Mapping[str, Sentence]] = {
    "name": say("their name"),
    "title": say("the title of what they offered"),
    "length": say("how long their slot is, such as 3:00"),
    "event": say("the title of the gathering"),
    "time": say("when the gathering is: on their own clock, then on yours"),
    "event_link": say("a link to the page of the gathering"),
    "own_link": say("a link to their own page, where they answer"),
    "contact": say("whom they can ask, as the call says it"),
    "community": say("the name of your community"),
}


@dataclass(frozen=True)
class Words:
    """What a letter says: subject and body (Markdown), with fields in braces."""

    subject: str
    body: str

    def check(self) -> list[Problem]:
        """List what is wrong with the fields in it."""
        return problems_of(self.subject, self.body, FIELDS)

    @property
    def facts(self) -> dict[str, str]:
        """Give the words in JSON's types."""
        return {"subject": self.subject, "body": self.body}


# Our own words. Catalogues translate them for whoever writes the letters; nobody has to keep them.
OURS: Final[Mapping[str, tuple[Sentence, Sentence]]] = {
    "accepted": (
        say("You have a place: {title}"),
        say(
            "Hello {name},\n\nthank you for offering “{title}”. We would love to hear it at “{event}”: a place of "
            "{length} minutes is yours.\n\nPlease tell us with one press that you will be there. The minute at which "
            "you begin comes in a mail of its own."
        ),
    ),
    "reserve": (
        say("On our reserve list: {title}"),
        say(
            "Hello {name},\n\nthank you for offering “{title}”. All places of “{event}” are given at the moment, and "
            "yours is among the next. If somebody cannot come, we write to you at once.\n\nYou need not do anything."
        ),
    ),
    "declined": (
        say("About your offer: {title}"),
        say(
            "Hello {name},\n\nthank you for offering “{title}” for “{event}”. We had more offers than minutes, and "
            "could not find a place for it this time. It was good to read it.\n\nYou are warmly welcome to come and "
            "listen."
        ),
    ),
    "offer": (
        say("A place has become free for you: {title}"),
        say(
            "Hello {name},\n\nsomebody cannot come to “{event}”, and you are next: a place of {length} minutes is "
            "yours for “{title}”.\n\nPlease tell us with one press whether you will be there. If it is too late for "
            "you now, that is fine: your page lets you give the place on."
        ),
    ),
}


def own_words(submission: Any, kind: str) -> Words | None:
    """Give the words written for one person alone, for one kind of letter; None: there are none."""
    kept = submission.letter or {}
    return Words(kept["subject"], kept["body"]) if kept.get("state") == kind else None


def kept_words(call: Any, kind: str) -> Words | None:
    """Give what the organisers made of a letter's words for this call; None: they have not touched them."""
    kept = (call.letters or {}).get(kind)
    return Words(kept["subject"], kept["body"]) if kept else None


def mark_of(submission: Any, words: Words | None) -> str:
    """Give a mark of what a letter says and why: another decision, name or wording has another mark."""
    said = (submission.state, submission.decided_at, submission.name, submission.title, submission.seconds, words)
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()[:16]
