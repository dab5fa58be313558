"""Rules of the run of show, pure: what is on, what comes when (board), what a press does (presses), in words (words)."""

from gatherings.live.rules.board import Board, Part, Shown, State, board

__all__ = ["Board", "Part", "Shown", "State", "board"]
