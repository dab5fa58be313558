"""What an organiser does next about the slots of an event: one thing at a time, in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gatherings.calls.rules.call import CallState
from gatherings.core.words import Sentence, say, say_many


@dataclass(frozen=True)
class Glance:
    """How the slots of an event stand.

    `counts`: submissions by state · `untold`: decided, their letters not sent · `silent`: accepted, told, without an
    answer · `unplaced`: accepted and not in the running order · `late`: seconds by which the order passes the end of
    the event · `live`: of "", "waiting", "running", "paused", "ended".
    """

    call: CallState | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    untold: int = 0
    silent: int = 0
    room_for: int = 0
    items: int = 0
    unplaced: int = 0
    late: int = 0
    published: bool = False
    live: str = ""
    over: bool = False
    cancelled: bool = False
    soon: bool = False


@dataclass(frozen=True)
class Step:
    """What to do next, at which screen (the last part of its address; "" for none), and the right that it needs."""

    words: Sentence
    path: str = ""
    right: str = "look"


def next_step(glance: Glance) -> Step:
    """Give the one thing that comes next."""
    if glance.cancelled:
        return Step(say("The gathering is cancelled. There is nothing to do here."))
    if glance.live in ("running", "paused"):
        return Step(say("It is live now."), "/live", "run")
    if glance.over or glance.live == "ended":
        if glance.items:
            return Step(
                say("It is over. The running order keeps when everybody really spoke."), "/running-order", "run"
            )
        return Step(say("The gathering is over."))
    if glance.call is None and not glance.items:
        return Step(say("Write a call, so that people can offer a few minutes."), "/call", "choose")
    if glance.call is CallState.DRAFT and not glance.items:
        return Step(say("Look the call through and publish it."), "/call", "choose")
    return _choosing(glance) or _ordering(glance)


def _choosing(glance: Glance) -> Step | None:
    undecided, reserve = glance.counts.get("submitted", 0), glance.counts.get("reserve", 0)
    if glance.call is CallState.NOT_YET:
        return Step(say("The call opens by itself. Until then there is nothing to do."))
    if undecided:
        decide = say_many(
            "One submission waits for your decision.", "%(num)s submissions wait for your decision.", undecided
        )
        return Step(decide, "/submissions", "review")
    if glance.untold:
        letters = say_many(
            "One decision is made, and its letter not sent yet.",
            "%(num)s decisions are made, and their letters not sent yet.",
            glance.untold,
        )
        return Step(letters, "/submissions/letters", "choose")
    if glance.call is CallState.OPEN:
        return Step(say("The call is open. Share its address where your people read."), "/call", "choose")
    if reserve and glance.room_for:
        return Step(say("There is room again, and somebody is on reserve."), "/submissions", "choose")
    return None


def _ordering(glance: Glance) -> Step:
    if glance.unplaced or not glance.items:
        if not glance.unplaced:
            return Step(
                say("Nobody is accepted yet. You can put a running order together yourselves."),
                "/running-order",
                "choose",
            )
        place = say_many(
            "Put the one accepted slot into the running order.",
            "Put %(num)s accepted slots into the running order.",
            glance.unplaced,
        )
        return Step(place, "/running-order", "choose")
    if glance.late > 0:
        return Step(say("The running order is longer than the gathering. Have a look."), "/running-order", "choose")
    if not glance.published:
        return Step(say("Publish the running order: then everybody hears their minute."), "/running-order", "choose")
    if glance.silent:
        silent = say_many(
            "One accepted presenter has not answered yet.",
            "%(num)s accepted presenters have not answered yet.",
            glance.silent,
        )
        return Step(silent, "/submissions?state=silent", "review")
    if glance.soon:
        return Step(say("It begins soon. Open the host’s screen."), "/live", "run")
    return Step(say("Everything is ready."))
