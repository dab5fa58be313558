"""Rules of letters: what stands in braces, what may be saved, and when a letter is due on somebody's own clock.

Fields come from one fixed table and are put in by exact match, once: never by a template, and what is put in is not
looked at again (reliability.md rule 13).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from gatherings.core import zones
from gatherings.core.errors import Problem
from gatherings.core.words import Sentence, say

KINDS: Final = ("about", "news")
LONGEST_SUBJECT: Final = 150
LONGEST_BODY: Final = 20_000
PER_HOUR: Final = 10  # letters of one community; and tests of one organiser
FARTHEST: Final = timedelta(days=60)  # the day from which a letter waits for its hour

_NAME = say("their name")
_COMMUNITY = say("the name of your community")
_COMMUNITY_LINK = say("a link to the page of your community")
FIELDS: Final[Mapping[str, Mapping[str, Sentence]]] = {
    "event": {
        "name": _NAME,
        "event": say("the title of the gathering"),
        "time": say("when it is: on their own clock, then on yours"),
        "place": say("where they go: the room, or online"),
        "manage_link": say("their link to change or cancel"),
        "join_link": say("their way in; who has no place online gets the page of the gathering"),
        "event_link": say("a link to the page of the gathering"),
        "community": _COMMUNITY,
        "community_link": _COMMUNITY_LINK,
    },
    "community": {"name": _NAME, "community": _COMMUNITY, "community_link": _COMMUNITY_LINK},
}
_BRACED = re.compile(r"\{([^{}\n]{0,60})\}")
_TAG_OR_FIELD = re.compile(r"<[^>]*>|\{([^{}\n<>]{0,60})\}")
_LINK_TO_FIELD = re.compile(r"\]\([^)\n]*\{[^{}\n]*\}|^ {0,3}\[[^\]\n]+\]:[^\n]*\{[^{}\n]*\}", re.MULTILINE)


@dataclass(frozen=True)
class Draft:
    """What an organiser wrote, cleaned. `local_hour` None: at once; else at that hour of each one's own day."""

    subject: str
    body: str
    kind: str
    audience: dict[str, Any]
    local_hour: int | None = None
    from_local: str | None = None  # YYYY-MM-DD

    def check(self, of: str) -> list[Problem]:
        """List what is wrong with the fields in it; `of`: "event" or "community"."""
        known = FIELDS[of]
        problems = []
        for field, text in (("subject", self.subject), ("body", self.body)):
            unknown = [name for name in _BRACED.findall(text) if name not in known]
            if unknown:
                problems.append(Problem(field, _unknown(unknown[0], list(known))))
        if any(name.endswith("_link") for name in _BRACED.findall(self.subject)):
            problems.append(
                Problem("subject", say("A link cannot stand in a subject. Please put it into the letter itself."))
            )
        if _LINK_TO_FIELD.search(self.body):
            problems.append(
                Problem(
                    "body",
                    say(
                        "A field cannot stand inside the address of a link. Please write it alone, such as "
                        "{event_link}: it becomes a link with its own words."
                    ),
                )
            )
        return problems


def _unknown(name: str, known: list[str]) -> Sentence:
    return say(
        "There is no field {%(name)s}. What can stand in braces: %(known)s.",
        name=name,
        known=", ".join(f"{{{one}}}" for one in known),
    )


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in for the fields of a plain text, each as it is."""
    return _BRACED.sub(lambda found: values.get(found[1], found[0]), text)


def fill_html(html: str, values: Mapping[str, str]) -> str:
    """Put values, which are HTML already, in for the fields that stand in the text of a piece of HTML, not in tags."""
    return _TAG_OR_FIELD.sub(lambda found: values.get(found[1] or "", found[0]), html)


def due_at(now: datetime, zone: str, hour: int, from_local: str | None) -> datetime:
    """Give the first instant from `now` on when it is `hour` on the clock of `zone`, not before the day `from_local`.

    An hour that is over today comes tomorrow. Where clocks skip the hour or repeat it, RFC 5545 chooses.
    """
    day = zones.to_local(now, zone).date()
    if from_local is not None:
        day = max(day, date.fromisoformat(from_local))
    while True:
        at, _note = zones.to_utc_rfc(datetime.combine(day, time(hour)), zone)
        if at >= now:
            return at
        day += timedelta(days=1)
