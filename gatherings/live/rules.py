"""Rules of the run of show: what is on, what comes when, and how an overrun is taken up."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Shown:
    """One thing of the order as all screens may show it. Instants are UTC, lengths in seconds.

    `planned_*` is the plan; `starts_at`/`ends_at` is what is expected now (or what was, for what is over).
    `state`: past, now, next, later or skipped.
    """

    public_id: str
    kind: str
    title: str
    speakers: str
    seconds: int
    planned_starts_at: datetime
    planned_ends_at: datetime
    starts_at: datetime
    ends_at: datetime
    state: str
    submission_id: str | None = None  # its public id: for a presenter's own screen
    notes: str = ""  # for hosts alone: never in a screen of others


@dataclass(frozen=True)
class Board:
    """All that a screen of the run of show is made of.

    `state`: waiting (not begun), running, paused or ended. `turn` is the number of the last press; `fixed` tells
    whether the board stays the same until the next press (it does not while something runs over: then what follows
    moves on by the second). `until` is when the thing that is on should end (UTC, with what was added); `left` its
    seconds left at a pause. `late` is by how many seconds the end of the whole is later than planned.
    """

    state: str
    turn: int
    items: tuple[Shown, ...]
    current: Shown | None
    following: Shown | None
    until: datetime | None
    left: int | None
    late: int
    fixed: bool
    pressed_by: str = ""
