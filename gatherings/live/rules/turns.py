"""What the board means for one thing of the order: how long until it, and for a presenter how many come before."""

from dataclasses import dataclass
from datetime import datetime

from gatherings.live.rules.shown import ENDED, PAUSED, WAITING, Board, Shown


@dataclass(frozen=True)
class Count:
    """What a clock shows: the seconds down to `until`, or, where it stands still, `left`.

    It is never less than `least`: while something runs over, what comes after it cannot be nearer than what has to
    lie between. So a screen counts rightly by itself even when it has not heard of the overrun yet.
    """

    until: datetime | None = None
    left: int | None = None
    least: int = 0

    def shown(self, now: datetime) -> int:
        """Give what the clock shows at `now`."""
        if self.until is None:
            return self.left or 0
        return max(self.least, -int((now - self.until).total_seconds() // 1))


@dataclass(frozen=True)
class Turn:
    """One presenter's own slot on the board.

    `phase`: on, coming, waiting (nothing has begun), spoken, skipped (may still be called), missed (never was), and
    over (nobody ever began). `before`: how many slots are still to be heard before it; the one that is on counts, the
    skipped do not. `between`: how many of these have not begun; with none, theirs is next. `after_break`: a break
    comes before it.
    """

    shown: Shown
    phase: str
    before: int
    between: int
    after_break: bool


def turn_of(board: Board, submission_id: str, *, over: bool) -> Turn | None:
    """Find a presenter's slot on the board; None when it is not in the order (any more)."""
    mine = next((one for one in board.items if one.submission_id == submission_id), None)
    if mine is None:
        return None
    place = board.items.index(mine)
    coming = [one for one in board.items[:place] if one.state in ("next", "later")]
    between = sum(one.kind == "slot" for one in coming)
    on = any(one.kind == "slot" and one.state == "now" for one in board.items[:place])
    breaks = any(one.kind == "break" for one in coming)
    return Turn(mine, _phase(board, mine, over), between + on, between, breaks)


def _phase(board: Board, mine: Shown, over: bool) -> str:
    if mine.state == "past":
        return "spoken"
    if board.state == ENDED or (over and board.state != WAITING):
        return "missed"
    if mine.state in ("skipped", "now"):
        return {"skipped": "skipped", "now": "on"}[mine.state]
    if board.state == WAITING:
        return "over" if over else "waiting"
    return "coming"


def until_start(board: Board, one: Shown, now: datetime) -> Count:
    """Give how long it is until something begins that is still to come; `now` is when the board was made."""
    if board.state == WAITING:
        return Count(until=one.planned_starts_at)
    gap = round((one.starts_at - now).total_seconds())
    if board.state == PAUSED or board.current is None:
        return Count(left=max(0, gap))
    least = _rest(board, one)
    if board.over and gap <= least:  # it moves on by the second, so the clock stands
        return Count(left=least)
    return Count(until=one.starts_at, least=least)


def is_sure(board: Board, one: Shown) -> bool:
    """Tell whether the second of a start stays as it is until the next press; what has begun is sure."""
    if one.state == "past" or (one.state == "now" and board.state != PAUSED):
        return True
    return board.state in (WAITING, ENDED) or board.fixed or one.moved == 0


def _rest(board: Board, one: Shown) -> int:
    """Give the seconds that have to lie between the end of what is on and the start of `one`; buffers give way."""
    items = list(board.items)
    last = items.index(one)
    on = next((number for number, each in enumerate(items) if each.state == "now"), -1)
    coming = [each for each in items[on + 1 : last] if each.state in ("next", "later") and each.kind != "buffer"]
    return one.change + sum(each.change + each.seconds for each in coming)
