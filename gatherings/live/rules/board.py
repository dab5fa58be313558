"""What is on, what comes when, and how an overrun is taken up.

The rule of expectation, one for all screens:

1. What is over shows when it really began and ended.
2. What is on ends after its length, what was added and its pauses; while it runs over, it ends now.
3. What follows begins one change-over after that: change-overs are never shortened. Buffers in between give way
   first: they shrink, down to nothing, so that what follows keeps its planned start. What they cannot take up moves
   what follows, all of it by the same; no slot is ever made shorter.
4. A buffer is never longer than planned. So time that was won (a slot that ended early) stays won: what follows is
   expected that much earlier, until the host uses it.
5. A press of Next ends what is on, and makes true what the screens said: what follows begins when it was expected
   to, after its change-over and what is left of a buffer before it. Until then the screens count down to it
   (`changing`), and its clock begins to run by itself: one press for each slot. Pressed again in that time, Next
   begins it at once.
6. While paused, all that follows moves on by the second. What is skipped takes no time and no change-over.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gatherings.live.rules.shown import ENDED, PAUSED, RUNNING, WAITING, Board, Part, Shown, State
from gatherings.slots.rules.timing import Timed, changes


def board(plan: Sequence[Timed[Part]], run: State | None, now: datetime) -> Board:
    """Give what the screens show at `now`, from the planned order and how the run stands."""
    run = run or State()
    at = _position(plan, run)
    shown = _shown(plan, run, at, now)
    current = shown[at] if at is not None and run.state in (RUNNING, PAUSED) else None
    following = next((one for one in shown if one.state == "next"), None)
    until, left = _clock(run, plan[at].item if current is not None and at is not None else None)
    ticking = run.paused_at if run.state == PAUSED and run.paused_at is not None else now
    over = max(0, int((ticking - until).total_seconds())) if current is not None and until is not None else 0
    changing = current is not None and run.item_since is not None and ticking < run.item_since
    paused = run.state == PAUSED
    return Board(
        state=run.state,
        turn=run.turn,
        items=tuple(shown),
        current=current,
        following=following,
        until=None if paused else until,
        left=left if paused else None,
        late=_late(plan, shown),
        fixed=not (over or paused or (run.state == WAITING and bool(plan) and shown[0].starts_at == now)),
        pressed_by=run.pressed_by,
        since=run.item_since if current is not None and not paused else None,
        changing=changing,
        over=over,
        air=sum(_seconds(one.ends_at - one.starts_at) for one in shown if _is_air(one)),
        rehearsal=run.rehearsal,
        pressed=run.pressed,
        pressed_at=run.pressed_at,
    )


def lay_out(
    plan: Sequence[Timed[Part]], number: int, begins: datetime, *, after_slot: bool = False
) -> list[tuple[datetime, datetime]]:
    """Give when each thing of the plan from `number` on is expected to begin and end if they begin at `begins`.

    `after_slot`: what ended then was a slot. Buffers give way, change-overs stay: the rule of expectation above.
    """
    longest, parts = max((timed.change for timed in plan), default=0), plan[number:]
    laid: list[tuple[datetime, datetime]] = []
    waiting: list[int] = []  # numbers of buffers whose length depends on what follows them
    at = begins
    for number, (timed, change) in enumerate(zip(parts, _changes(parts, longest, after_slot), strict=True)):
        part = timed.item
        if part.kind == "buffer" and not part.is_out:
            waiting.append(number)
            laid.append((at, at))
            continue
        if part.is_out:
            laid.append((at, at))
            continue
        earliest = at + timedelta(seconds=change)
        free = _free([parts[one] for one in waiting], timed.starts_at - earliest)
        _spread(laid, waiting, parts, at, free)
        starts = earliest + free
        at = starts + timedelta(seconds=part.seconds)
        laid.append((starts, at))
        waiting = []
    _spread(laid, waiting, parts, at, _free([parts[one] for one in waiting], parts[-1].ends_at - at if parts else None))
    return laid


def end_of(run: State, part: Part) -> datetime | None:
    """Give when what is on should end, pauses until now not counted; None before it has begun."""
    if run.item_since is None:
        return None
    return run.item_since + timedelta(seconds=part.seconds + run.item_extended)


def _position(plan: Sequence[Timed[Part]], run: State) -> int | None:
    return next((number for number, timed in enumerate(plan) if timed.item.id == run.item_id), None)


def _shown(plan: Sequence[Timed[Part]], run: State, at: int | None, now: datetime) -> list[Shown]:
    if run.state == ENDED:
        return _gone(plan)
    if run.state == WAITING:
        return _waiting(plan, now)
    if at is None:  # what was on was taken out of the order: what has not begun is still to come
        begun = [number for number, timed in enumerate(plan) if timed.item.began_at is not None]
        after = begun[-1] + 1 if begun else 0
        return [*_gone(plan[:after]), *_coming(plan, after, now, after_slot=True)]
    starts, ends = _on(run, plan[at].item, now)
    return [
        *_gone(plan[:at]),
        _show(plan[at], starts, ends, "now", extended=run.item_extended),
        *_coming(plan, at + 1, ends, after_slot=plan[at].item.kind == "slot"),
    ]


def _waiting(plan: Sequence[Timed[Part]], now: datetime) -> list[Shown]:
    """Show an order that has not begun: as planned, or from now on where it is late and not past altogether."""
    if not plan:
        return []
    late = plan[0].starts_at < now < plan[-1].ends_at
    return _coming(plan, 0, now if late else plan[0].starts_at)


def _on(run: State, part: Part, now: datetime) -> tuple[datetime, datetime]:
    """Give when what is on began (or begins) and is expected to end."""
    until = end_of(run, part)
    if run.item_since is None or until is None:
        return now, now
    if run.state == PAUSED and run.paused_at is not None:  # it goes on now at the earliest
        shift = max(timedelta(0), now - run.paused_at)
        starts = run.item_since + shift if run.paused_at < run.item_since else (part.began_at or run.item_since)
        return starts, max(now, until + shift)
    return (run.item_since if now < run.item_since else part.began_at or run.item_since), max(now, until)


def _coming(plan: Sequence[Timed[Part]], number: int, begins: datetime, *, after_slot: bool = False) -> list[Shown]:
    """Show what is still to come; the first that takes place and is not a buffer is next."""
    shown, next_seen, before = [], False, begins
    laid = lay_out(plan, number, begins, after_slot=after_slot)
    for timed, (starts, ends) in zip(plan[number:], laid, strict=True):
        if timed.item.is_out:
            shown += [_show(timed, starts, ends, "skipped")] if timed.item.skipped else _gone([timed])
            continue
        is_next = timed.item.kind != "buffer" and not next_seen
        next_seen = next_seen or is_next
        shown.append(_show(timed, starts, ends, "next" if is_next else "later", change=_seconds(starts - before)))
        before = ends
    return shown


def _gone(plan: Sequence[Timed[Part]]) -> list[Shown]:
    """Show what is over, or was passed over: when it really was."""
    shown: list[Shown] = []
    for timed in plan:
        part = timed.item
        before = shown[-1].ends_at if shown else timed.starts_at
        if part.began_at is not None:
            state = "skipped" if part.skipped else "past"
            ends = part.ended_at or part.began_at
            shown.append(_show(timed, part.began_at, ends, state, extended=part.extended_seconds))
        else:  # it never was: no time went into it
            shown.append(_show(timed, before, before, "past" if part.kind == "buffer" else "skipped"))
    return shown


def _show(
    timed: Timed[Part], starts: datetime, ends: datetime, state: str, *, change: int = 0, extended: int = 0
) -> Shown:
    part = timed.item
    return Shown(
        public_id=part.public_id,
        kind=part.kind,
        title=part.title,
        speakers=part.speakers,
        seconds=part.seconds,
        planned_starts_at=timed.starts_at,
        planned_ends_at=timed.ends_at,
        starts_at=starts,
        ends_at=ends,
        state=state,
        submission_id=part.submission_id,
        notes=part.notes,
        pronunciation=part.pronunciation,
        change=change,
        extended=extended,
        gone=part.gone,
    )


def _clock(run: State, part: Part | None) -> tuple[datetime | None, int | None]:
    """Give when what is on should end, and its seconds left where the clock stands still."""
    if part is None:
        return None, None
    until = end_of(run, part)
    if until is None or run.paused_at is None or run.item_since is None:
        return until, None
    length = part.seconds + run.item_extended
    return until, min(length, _seconds(until - run.paused_at))


def _late(plan: Sequence[Timed[Part]], shown: Sequence[Shown]) -> int:
    """Give by how many seconds the whole ends later than planned; what was left out counts as time won."""
    real = [one for one in shown if one.state != "skipped" and (one.state != "past" or one.kind != "buffer")]
    if not plan or not real:
        return 0
    return round((real[-1].ends_at - plan[-1].ends_at).total_seconds())


def _changes(parts: Sequence[Timed[Part]], longest: int, after_slot: bool) -> list[int]:
    """Give the change-over before each thing that takes place: what is skipped leaves none behind.

    `longest`: the order's change-over, so that a slot behind a skipped break gets one too.
    """
    there = [timed.item for timed in parts if not timed.item.is_out]
    given = iter(changes([_Before("slot" if after_slot else "opening"), *there], longest)[1:])
    return [0 if timed.item.is_out else next(given) for timed in parts]


@dataclass(frozen=True)
class _Before:
    kind: str


def _free(buffers: Sequence[Timed[Part]], wanted: timedelta | None) -> timedelta:
    """Give how long buffers last: what the plan leaves, never more than they are."""
    most = timedelta(seconds=sum(timed.item.seconds for timed in buffers))
    return timedelta(0) if wanted is None else max(timedelta(0), min(most, wanted))


def _spread(
    laid: list[tuple[datetime, datetime]],
    numbers: Sequence[int],
    parts: Sequence[Timed[Part]],
    at: datetime,
    free: timedelta,
) -> None:
    """Write into `laid` when buffers begin and end that share `free`, the first ones filled first."""
    for number in numbers:
        own = min(free, timedelta(seconds=parts[number].item.seconds))
        laid[number] = (at, at + own)
        at, free = at + own, free - own


def _is_air(one: Shown) -> bool:
    return one.kind == "buffer" and one.state in ("next", "later")


def _seconds(length: timedelta) -> int:
    """Give whole seconds as a clock that counts down shows them: 0.2 left is still 1."""
    return math.ceil(length.total_seconds())
