"""Rules of events: when registration is open, what an instant is, which changes people must be told about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from gatherings.core import zones
from gatherings.core.errors import InvalidInput, Problem
from gatherings.core.words import Sentence, say


class Door(StrEnum):
    """Whether one can register now."""

    OPEN = "open"
    NOT_YET = "not yet"
    CLOSED = "closed"
    OVER = "over"
    CANCELLED = "cancelled"
    NONE = "none"


@dataclass(frozen=True)
class Times:
    """The wall-clock times of an event with the instants derived from them (UTC)."""

    starts_local: datetime
    ends_local: datetime
    zone: str
    starts_at: datetime
    ends_at: datetime


def derive(starts_local: datetime, ends_local: datetime, zone: str, *, lenient: bool = False) -> Times:
    """Derive the UTC instants of wall-clock times in `zone` (domain.md, Time 1).

    Raises InvalidInput, for a time that does not exist or exists twice (Time 2), and for an end before its start.
    `lenient` is for dates that a rule made: there the RFC 5545 rule decides (3.3.5), and a date whose end would
    come before the start that the rule moved (02:30 to 03:30 in a gap from 02:00 to 03:00) keeps its length.
    """
    problems: list[Problem] = []
    instants: list[datetime] = []
    for field, local in (("starts", starts_local), ("ends", ends_local)):
        try:
            instants.append(zones.to_utc_rfc(local, zone)[0] if lenient else zones.to_utc(local, zone))
        except zones.LocalTimeProblem as problem:
            problems.append(Problem(field, problem.sentence))
    if problems:
        raise InvalidInput(problems)
    if lenient and instants[1] <= instants[0] and ends_local > starts_local:
        instants[1] = instants[0] + (ends_local - starts_local)
    if instants[1] <= instants[0]:
        raise InvalidInput([Problem("ends", say("The end should come after the start."))])
    if instants[1] - instants[0] > timedelta(days=60):
        raise InvalidInput([Problem("ends", say("A gathering can last 60 days at most. Is the end date right?"))])
    return Times(starts_local, ends_local, zone, *instants)


def registration_closes(closes_at: datetime | None, starts_at: datetime, ends_at: datetime, mode: str) -> datetime:
    """Give the instant at which registration closes: as set, else at the start in person, at the end online.

    Hybrid counts as online: who comes late can still join by link (domain.md 19).
    """
    if closes_at is not None:
        return closes_at
    return starts_at if mode == "in person" else ends_at


def door(event: Any, now: datetime) -> Door:
    """Tell whether one can register for an event (any object with an event's columns) at `now` (UTC)."""
    if event.status == "cancelled":
        return Door.CANCELLED
    if now >= event.ends_at:
        return Door.OVER
    if not event.takes_registrations:
        return Door.NONE
    if event.registration_opens_at is not None and now < event.registration_opens_at:
        return Door.NOT_YET
    if now >= registration_closes(event.registration_closes_at, event.starts_at, event.ends_at, event.mode):
        return Door.CLOSED
    return Door.OPEN


DOOR_WORDS: Mapping[Door, Sentence] = {
    Door.NOT_YET: say("Registration for this gathering is not open yet."),
    Door.CLOSED: say("Registration for this gathering has closed."),
    Door.OVER: say("This gathering is over."),
    Door.CANCELLED: say("This gathering was cancelled by its hosts."),
    Door.NONE: say("This gathering does not take registrations here."),
}

# Which facts belong to which kind of change (domain.md 13). Everything else is a correction and no reason for mail.
_TOLD = {
    "time": ("starts_local", "ends_local", "zone", "starts_at", "ends_at", "all_day"),
    "place": ("mode", "place_name", "place_address"),
    "link": ("join_url",),
    "status": ("status",),
    "rule": ("rule",),
}


def kinds_of_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Name what people must be told about between two snapshots of facts: of time, place, link, status, rule."""
    return tuple(kind for kind, names in _TOLD.items() if any(before.get(name) != after.get(name) for name in names))


def taken_back(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Tell whether the facts of a kind that `before` holds are all as they were (it holds some)."""
    known = [name for name in _TOLD[kind] if name in before]
    return bool(known) and all(before[name] == after.get(name) for name in known)


def facts_of(event: Any) -> dict[str, Any]:
    """Snapshot what mails and changes say about an event: JSON values, times in ISO 8601."""
    return {
        "title": event.title,
        "summary": event.summary,
        "slug": event.slug,
        "uid": event.uid,
        "revision": event.revision,
        "starts_local": event.starts_local.isoformat(),
        "ends_local": event.ends_local.isoformat(),
        "zone": event.zone,
        "starts_at": event.starts_at.isoformat(),
        "ends_at": event.ends_at.isoformat(),
        "all_day": event.all_day,
        "mode": event.mode,
        "place_name": event.place_name,
        "place_address": event.place_address,
        "join_url": event.join_url,
        "status": event.status,
        "original_local": event.original_local.isoformat() if event.original_local else None,
    }
