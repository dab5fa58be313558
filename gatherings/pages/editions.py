"""Editions on one line of years, and how many years in a row they have been held: no web, no database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gatherings.core.words import Sentence, say

LEAST = 3  # fewer are no habit yet


@dataclass(frozen=True)
class Run:
    """Years without a gap up to the latest edition; `going_on` while the next one may still be on time."""

    first: int
    last: int
    going_on: bool

    @property
    def years(self) -> int:
        """Count the years."""
        return self.last - self.first + 1


def run_of(years: Iterable[int], this_year: int) -> Run | None:
    """Find the unbroken run of years that ends with the latest; None if it is shorter than three.

    It goes on if the latest is this year or the last: this year's edition may still come.
    """
    held = set(years)
    if not held:
        return None
    last = first = max(held)
    while first - 1 in held:
        first -= 1
    run = Run(first, last, last >= this_year - 1)
    return run if run.years >= LEAST else None


@dataclass(frozen=True)
class Line:
    """The editions of one series in the order of their years, those to come last, with what is said of their run."""

    series: Any
    editions: Sequence[Any]
    coming: Sequence[Any]
    run: Run | None


def line_of(series: Any, held: Iterable[Any], this_year: int, coming: Iterable[Any] = ()) -> Line:
    """Put editions on a line by year; only those that were held count for the run of years."""
    past, ahead = _ordered(held), _ordered(coming)
    return Line(series, past, ahead, run_of((event.edition_year for event in past), this_year))


def _ordered(events: Iterable[Any]) -> list[Any]:
    return sorted(events, key=lambda event: (event.edition_year, event.starts_at))


def since_words(run: Run) -> Sentence:
    """Say from when to when: "Every year since 2004", or "Every year from 2004 to 2023" where it is over."""
    if run.going_on:
        return say("Every year since %(first)s", first=str(run.first))
    return say("Every year from %(first)s to %(last)s", first=str(run.first), last=str(run.last))
