"""What a change means for those registered, before it is made."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from gatherings.core.words import Sentence, say, say_many
from gatherings.events.rules import kinds_of_change

# Invites carry our own way in, /join/<token>: where it leads can change without a mail.
SILENT: Final = frozenset({"link"})


def kinds_told(before: Mapping[str, Any], after: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    """Name what those registered will be told of, between two snapshots of facts (events/rules.py: facts_of)."""
    if before["status"] == "draft" or before["status"] == after["status"] == "cancelled":
        return ()
    if max(after["ends_at"], before["ends_at"]) <= now.isoformat():
        return ()
    return tuple(kind for kind in kinds_of_change(before, after) if kind not in SILENT)


def words_for(kinds: Iterable[str], people: int) -> list[Sentence]:
    """Say what those registered will get."""
    wanted = set(kinds)
    said = [say_many("One person is registered.", "%(num)s people are registered.", people)]
    if {"time", "place"} <= wanted:
        said.append(say("They get one mail with the new time and place, and their calendars follow."))
    elif "time" in wanted:
        said.append(say("They get one mail with the new time, and their calendars move."))
    elif "place" in wanted:
        said.append(say("They get one mail with the new place, and their calendars follow."))
    else:
        said.append(say("They get one mail, and their calendars follow."))
    return said
