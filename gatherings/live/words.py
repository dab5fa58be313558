"""The run of show in words: how far it is from the plan, what was pressed, what comes."""

from collections.abc import Mapping
from datetime import datetime

from gatherings.core.words import Sentence, say, say_many
from gatherings.core.zones import to_local
from gatherings.live.rules import Board, Part, Shown, State
from gatherings.live.rules.shown import ENDED, PAUSED, WAITING
from gatherings.web.i18n import gettext, words
from gatherings.web.times import exact_words, length_words

FEW = 10  # seconds that nobody calls late or early

KINDS: Mapping[str, Sentence] = {
    "opening": say("Opening"),
    "slot": say("Slot"),
    "break": say("Break"),
    "buffer": say("Buffer"),
    "closing": say("Closing"),
}
PRESSED: Mapping[str, Sentence] = {
    "start": say("Start"),
    "try": say("Try it"),
    "next": say("Next"),
    "pause": say("Pause"),
    "resume": say("Go on"),
    "extend": say("More time"),
    "skip": say("Leave out"),
    "unskip": say("Take up again"),
    "back": say("Back"),
    "end": say("End"),
    "reopen": say("Start again"),
    "forget": say("End and forget"),
}


def called(one: Shown | Part) -> str:
    """Name one thing as a host calls it: by who speaks, else by its title, else by its kind."""
    return one.speakers or one.title or words(KINDS[one.kind])


def lateness(board: Board) -> str:
    """Say how far the show is from its plan and who is touched by that; an empty text while it is on time."""
    if board.state in (WAITING, ENDED) or board.following is None:
        return gettext("%(over)s over time.", over=length_words(board.over)) if board.over else ""
    moved = board.following.moved
    if board.over:
        said = gettext("%(over)s over time.", over=length_words(board.over))
        return f"{said} {_after(board, moved)}"
    if moved >= FEW:
        return gettext("%(late)s later than planned.", late=length_words(moved)) + " " + _end(board)
    if board.late <= -FEW:
        return gettext("%(early)s in hand.", early=length_words(-board.late))
    return ""


def _after(board: Board, moved: int) -> str:
    if moved <= 0:
        return gettext("Nothing that follows moves.")
    return gettext("What follows begins %(late)s later.", late=length_words(moved)) + " " + _end(board)


def _end(board: Board) -> str:
    """Say what is left of a delay at the end: nobody's time pays for it."""
    if board.late <= 0:
        return gettext("The buffers take it up, and the end stays.")
    if board.air:
        return gettext(
            "The buffers still take up a part; the end comes %(late)s later, and nobody's time is cut.",
            late=length_words(board.late),
        )
    return gettext("The end comes %(late)s later, and nobody's time is cut.", late=length_words(board.late))


def ago_words(run: State, now: datetime) -> str:
    """Say who pressed what, and when: "Anna pressed Next 2 seconds ago." """
    name = run.pressed_by or gettext("Another host")
    pressed = words(PRESSED[run.pressed]) if run.pressed in PRESSED else run.pressed
    seconds = round((now - run.pressed_at).total_seconds()) if run.pressed_at is not None else 0
    if seconds < 1:
        return gettext("%(name)s pressed %(press)s just now.", name=name, press=pressed)
    if seconds < 120:
        return words(
            say_many(
                "%(name)s pressed %(press)s one second ago.",
                "%(name)s pressed %(press)s %(num)s seconds ago.",
                seconds,
                name=name,
                press=pressed,
            )
        )
    return gettext("%(name)s pressed %(press)s %(time)s ago.", name=name, press=pressed, time=length_words(seconds))


def last_words(run: State, zone: str) -> str:
    """Say who pressed last, and at what time on the event's clock: "Anna pressed Next at 18:03:30." """
    if run.pressed not in PRESSED or run.pressed_at is None:
        return ""
    return gettext(
        "%(name)s pressed %(press)s at %(time)s.",
        name=run.pressed_by or gettext("Another host"),
        press=words(PRESSED[run.pressed]),
        time=exact_words(to_local(run.pressed_at, zone)),
    )


def now_words(board: Board) -> str:
    """Say how things stand, for whoever does not see the screen change."""
    if board.state == PAUSED:
        return gettext("Paused.")
    if board.state == ENDED:
        return gettext("It is over.")
    if board.current is None:
        return ""
    if board.changing:
        return gettext("In a moment: %(name)s.", name=called(board.current))
    return gettext("Now: %(name)s.", name=called(board.current))
