"""Rules of letters: what stands in braces, what may be saved, and when a letter is due on somebody's own clock.

How fields are put in: core/filling.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from gatherings.core import zones
from gatherings.core.errors import Problem
from gatherings.core.filling import fill, fill_html, problems_of
from gatherings.core.words import Sentence, say

__all__ = ["FIELDS", "KINDS", "Draft", "due_at", "fill", "fill_html"]

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
        return problems_of(self.subject, self.body, FIELDS[of])


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
