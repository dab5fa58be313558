"""The host's presses: each is one guarded UPDATE of the run, so that two hosts at once do not fight."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from gatherings.audit.actions import log
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.words import say
from gatherings.db import changed
from gatherings.db.upsert import insert_once
from gatherings.live.models import Run
from gatherings.live.queries import Held, held_of
from gatherings.live.rules import State, presses
from gatherings.live.rules.presses import Change
from gatherings.live.rules.shown import ENDED, RUNNING, WAITING
from gatherings.slots.models import Item

PRESSES = ("start", "try", "next", "pause", "resume", "extend", "skip", "unskip", "back", "end", "reopen", "forget")
_MADE_FROM = ("rehearsal", "state", "item_id", "item_since", "item_extended", "paused_at", "ended_at")


@dataclass(frozen=True)
class Press:
    """One press: its name (PRESSES), the turn that the screen showed, and who made it how long ago.

    `seconds` belongs to "extend" (negative: taken back), `item` (a public id) to "skip" and "unskip". `age`: a press
    that was made while the network was down says how many seconds ago that was.
    """

    name: str
    seen: int
    by: str = ""  # the name that other hosts read
    actor: str = ""  # the public id, for the log
    age: float = 0.0
    seconds: int = 0
    item: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of a press: whether it did something, and how the run stands now. `stale`: somebody was quicker."""

    done: bool
    run: State
    stale: bool = False


def press(session: Session, event_id: int, made: Press, *, now: datetime) -> Outcome:
    """Do what a host pressed, unless somebody has pressed since the screen showed turn `seen`.

    The same press twice (on one turn) is one. Raises NotFound where there is no order, Conflict for an event that
    was called off.
    """
    held = held_of(session, event_id)
    if held is None:
        raise NotFound()
    if held.event.status == "cancelled" and made.name == "start":
        raise Conflict(say("This gathering was called off, so it cannot begin."))
    if held.run.turn != made.seen:
        return Outcome(False, held.run, stale=True)
    at = presses.pressed_at(held.run, now, made.age)
    change = _change(held, made, at)
    if change is None:
        return Outcome(False, held.run)
    if not _take_turn(session, held, change, made, at):
        latest = held_of(session, event_id)
        return Outcome(False, latest.run if latest is not None else held.run, stale=True)
    for number in sorted(change.items):
        changed(session, update(Item).where(Item.id == number).values(**change.items[number]))
    _log(session, held, change.run, made, now)
    latest = held_of(session, event_id)
    return Outcome(True, latest.run if latest is not None else change.run)


def end_rehearsal(session: Session, event_id: int, *, by: str, now: datetime) -> bool:
    """Forget a rehearsal, as its host's press does; False where there is none (any more). Never forgets what was held.

    Raises Conflict where a host presses at the same moment.
    """
    held = held_of(session, event_id)
    if held is None or not held.run.rehearsal or held.run.state == WAITING:
        return False
    outcome = press(session, event_id, Press("forget", seen=held.run.turn, by=by), now=now)
    if not outcome.done:
        raise Conflict(say("The rehearsal went on at the same moment. Please try again."))
    return True


def _change(held: Held, made: Press, at: datetime) -> Change | None:
    """Ask the rules what this press does."""
    plan, run = held.plan, held.run
    match made.name:
        case "start" | "try":
            return presses.start(plan, run, at, rehearsal=made.name == "try")
        case "next":
            return presses.go_on(plan, run, at)
        case "pause":
            return presses.pause(plan, run, at)
        case "resume":
            return presses.resume(plan, run, at)
        case "extend":
            return presses.extend(plan, run, at, seconds=made.seconds)
        case "skip":
            return presses.skip(plan, run, at, item=made.item)
        case "unskip":
            return presses.unskip(plan, run, at, item=made.item)
        case "back":
            return presses.back(plan, run, at)
        case "end":
            return presses.end(plan, run, at)
        case "reopen":
            return presses.reopen(plan, run, at)
        case "forget":
            return presses.forget(plan, run, at)
    raise NotFound()


def _take_turn(session: Session, held: Held, change: Change, made: Press, at: datetime) -> bool:
    """Write how the run stands if nobody has pressed since; tell whether it was so."""
    wanted = asdict(change.run)
    values = {name: wanted[name] for name in _MADE_FROM}
    values |= {"turn": made.seen + 1, "pressed_by": made.by[:300], "pressed": made.name, "pressed_at": at}
    if made.name in ("start", "try"):
        values["began_at"] = at
    if changed(session, update(Run).where(Run.order_id == held.event.order_id, Run.turn == made.seen).values(**values)):
        return True
    if made.seen != 0:
        return False
    return insert_once(session, Run, {"began_at": at, **values, "order_id": held.event.order_id}, ["order_id"])


def _log(session: Session, held: Held, after: State, made: Press, now: datetime) -> None:
    """Write beginnings and ends into the log; a rehearsal leaves nothing behind."""
    before = held.run
    action = {
        (WAITING, RUNNING): "live_begun",
        (ENDED, RUNNING): "live_reopened",
    }.get((before.state, after.state))
    if after.state == ENDED and before.state != ENDED:
        action = "live_ended"
    if after.state == WAITING:
        action = "live_forgotten"
    if action is None or before.rehearsal or after.rehearsal:
        return
    about = f"event:{held.event.public_id}"
    log(session, actor=made.actor or "host", action=action, about=about, community_id=held.event.community_id, now=now)
