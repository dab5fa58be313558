"""Rules of registration: what somebody wants, what comes of it, and what may follow from which state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from gatherings.accounts.rules import Address
from gatherings.core.errors import InvalidInput, Problem
from gatherings.core.words import say

HOLDING = ("pending", "offered", "confirmed")
LIVE = (*HOLDING, "waitlisted")
# Kinds of mail that still go out after what they are about was erased: calendars must be told.
LAST_WORDS = ("cancelled", "series_cancelled", "moved_away", "handed_on", "swapped_away")

# A repeat within this time of the last mail with the link sends nothing (domain.md 10).
LINK_PAUSE = timedelta(minutes=10)
# Mails an hour to one address about one event, whatever is pressed (design README 11).
MAILS_PER_HOUR = 5
# After "this was not me" nobody can cause mail to that address about that event for this long.
NOT_ME_PAUSE = timedelta(days=1)
# A link in opens this long before the start and stays open this long after the end.
JOIN_OPENS = timedelta(minutes=15)
JOIN_OPENS_MINUTES = int(JOIN_OPENS.total_seconds() // 60)
JOIN_CLOSES = timedelta(minutes=30)


@dataclass(frozen=True)
class Wanted:
    """What somebody asked for at the form, cleaned: `answers` by question id, `consents` by key.

    `made_by`: "person" themselves, a "host" for them, or a "list" that was brought over: hosts may also while
    registration is closed. Without `mail` nobody is told, and no calendar: a link is still sent to who asks for it.
    """

    address: Address
    name: str
    zone: str
    language: str = "en"
    wish: str | None = None  # room, online; None where there is nothing to choose
    answers: Mapping[int, Any] = field(default_factory=dict)
    consents: frozenset[str] = frozenset()
    code_agreed: bool = False
    made_by: str = "person"
    mail: bool = True


@dataclass(frozen=True)
class Outcome:
    """What the screen may say. It is the same for a newcomer and for somebody registered already (domain.md 10).

    `full`: the place asked for was not to be had; `online_meanwhile`: an online place was taken until it is.
    """

    full: bool
    online_meanwhile: bool = False
    public_id: str | None = None  # of the registration: for tests and the log, never for the screen
    new: bool = False  # they were not registered before: for organisers who register them, never for the screen


def choose_side(mode: str, wish: str | None) -> str:
    """Decide which pool somebody asks for: "room" or "online". Raises InvalidInput for a choice not offered."""
    if mode == "hybrid":
        if wish not in ("room", "online"):
            raise InvalidInput([Problem("wish", say("Please choose how you come: in the room or online."))])
        return wish
    side = "online" if mode == "online" else "room"
    if wish not in (None, "", side):
        raise InvalidInput([Problem("wish", say("This gathering is not held that way. Please choose again."))])
    return side


def check_code(code_of_kindness: str | None, agreed: bool) -> None:
    """Refuse a registration without the code of kindness where the community has one; raises InvalidInput."""
    if code_of_kindness and not agreed:
        raise InvalidInput(
            [Problem("code_agreed", say("Please read the code of kindness and tick the box to come along."))]
        )
