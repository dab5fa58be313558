"""Rules of choosing: what a decision is, who knows of it, who keeps silent, and what still fits into the room."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar

from gatherings.calls.rules.call import cost, limit_of
from gatherings.core.words import Sentence, say, say_many

# What organisers can decide; "submitted": not decided (any more).
DECISIONS: Final = ("accepted", "reserve", "declined", "submitted")
TOLD: Final = ("accepted", "reserve", "declined")  # what a letter tells of
LIVE: Final = ("submitted", "accepted", "reserve", "declined")
SCORES: Final = (1, 2, 3, 4, 5)
ONE_DAY: Final = timedelta(days=1)

Thing = TypeVar("Thing")


class Standing(StrEnum):
    """What the presenter knows of the decision, and has answered."""

    UNDECIDED = "undecided"
    UNTOLD = "untold"  # decided; no letter was sent yet
    CHANGED = "changed"  # the last letter said something else
    TOLD = "told"  # reserve or declined, and they know
    ASKED = "asked"  # accepted, and they have not answered yet; less than a day ago
    SILENT = "silent"  # the same, for a day or longer
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


def standing(submission: Any, now: datetime) -> Standing:
    """Tell how a submission (any object with its columns) stands between organisers and presenter."""
    if submission.state == "withdrawn":
        return Standing.WITHDRAWN
    if submission.told and submission.told != submission.state:
        return Standing.CHANGED
    if submission.state not in TOLD:
        return Standing.UNDECIDED
    if not submission.told:
        return Standing.UNTOLD
    if submission.state != "accepted":
        return Standing.TOLD
    if submission.confirmed_at is not None:
        return Standing.CONFIRMED
    return Standing.SILENT if silent_days(submission, now) else Standing.ASKED


def needs_letter(submission: Any) -> bool:
    """Tell whether a decision was made that the presenter has not been told of."""
    return submission.state in TOLD and submission.told != submission.state


def silent_days(submission: Any, now: datetime) -> int:
    """Count the whole days since somebody was told that they are accepted and did not answer; else 0."""
    if submission.state != "accepted" or submission.told != "accepted" or submission.confirmed_at is not None:
        return 0
    return max(0, (now - submission.told_at) // ONE_DAY) if submission.told_at is not None else 0


def may_remind(submission: Any, now: datetime) -> bool:
    """Tell whether a silent one may be reminded now: once a day at most."""
    waits = submission.state == submission.told == "accepted" and submission.confirmed_at is None
    return waits and (submission.reminded_at is None or submission.reminded_at <= now - ONE_DAY)


def would_fit(call: Any, event: Any) -> int:
    """Give how long a further slot may be, in seconds, by the minutes alone; 0: none that the call allows."""
    longest = min(limit_of(call, event) - cost(0, call) - call.accepted_seconds, call.most_seconds)
    return int(longest) if longest >= call.least_seconds else 0


def minutes_left(call: Any, event: Any) -> int:
    """Give how many seconds the accepted slots leave, the next change-over included."""
    return max(0, int(limit_of(call, event) - call.accepted_seconds - (0 if call.accepted else call.change_seconds)))


def no_room(call: Any, event: Any) -> list[Sentence]:
    """Say kindly why a slot finds no room, and what would: the first sentence says why, the others what to do."""
    left, fits = minutes_left(call, event), would_fit(call, event)
    if call.accepted >= call.places:
        said = [
            say_many(
                "The one slot of this call is taken, so nothing was changed.",
                "All %(num)s slots are taken, so nothing was changed.",
                call.places,
            )
        ]
        if fits:
            said.append(
                say(
                    "%(left)s are left: a slot of %(fits)s would fit, if the call had one place more.",
                    left=_clock(left),
                    fits=_clock(fits),
                )
            )
        else:
            said.append(_nothing_fits(left))
    else:
        said = [say("This slot is longer than what is left, so nothing was changed.")]
        if fits:
            said.append(say("%(left)s are left: a slot of %(fits)s would fit.", left=_clock(left), fits=_clock(fits)))
        else:
            said.append(_nothing_fits(left))
    return [*said, say("You can put it on reserve: it gets the next place that becomes free.")]


def no_room_for_several(call: Any, event: Any, wanted: Sequence[int]) -> list[Sentence]:
    """Say kindly why those who were ticked, slots of so many seconds, do not all find room; `call` as it was before."""
    fit, seconds = 0, call.accepted_seconds
    for length in sorted(wanted):
        if call.accepted + fit < call.places and seconds + cost(length, call) <= limit_of(call, event):
            fit, seconds = fit + 1, seconds + cost(length, call)
    asked = say_many(
        "You ticked one, and there is no room for it. Nothing was changed.",
        "You ticked %(num)s, and there is room for %(fit)s of them. Nothing was changed.",
        len(wanted),
        fit=fit,
    )
    if fit:
        return [asked, say("Please choose which of them: the others can go on reserve.")]
    return [asked, *no_room(call, event)[1:]]


def _nothing_fits(left: int) -> Sentence:
    if left <= 0:
        return say("No minutes are left.")
    return say("%(left)s are left: too short for any slot of this call.", left=_clock(left))


def _clock(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}:{rest:02}"


def moved(things: Iterable[Thing], which: Thing, to: int) -> list[Thing]:
    """Put one thing of a list at a place (the first is 1); beyond the ends means the end."""
    others = [one for one in things if one is not which]
    others.insert(max(0, min(len(others), to - 1)), which)
    return others
