"""Words for states, decisions and notes of the screens of submissions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gatherings.calls.rules.choosing import Standing, silent_days, standing
from gatherings.core.words import Sentence, say, say_many

STATES: Mapping[str, Sentence] = {
    "submitted": say("Undecided"),
    "accepted": say("Accepted"),
    "reserve": say("On reserve"),
    "declined": say("Declined"),
    "withdrawn": say("Withdrawn"),
    "silent": say("Silent"),
}
TAGS: Mapping[str, str] = {"accepted": "good", "reserve": "warn", "declined": "quiet", "withdrawn": "quiet"}

# What a button says that decides; "submitted" takes a decision back.
ACTS: Mapping[str, Sentence] = {
    "accepted": say("Accept"),
    "reserve": say("Put on reserve"),
    "declined": say("Decline"),
    "submitted": say("Take the decision back"),
}
TAKE_BACK = "submitted"
SORTS: Mapping[str, Sentence] = {
    "sent": say("Sent first"),
    "-sent": say("Sent last"),
    "title": say("Title"),
    "name": say("Name"),
    "-score": say("Best score"),
    "score": say("Lowest score"),
    "length": say("Shortest"),
    "-length": say("Longest"),
    "hour": say("Their hour"),
}
_STANDING: Mapping[Standing, Sentence | None] = {
    Standing.UNDECIDED: None,
    Standing.UNTOLD: say("no letter yet"),
    Standing.TOLD: say("they know"),
    Standing.ASKED: say("asked, no answer yet"),
    Standing.CONFIRMED: say("will be there"),
    Standing.WITHDRAWN: None,
}
_CHANGED: Mapping[str, Sentence] = {
    "accepted": say("their letter said: accepted"),
    "reserve": say("their letter said: on reserve"),
    "declined": say("their letter said: declined"),
}

# What is shown of a form that was typed after the close: its fields, in words.
TYPED: Mapping[str, Sentence] = {
    "about": say("What they do"),
    "ask": say("The one thing they ask of the audience"),
    "script": say("Script or notes"),
    "links": say("Links"),
    "zone": say("Time zone"),
}


def standing_words(submission: Any, now: datetime) -> Sentence | None:
    """Say what the presenter knows of the decision and has answered; None: nothing to say."""
    stands = standing(submission, now)
    if stands is Standing.CHANGED:
        return _CHANGED.get(submission.told)
    if stands is Standing.SILENT:
        return say_many("silent for one day", "silent for %(num)s days", silent_days(submission, now))
    return _STANDING[stands]


def standing_tone(submission: Any, now: datetime) -> str:
    """Give the tone in which that is said: "good", "warn" or ""."""
    stands = standing(submission, now)
    if stands is Standing.CONFIRMED:
        return "good"
    return "warn" if stands in (Standing.CHANGED, Standing.SILENT, Standing.UNTOLD) else ""


NOTES: Mapping[str, Sentence] = {
    "decided": say("Done. They hear of it when you send the letters."),
    "before": say("That was done before, so nothing was changed."),
    "moved": say("The reserve list is in its new order."),
    "scored": say("Your score is kept."),
    "unscored": say("Your score is taken back."),
    "noted": say("Your remark is kept. Presenters never see it."),
    "removed": say("Your remark is gone."),
    "reminded": say("A mail asks them once more."),
    "reminded-before": say("They were asked within the last day already. Please give them a little time."),
    "withdrawn": say("It is withdrawn, and a mail tells them. A free place goes to the next on reserve."),
    "let-in": say("It is among the submissions now, as if it had come in time."),
    "sent": say("The letters are on their way."),
    "sent-before": say("These letters were sent before, so nothing was sent again."),
    "worded": say("The words are kept."),
}


def decided_words(count: int) -> Sentence:
    """Say how many a press decided on."""
    return say_many(
        "Done, for one. They hear of it when you send the letters.",
        "Done, for %(num)s. They hear of it when you send the letters.",
        count,
    )
