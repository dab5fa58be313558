"""Two people edit the same thing: the second is shown what differs, field by field, and loses nothing.

How it works: planning/rules/conflicts.py; here are the words of it. A form carries the values that it was opened with
in the hidden field `base`; templates/organise/_difference.html shows the rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gatherings.planning.rules import conflicts
from gatherings.planning.rules.conflicts import as_typed, pack, unpack

__all__ = ["BASE", "Row", "compare", "labelled", "merged", "pack", "unpack"]

BASE = "base"  # the name of the hidden field


@dataclass(frozen=True)
class Row:
    """A field that somebody else changed meanwhile: `label`, and its value in three states, as shown on a form.

    `both`: this form changed it too, to something else.
    """

    name: str
    label: str
    base: str
    now: str
    mine: str
    both: bool


def compare(
    labels: Mapping[str, str], mine: Mapping[str, Any], now: Mapping[str, Any], base: Mapping[str, str]
) -> list[Row]:
    """List the fields that were changed by somebody else since the form was opened, and differ from what it says."""
    wanted = {name: mine.get(name) for name in labels}
    return labelled(labels, conflicts.compare(wanted, now, base), base)


def labelled(labels: Mapping[str, str], rows: Iterable[conflicts.Row], base: Mapping[str, str]) -> list[Row]:
    """Give rows with the words of their fields."""
    made = []
    for row in rows:
        label, opened = labels.get(row.name, row.name), base.get(row.name, "")
        made.append(Row(row.name, label, opened, as_typed(row.now), as_typed(row.mine), row.both))
    return made


def merged(mine: Mapping[str, Any], rows: Iterable[Row]) -> dict[str, Any]:
    """Give a form's values with what others alone changed taken over; what both changed stays as it was typed."""
    return {**mine, **{row.name: row.now for row in rows if not row.both}}
