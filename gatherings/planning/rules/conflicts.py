"""Two people edit the same thing: the second is shown what differs, field by field, and loses nothing.

A form carries the values that it was opened with (`base`, as JSON in one hidden field). Where only one of the two
changed a field, both changes stand; where both did, the second decides.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gatherings.core.errors import Conflict
from gatherings.core.words import say

_LONGEST = 400_000


@dataclass(frozen=True)
class Row:
    """A field that somebody else changed meanwhile: as it stands now, and as the second form has it.

    `both`: this form changed it too, to something else.
    """

    name: str
    now: Any
    mine: Any
    both: bool


class Overtaken(Conflict):
    """Somebody else saved meanwhile; `rows` say what differs, `present` how it stands now."""

    def __init__(self, rows: Sequence[Row], present: Mapping[str, Any]) -> None:
        super().__init__(say("Somebody else saved this while you were writing."))
        self.rows = rows
        self.present = present


def pack(values: Mapping[str, Any]) -> str:
    """Write the values that a form is opened with."""
    return json.dumps({name: as_typed(value) for name, value in values.items()}, ensure_ascii=False, sort_keys=True)


def unpack(text: str | None) -> dict[str, str]:
    """Read what `pack` wrote; nothing for what cannot be read: then all that differs counts as changed by both."""
    if not text or len(text) > _LONGEST:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): value for name, value in found.items() if isinstance(value, str)}


def refuse_overtaken(mine: Mapping[str, Any], present: Mapping[str, Any], base: Mapping[str, str]) -> None:
    """Raise Overtaken where somebody else changed, since the form was opened, what the form says otherwise."""
    rows = compare(mine, present, base)
    if rows:
        raise Overtaken(rows, present)


def compare(mine: Mapping[str, Any], present: Mapping[str, Any], base: Mapping[str, str]) -> list[Row]:
    """List the fields that were changed by somebody else since the form was opened, and differ from what it says."""
    rows = []
    for name, value in mine.items():
        typed, now, opened = as_typed(value), as_typed(present.get(name)), base.get(name)
        if typed == now or opened == now:
            continue
        rows.append(Row(name, present.get(name), value, both=opened is None or typed != opened))
    return rows


def as_typed(value: Any) -> str:
    """Write a value as a form shows it, so that what a browser sends back of it is the same."""
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, list | tuple):
        return "\n".join(as_typed(one) for one in value)
    if isinstance(value, dict):
        return " – ".join(as_typed(one) for one in value.values() if one)
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip()
