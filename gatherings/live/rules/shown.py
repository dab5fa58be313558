"""What the screens of a run of show are made of: the order and how it stands, and what is shown of them."""

from dataclasses import dataclass
from datetime import datetime

WAITING, RUNNING, PAUSED, ENDED = "waiting", "running", "paused", "ended"


@dataclass(frozen=True)
class Part:
    """One thing of a running order as the rules need it: its words, its length, and what really happened to it.

    `notes` and `pronunciation` are for hosts alone, and empty in what other screens are made of.
    """

    id: int
    public_id: str
    kind: str
    title: str
    speakers: str
    seconds: int
    submission_id: str | None = None
    notes: str = ""
    pronunciation: str = ""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    paused_seconds: int = 0
    extended_seconds: int = 0
    skipped: bool = False
    gone: bool = False  # its presenter withdrew, or is not accepted any more

    @property
    def is_out(self) -> bool:
        """Tell whether it is not called any more: left out, or held already and moved behind what is on."""
        return self.skipped or self.ended_at is not None

    @property
    def spoken(self) -> int | None:
        """Give the seconds that it really took, pauses not counted; None for what was not held to its end."""
        if self.began_at is None or self.ended_at is None:
            return None
        return max(0, round((self.ended_at - self.began_at).total_seconds()) - self.paused_seconds)


@dataclass(frozen=True)
class State:
    """How a run stands: what is in its row (live/models.py)."""

    state: str = WAITING
    item_id: int | None = None
    item_since: datetime | None = None
    item_extended: int = 0
    paused_at: datetime | None = None
    turn: int = 0
    pressed_by: str = ""
    pressed: str = ""
    pressed_at: datetime | None = None
    ended_at: datetime | None = None
    rehearsal: bool = False


@dataclass(frozen=True)
class Shown:
    """One thing of the order as all screens may show it. Instants are UTC, lengths in seconds.

    `planned_*` is the plan; `starts_at`/`ends_at` is what is expected now (or what was, for what is over).
    `state`: past, now, next, later or skipped. `change` is the change-over expected just before it. `moved` is by how
    many seconds it begins later than planned (negative: earlier).
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
    pronunciation: str = ""  # for hosts alone
    change: int = 0
    extended: int = 0  # seconds that the host added
    gone: bool = False  # its presenter withdrew, or is not accepted any more

    @property
    def moved(self) -> int:
        """Give by how many seconds this begins later than planned; negative: earlier."""
        return round((self.starts_at - self.planned_starts_at).total_seconds())


@dataclass(frozen=True)
class Board:
    """All that a screen of the run of show is made of.

    `state`: waiting (not begun), running, paused or ended. `turn` is the number of the last press; `fixed` tells
    whether what is expected stays the same until the next press (it does not while something runs over or is paused:
    then what follows moves on by the second).

    `current` is what is on, from the moment of the press that called it: until `since` its change-over is still going
    on (`changing`), and its clock stands at its full length. `until` is when it should end (UTC, with what was
    added); None while paused, and then `left` has its seconds left (negative: over). A clock shows `until` - now, but
    never more than the length of `current` and what was added.
    `following` is the next thing that is not a buffer. `late` is by how many seconds the end of the whole is later
    than planned; negative: earlier. `over`: by how many seconds what is on runs over. `air`: seconds of buffers that
    are still to come. `rehearsal`: nothing of it is kept, and screens say so.
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
    since: datetime | None = None
    changing: bool = False
    over: int = 0
    air: int = 0
    rehearsal: bool = False
    pressed: str = ""
    pressed_at: datetime | None = None
