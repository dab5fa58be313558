"""A gathering as its snapshot tells it, and its times and places in words for one reader (domain.md, Time 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gatherings.core import zones
from gatherings.mail.letters import DateLine
from gatherings.mail.message import clean_line
from gatherings.web.i18n import gettext as _
from gatherings.web.times import Clock, time_words, when


@dataclass(frozen=True)
class Held:
    """One gathering; `starts_at` and `ends_at` are UTC, `original_local` is a date's start by its series' rule."""

    title: str
    slug: str
    starts_at: datetime
    ends_at: datetime
    starts_local: datetime
    zone: str
    all_day: bool
    mode: str
    place: str
    status: str
    original_local: datetime | None

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Held":
        """Read the facts of an event (events.rules.facts_of)."""
        original = facts.get("original_local")
        return cls(
            title=clean_line(facts["title"]),
            slug=facts["slug"],
            starts_at=datetime.fromisoformat(facts["starts_at"]),
            ends_at=datetime.fromisoformat(facts["ends_at"]),
            starts_local=datetime.fromisoformat(facts["starts_local"]),
            zone=facts["zone"],
            all_day=facts["all_day"],
            mode=facts["mode"],
            place=place_words(facts),
            status=facts["status"],
            original_local=datetime.fromisoformat(original) if original else None,
        )


def place_words(facts: Mapping[str, Any]) -> str:
    """Join a place's name and address on one line."""
    return ", ".join(clean_line(part) for part in (facts["place_name"], facts["place_address"]) if part)


def _in_city(clock: Clock) -> str:
    return _("%(time)s in %(city)s", time=clock.span, city=clock.city)


def _days(clock: Clock) -> str:
    if clock.ends_day:
        return _("%(days)s, whole days in %(city)s", days=clock.span, city=clock.city)
    return _("%(day)s, the whole day in %(city)s", day=clock.span, city=clock.city)


def time_rows(held: Held, zone: str, now: datetime) -> list[tuple[str, str]]:
    """Give the rows of a gathering's times: the reader's clock, then the hosts'; one row where both are the same."""
    times = when(held, zone, now)
    if held.all_day:
        return [(_("When"), _days(times.host))]
    if times.mine is None:
        # Not "your time": who told no zone is kept in the hosts', and may read this elsewhere.
        return [(_("When"), _in_city(times.host))]
    there = _("The same time") if times.same else times.host.span
    return [(_("Your time"), _in_city(times.mine)), (_("In %(city)s", city=times.host.city), there)]


def both_clocks(held: Held, zone: str, now: datetime) -> tuple[str, str | None]:
    """Give a gathering's times on the reader's clock and on the hosts' (None where it is the same one)."""
    times = when(held, zone, now)
    if held.all_day:
        return _days(times.host), None
    return _in_city(times.first), _in_city(times.host) if times.mine else None


def one_line(held: Held, zone: str, now: datetime) -> str:
    """Give both clocks on one line."""
    return " · ".join(part for part in both_clocks(held, zone, now) if part)


def start_words(held: Held, zone: str, now: datetime) -> str:
    """Give the start alone on the reader's clock, for subjects: "Friday 18 December, 07:00"."""
    return when(held, zone, now).first.start


def date_line(held: Held, zone: str, now: datetime, note: str | None = None) -> DateLine:
    """Give one line of a list of dates."""
    mine, host = both_clocks(held, zone, now)
    return DateLine(mine, host, note)


def hour_moves(dates: list[Held], zone: str) -> bool:
    """Tell whether dates that stand at one hour on the hosts' clock stand at several on the reader's."""
    pairs = [(zones.to_local(held.starts_at, zone).time(), held.starts_local.time()) for held in dates]
    return len({mine for mine, _host in pairs}) > 1 and len({host for _mine, host in pairs}) == 1


def where_words(mode: str, place: str, attends: str | None) -> str:
    """Say where one goes: `attends` is "room", "online" or None (not known: waiting, or gone)."""
    if attends == "online" and mode != "in person":
        return _("Online, through your own link")
    if mode == "online":
        return _("Online")
    if mode == "hybrid" and attends is None:
        return _("%(place)s, or online", place=place) if place else _("In the room, or online")
    return place or _("The place will be told")


def clock_words(local: datetime) -> str:
    """Write the hour of a wall-clock time."""
    return time_words(local)
