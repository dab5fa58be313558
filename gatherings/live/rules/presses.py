"""What a press of the host's does to the run and to the times that are kept of each thing.

Each function takes the planned order, how the run stands and when the press was made, and gives the change, or None
where the press means nothing then (pausing what is paused).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from gatherings.live.rules.board import lay_out
from gatherings.live.rules.shown import ENDED, PAUSED, RUNNING, WAITING, Part, State
from gatherings.slots.rules.timing import Timed

Plan = Sequence[Timed[Part]]
OLDEST = 120  # seconds: how long ago a press may have been made whose network was down
LONGEST_EXTENSION = 3600
JUST_BEGUN = timedelta(seconds=2)
_UNTOUCHED: Mapping[str, Any] = {"began_at": None, "ended_at": None, "paused_seconds": 0, "extended_seconds": 0}


@dataclass(frozen=True)
class Change:
    """How the run stands after a press (its turn aside), and new values of items, by their number."""

    run: State
    items: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


def pressed_at(run: State, now: datetime, age: float) -> datetime:
    """Give when a press was made that arrives now and says how many seconds old it is; never before the last one."""
    made = now - timedelta(seconds=min(max(age, 0.0), OLDEST))
    return made if run.pressed_at is None else max(made, min(run.pressed_at, now))


def start(plan: Plan, run: State, at: datetime, *, rehearsal: bool = False) -> Change | None:
    """Begin with the first thing, at once; buffers before it are passed over."""
    first = _next_number(plan, -1)
    if run.state != WAITING or first is None:
        return None
    run = replace(run, state=RUNNING, rehearsal=rehearsal)
    return _call(plan[first].item, run, at, {})


def go_on(plan: Plan, run: State, at: datetime) -> Change | None:
    """Next: end what is on and call what follows; in its change-over, begin it at once; after the last, end.

    A press that wanted to begin it, and comes just after it began by itself, must not end it.
    """
    on = _on(plan, run)
    if run.state not in (RUNNING, PAUSED) or _began_by_itself(run, at):
        return None
    if on is not None and _is_changing(run, at):
        part = plan[on].item
        return Change(
            replace(run, state=RUNNING, item_since=at, paused_at=None), {part.id: {"began_at": at, "paused_seconds": 0}}
        )
    return _leave(plan, run, at, skipped=False)


def pause(plan: Plan, run: State, at: datetime) -> Change | None:
    """Let the clock stand still."""
    if run.state != RUNNING or run.item_since is None:
        return None
    return Change(replace(run, state=PAUSED, paused_at=at))


def resume(plan: Plan, run: State, at: datetime) -> Change | None:
    """Let the clock run again with the seconds that were left; a pause in a change-over makes that longer."""
    on = _on(plan, run)
    if run.state != PAUSED or on is None or run.paused_at is None or run.item_since is None:
        return None
    stood = at - run.paused_at
    since = run.item_since + stood
    part = plan[on].item
    kept = (
        {"began_at": since}
        if run.paused_at < run.item_since
        else {"paused_seconds": part.paused_seconds + round(stood.total_seconds())}
    )
    return Change(replace(run, state=RUNNING, item_since=since, paused_at=None), {part.id: kept})


def extend(plan: Plan, run: State, at: datetime, *, seconds: int) -> Change | None:
    """Give what is on some seconds more, or take back what was given."""
    on = _on(plan, run)
    extended = run.item_extended + seconds
    if run.state not in (RUNNING, PAUSED) or on is None or not seconds or not 0 <= extended <= LONGEST_EXTENSION:
        return None
    return Change(replace(run, item_extended=extended), {plan[on].item.id: {"extended_seconds": extended}})


def skip(plan: Plan, run: State, at: datetime, *, item: str) -> Change | None:
    """Leave something out: what is on, or something that is still to come."""
    on, number = _on(plan, run), _find(plan, item)
    if run.state not in (RUNNING, PAUSED) or number is None:
        return None
    if number == on:
        return _leave(plan, run, at, skipped=True)
    if number < after(plan, run) or plan[number].item.skipped:
        return None
    return Change(run, {plan[number].item.id: {"skipped": True}})


def unskip(plan: Plan, run: State, at: datetime, *, item: str) -> Change | None:
    """Take something up again that was to be left out and has not been passed."""
    number = _find(plan, item)
    if run.state not in (RUNNING, PAUSED) or number is None or number < after(plan, run):
        return None
    return Change(run, {plan[number].item.id: {"skipped": False}}) if plan[number].item.skipped else None


def back(plan: Plan, run: State, at: datetime) -> Change | None:
    """Go back to what was on before: it goes on with the time that it had left; the time in between is a pause."""
    if run.state not in (RUNNING, PAUSED):
        return None
    on = _on(plan, run)
    before = _last_begun(plan[: after(plan, run) if on is None else on])
    if before is None:
        return None
    return _take_up(plan[before].item, run, at, {plan[on].item.id: _UNTOUCHED} if on is not None else {})


def end(plan: Plan, run: State, at: datetime) -> Change | None:
    """End the whole."""
    if run.state not in (RUNNING, PAUSED):
        return None
    on = _on(plan, run)
    return Change(
        replace(run, state=ENDED, paused_at=None, ended_at=at), _closed(plan, run, on, at) if on is not None else {}
    )


def reopen(plan: Plan, run: State, at: datetime) -> Change | None:
    """Go on after an end by mistake: with what was on last, and the time that it had left."""
    if run.state != ENDED:
        return None
    last = _last_begun(plan)
    if last is None:
        return _cleared(plan, run)
    return _take_up(plan[last].item, run, at, {})


def forget(plan: Plan, run: State, at: datetime) -> Change | None:
    """Be as if it had never begun: after a rehearsal, or a start by mistake before the planned one.

    What was really held is never forgotten.
    """
    if run.state == WAITING or not (run.rehearsal or (plan and at < plan[0].starts_at)):
        return None
    return _cleared(plan, run)


def _cleared(plan: Plan, run: State) -> Change:
    cleared = State(turn=run.turn, pressed_by=run.pressed_by, pressed_at=run.pressed_at)
    return Change(cleared, {timed.item.id: {**_UNTOUCHED, "skipped": False} for timed in plan})


def _call(part: Part, run: State, since: datetime, items: Mapping[int, Mapping[str, Any]]) -> Change:
    """Put something on, from `since` on."""
    run = replace(run, item_id=part.id, item_since=since, item_extended=0, paused_at=None)
    return Change(run, {**items, part.id: {**_UNTOUCHED, "began_at": since}})


def _leave(plan: Plan, run: State, at: datetime, *, skipped: bool) -> Change:
    """End what is on, and call what follows when it is expected; after the last, end."""
    on = _on(plan, run)
    begin = after(plan, run)
    closed = _closed(plan, run, on, at, skipped=skipped) if on is not None else {}
    following = _next_number(plan, begin - 1)
    if following is None:
        return Change(replace(run, state=ENDED, paused_at=None, ended_at=at), closed)
    kind = (
        plan[on].item.kind if on is not None and not (skipped and _is_changing(run, at)) else _kind_before(plan, begin)
    )
    laid = lay_out(plan, begin, at, after_slot=kind == "slot")
    return _call(plan[following].item, replace(run, state=RUNNING), laid[following - begin][0], closed)


def _closed(plan: Plan, run: State, on: int, at: datetime, *, skipped: bool = False) -> dict[int, Mapping[str, Any]]:
    """Give what is kept of what was on; in its change-over it has not begun, and nothing is."""
    part = plan[on].item
    if _is_changing(run, at):
        return {part.id: {**_UNTOUCHED, "skipped": skipped}}
    stood = round((at - run.paused_at).total_seconds()) if run.paused_at is not None else 0
    return {part.id: {"ended_at": at, "paused_seconds": part.paused_seconds + stood, "skipped": skipped}}


def _take_up(part: Part, run: State, at: datetime, items: Mapping[int, Mapping[str, Any]]) -> Change:
    """Go on with something that had ended, as though it had been paused since."""
    began = part.began_at or at
    spoken = max(timedelta(0), (part.ended_at or at) - began - timedelta(seconds=part.paused_seconds))
    since = at - spoken
    kept = {"ended_at": None, "skipped": False, "paused_seconds": max(0, round((since - began).total_seconds()))}
    run = replace(
        run,
        state=RUNNING,
        item_id=part.id,
        item_since=since,
        item_extended=part.extended_seconds,
        paused_at=None,
        ended_at=None,
    )
    return Change(run, {**items, part.id: kept})


def _on(plan: Plan, run: State) -> int | None:
    return next((number for number, timed in enumerate(plan) if timed.item.id == run.item_id), None)


def after(plan: Plan, run: State) -> int:
    """Give the number of the first thing that has not been on yet."""
    on = _on(plan, run)
    if on is None:
        on = _last_begun(plan)
    return 0 if on is None else on + 1


def _last_begun(plan: Plan) -> int | None:
    return max((number for number, timed in enumerate(plan) if timed.item.began_at is not None), default=None)


def _next_number(plan: Plan, after: int) -> int | None:
    """Give the number of the first thing behind `after` that takes place and is not air."""
    return next(
        (
            number
            for number, timed in enumerate(plan)
            if number > after and not timed.item.is_out and timed.item.kind != "buffer"
        ),
        None,
    )


def _find(plan: Plan, public_id: str) -> int | None:
    return next((number for number, timed in enumerate(plan) if timed.item.public_id == public_id), None)


def _kind_before(plan: Plan, after: int) -> str:
    before = _last_begun(plan[: after - 1])
    return plan[before].item.kind if before is not None else "opening"


def _began_by_itself(run: State, at: datetime) -> bool:
    """Tell whether the clock of what is on began a moment ago, without a press."""
    if run.pressed_at is None or run.item_since is None:
        return False
    return run.pressed_at < run.item_since <= at < run.item_since + JUST_BEGUN


def _is_changing(run: State, at: datetime) -> bool:
    """Tell whether what was called has not begun yet, or had not when the clock was stopped."""
    return run.item_since is not None and (run.paused_at or at) < run.item_since
