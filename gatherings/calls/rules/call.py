"""What a call is at a moment, what it asks, and how many minutes it has left: the one place where these are decided.

The minutes. The room of a call is the event's length less what is kept for opening, closing and breaks. Each accepted
slot costs its length and one change-over, except that there is none before the first: n slots cost the sum of their
lengths and n - 1 changes (as slots/rules/timing.py lays them out). `Call.accepted_seconds` counts one change for each
of them, the first included, because one guarded UPDATE can add and take that without knowing which is first; so it may
reach the room and one change (`limit_of`). Eight slots of 180 s with 30 s between them take 27:30.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from gatherings.core.errors import Problem
from gatherings.core.words import Sentence, say, say_many

# What can be asked besides title and name, which always are, and what a new call asks.
ASKS: Final[Mapping[str, str]] = {
    "about": "must",
    "ask": "may",
    "links": "may",
    "slide": "may",
    "pronunciation": "may",
    "co_presenters": "may",
    "needs": "may",
    "recording": "may",
    "script": "may",
}
# Nobody must bring somebody, or need something.
NEVER_MUST: Final = frozenset({"co_presenters", "needs"})
LEAST_SECONDS, MOST_SECONDS = 30, 60 * 60
MOST_PLACES = 200
MOST_CHANGE = 10 * 60
MOST_KEPT_MINUTES = 24 * 60
SPEEDS: Final = (60, 260)  # words a minute that a person can speak


class CallState(StrEnum):
    """Where a call stands."""

    DRAFT = "draft"
    NOT_YET = "not yet"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Room:
    """The minutes of a call in seconds: in all, used by those accepted, left (below 0 where the event got shorter).

    `more`: how many slots of the usual length still fit, never beyond the places.
    """

    seconds: int
    used: int
    left: int
    more: int


def state_of(call: Any, event: Any, now: datetime) -> CallState:
    """Tell where a call of an event stands at `now` (UTC): it opens and closes at its very second."""
    if call.state != "published":
        return CallState.DRAFT
    if event.status == "cancelled":
        return CallState.CANCELLED
    if now >= min(call.closes_at, event.ends_at):
        return CallState.CLOSED
    return CallState.OPEN if now >= call.opens_at else CallState.NOT_YET


def asks_of(call: Any) -> dict[str, str]:
    """Give for each thing that can be asked whether it is: "no", "may" or "must"."""
    return {name: call.asks.get(name, usual) for name, usual in ASKS.items()}


def room_seconds(call: Any, event: Any) -> int:
    """Give what slots and the changes between them may fill; never below 0."""
    length = int((event.ends_at - event.starts_at) / timedelta(seconds=1))
    return max(0, length - int(call.kept_seconds))


def cost(seconds: int, call: Any) -> int:
    """Give what accepting a slot of a length adds to `Call.accepted_seconds`: the slot and one change."""
    return seconds + int(call.change_seconds)


def limit_of(call: Any, event: Any) -> int:
    """Give what `Call.accepted_seconds` may reach: the room and one change, since there is none before the first."""
    return room_seconds(call, event) + int(call.change_seconds)


def length_of(seconds: Sequence[int], change: int) -> int:
    """Give how long slots take one after the other, with a change between two."""
    return sum(seconds) + change * max(0, len(seconds) - 1)


def planned_seconds(call: Any) -> int:
    """Give how long all places of a call take in slots of the usual length."""
    return length_of([call.slot_seconds] * call.places, call.change_seconds)


def room_of(call: Any, event: Any, told: tuple[int, int] | None = None) -> Room:
    """Give the minutes of a call as they stand with those accepted.

    `told`: how many have been told so, and their seconds, for what everybody may see. What is decided and not told
    yet must not show in the minutes that are left.
    """
    number, taken = call.accepted, call.accepted_seconds
    if told is not None:
        number, taken = told[0], told[1] + told[0] * int(call.change_seconds)
    room = room_seconds(call, event)
    used = max(0, taken - call.change_seconds) if number else 0
    fit = (limit_of(call, event) - taken) // cost(call.slot_seconds, call)
    return Room(room, used, room - used, max(0, min(fit, call.places - number)))


def time_left(left: timedelta) -> Sentence:
    """Say how long something takes to come: in days from two days on, in hours from two hours on, else in minutes."""
    minutes = -(-left // timedelta(minutes=1))
    if left >= timedelta(days=2):
        return say_many("in one day", "in %(num)s days", left // timedelta(days=1))
    if left >= timedelta(hours=2):
        return say_many("in one hour", "in %(num)s hours", left // timedelta(hours=1))
    return say_many("in one minute", "in %(num)s minutes", max(1, minutes))


def problems_of(values: Mapping[str, Any]) -> list[Problem]:
    """Say what does not go together in a call's values (columns as in calls/models.py)."""
    problems = []
    least, usual, most = (values[name] for name in ("least_seconds", "slot_seconds", "most_seconds"))
    if least > usual:
        problems.append(Problem("least_seconds", say("The shortest slot should not be longer than the usual one.")))
    if most < usual:
        problems.append(Problem("most_seconds", say("The longest slot should not be shorter than the usual one.")))
    if values["closes_local"] <= values["opens_local"]:
        problems.append(Problem("closes", say("The call should close after it opens.")))
    return problems


def shortfall(wanted: Mapping[str, Any], accepted: int, used: int, room: int) -> list[Sentence]:
    """Say, without refusing it, what of a call's values is less than what is accepted already (`used`, `room`: s)."""
    said = []
    if wanted["places"] < accepted:
        said.append(
            say_many(
                "One slot is accepted already, and there are fewer places now. Nobody loses theirs.",
                "%(num)s slots are accepted already, and there are fewer places now. Nobody loses theirs.",
                accepted,
            )
        )
    if used > room:
        minutes = -(-(used - room) // 60)
        said.append(
            say_many(
                "The accepted slots take one minute more than there is. The running order shows where it can be found.",
                "The accepted slots take %(num)s minutes more than there are. "
                "The running order shows where they can be found.",
                minutes,
            )
        )
    return said
