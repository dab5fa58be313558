"""An event as a set of named values: what a form edits, what differs between two states, and what they are called.

Values are plain JSON, so that two states can be compared and a state be told by a short digest. The form carries the
digests of the values that it was opened with: what was changed by whom is known without sending everything twice.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gatherings.core.words import Sentence, say

LABELS: Final[Mapping[str, Sentence]] = {
    "title": say("Title"),
    "summary": say("In one sentence"),
    "about": say("About"),
    "language": say("Language"),
    "time": say("Time"),
    "approximate": say("Only the year is known"),
    "mode": say("How one takes part"),
    "place_name": say("Place"),
    "place_address": say("Address"),
    "place_map": say("Map"),
    "capacity_room": say("Places in the room"),
    "join_url": say("Meeting link"),
    "capacity_online": say("Places online"),
    "recording_url": say("Recording"),
    "speakers": say("Speakers"),
    "resources": say("To read and watch"),
    "takes_registrations": say("Takes registrations"),
    "registration_opens_at": say("Registration opens"),
    "registration_closes_at": say("Registration closes"),
    "access_notes": say("Accessibility"),
    "asked_often": say("Questions people ask"),
    "listing": say("Who finds it"),
    "slug": say("Address of the page"),
    "also_listed_by": say("Also listed by"),
    "umbrella": say("Part of"),
    "series": say("Series of editions"),
    "edition_year": say("Year of the edition"),
    "theme": say("Theme"),
}
_DIGEST_LENGTH = 12


@dataclass(frozen=True)
class Difference:
    """A field that somebody else changed meanwhile; `theirs`: they alone did, so theirs is the likely wish."""

    name: str
    now: Any
    mine: Any
    theirs: bool


def digest(value: Any) -> str:
    """Tell a value by a few characters."""
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]


def pack(values: Mapping[str, Any]) -> str:
    """Write the digests of the values that a form is opened with."""
    return " ".join(f"{name}:{digest(values[name])}" for name in LABELS if name in values)


def unpack(text: str | None) -> dict[str, str]:
    """Read what `pack` wrote; what cannot be read is left out, and then counts as changed by both."""
    parts = (text or "")[:4000].split(" ")
    return {name: mark for name, colon, mark in (part.partition(":") for part in parts) if colon and name in LABELS}


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Name the values of `after` that are not as they are in `before`, in the order of the form."""
    return [name for name in LABELS if name in after and after[name] != before.get(name)]


def differences(
    opened: Mapping[str, str], now: Mapping[str, Any], mine: Mapping[str, Any], *, fresh: bool
) -> list[Difference]:
    """List what somebody else changed since a form was opened and what it says otherwise.

    `opened` are the digests it was opened with; `fresh`: nobody has saved since, so that missing digests mean nothing.
    """
    found = []
    for name in changed(now, mine):
        mark = opened.get(name)
        if mark == digest(now[name]) or (mark is None and fresh):
            continue
        found.append(Difference(name, now[name], mine[name], theirs=mark == digest(mine[name])))
    return found


def taken_over(mine: Mapping[str, Any], now: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Give a form's values with some of them as they stand now."""
    return {**mine, **{name: now[name] for name in names if name in mine and name in now}}
