"""Rules of the run of show, pure: what is on and what comes when (board), and what a press does (presses)."""

from gatherings.live.rules.board import board
from gatherings.live.rules.shown import Board, Part, Shown, State

__all__ = ["Board", "Part", "Shown", "State", "board"]
