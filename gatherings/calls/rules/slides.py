"""Rules of slides: who may change one, and when."""

from datetime import datetime
from typing import Any, Final

from gatherings.calls.rules.call import CallState, asks_of, state_of
from gatherings.core.words import Sentence, say

MOST_ALT: Final = 300  # characters
MOST_TRIES: Final = 30  # pictures an hour for one submission: each is decoded anew

CLOSED = say("The call has closed, so the slide stays as it is. Please ask the hosts if it has to change.")
GONE = say("This slot was withdrawn, so its slide cannot be changed any more.")
NOT_YET = say("The call is not open yet.")
CANCELLED = say("This gathering was cancelled by its hosts, so nothing can be changed any more.")
NEEDED = say("The hosts need one slide with every slot. Please send yours first, then press once more.")
NOT_ASKED = say("The hosts do not ask for a slide.")


def why_not(submission: Any, call: Any, event: Any, now: datetime) -> Sentence | None:
    """Say why the slide of a submission cannot be changed at `now`; None where it can.

    One that is there may be taken away even where the hosts have stopped asking for slides. Who has a place, and must
    bring a slide to say yes, may send it after the call has closed as well.
    """
    if submission.state == "withdrawn":
        return GONE
    match state_of(call, event, now):
        case CallState.OPEN:
            return None
        case CallState.CANCELLED:
            return CANCELLED
        case CallState.CLOSED:
            return None if _may_be_late(submission, call, event, now) else CLOSED
    return NOT_YET


def is_needed(call: Any) -> bool:
    """Tell whether nobody can say yes to a place without a slide; nobody needs one to offer a slot, or to draft it."""
    return asks_of(call)["slide"] == "must"


def _may_be_late(submission: Any, call: Any, event: Any, now: datetime) -> bool:
    has_place = (submission.state, submission.told) == ("accepted", "accepted") and submission.confirmed_at is None
    return has_place and is_needed(call) and now < event.starts_at


def is_asked(call: Any) -> bool:
    """Tell whether a call asks for a slide."""
    return asks_of(call)["slide"] != "no"
