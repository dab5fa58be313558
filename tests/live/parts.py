"""A small stage for the rules of the run of show: an order of things, and presses at seconds after its start."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gatherings.live.rules import Part, State, board
from gatherings.live.rules.presses import Change
from gatherings.slots.rules.timing import Timed, plan

BEGINS = datetime(2026, 12, 15, 18, 0, tzinfo=UTC)


def part(number: int, kind: str = "slot", seconds: int = 180) -> Part:
    return Part(number, f"part-{number}", kind, f"Talk {number}", f"Person {number}", seconds)


def slots(count: int = 8, seconds: int = 180) -> list[Part]:
    return [part(number, seconds=seconds) for number in range(1, count + 1)]


class Stage:
    """An order that is held: `press(name, at)` at a second after its start, `look(at)` gives the board."""

    def __init__(self, parts: list[Part], change: int = 30) -> None:
        self.parts, self.change, self.run = parts, change, State()

    @property
    def plan(self) -> list[Timed[Part]]:
        return plan(self.parts, BEGINS, self.change)

    def press(self, press: Callable[..., Change | None], at: float, **values: Any) -> bool:
        done = press(self.plan, self.run, BEGINS + timedelta(seconds=at), **values)
        if done is None:
            return False
        self.run = replace(done.run, turn=self.run.turn + 1)
        self.parts = [replace(one, **done.items.get(one.id, {})) for one in self.parts]
        return True

    def look(self, at: float) -> Any:
        return board(self.plan, self.run, BEGINS + timedelta(seconds=at))

    def starts(self, at: float) -> list[float]:
        """Give when everything begins, in seconds after the planned start of the whole, as expected at `at`."""
        return [(one.starts_at - BEGINS).total_seconds() for one in self.look(at).items]
