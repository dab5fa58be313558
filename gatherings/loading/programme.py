"""A programme file's items as plain values: checked each by itself, dates not yet worked out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from gatherings.loading.rules import When

Parts = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Place:
    """Where in the file something stands: the path of its item, and the lines of the item's fields."""

    path: str
    line: int
    lines: Mapping[str, int] = field(default_factory=dict)

    def of(self, name: str) -> int:
        """Give the line of a field, or of the item if the field is not written."""
        return self.lines.get(name, self.line)


@dataclass(frozen=True)
class CommunityItem:
    """A community; `values` are columns, `consents` a list of {key, text}."""

    slug: str
    values: Mapping[str, Any]
    consents: Parts
    place: Place


@dataclass(frozen=True)
class DateItem:
    """What one date of a series has of its own; `on` is a date of the rule, or a number: the next so many."""

    on: date | int
    values: Mapping[str, Any]
    place: Place


@dataclass(frozen=True)
class SeriesItem:
    """A series with its rule (canonical text), or with editions (`rule` None)."""

    slug: str
    community: str
    values: Mapping[str, Any]
    rule: str | None
    starts: When | None
    minutes: int
    zone: str
    questions: Parts
    dates: tuple[DateItem, ...]
    place: Place


@dataclass(frozen=True)
class EventItem:
    """An event; `values` are columns, all but times, pools and what refers to other things."""

    slug: str
    community: str
    values: Mapping[str, Any]
    also_listed_by: tuple[str, ...]
    series: str | None
    umbrella: str | None
    edition: Mapping[str, Any]
    starts: When
    minutes: int | None
    ends: When | None
    all_day: bool
    zone: str
    opens: When | None
    closes: When | None
    speakers: Parts
    resources: Parts
    questions: Parts
    consents: Parts
    tickets: Mapping[str, Any] | None
    place: Place


@dataclass(frozen=True)
class Programme:
    """A whole file; `file` is its name as problems call it."""

    file: str
    communities: tuple[CommunityItem, ...] = ()
    series: tuple[SeriesItem, ...] = ()
    events: tuple[EventItem, ...] = ()


@dataclass(frozen=True)
class Reference:
    """A slug that an item names: what it should be, and where it is named."""

    kind: str
    slug: str
    field: str
    line: int


def references(programme: Programme) -> Iterator[Reference]:
    """Give each slug that an item names, with the place in the file."""
    for series in programme.series:
        yield _reference("community", series.community, series.place, "community")
    for event in programme.events:
        yield _reference("community", event.community, event.place, "community")
        for slug in event.also_listed_by:
            yield _reference("community", slug, event.place, "also_listed_by")
        if event.series is not None:
            yield _reference("series", event.series, event.place, "series")
        if event.umbrella is not None:
            yield _reference("event", event.umbrella, event.place, "umbrella")


def _reference(kind: str, slug: str, place: Place, name: str) -> Reference:
    return Reference(kind, slug, f"{place.path}.{name}", place.of(name))


@dataclass(frozen=True)
class Times:
    """An event's times worked out: wall clock of its zone (naive), and registration's instants (UTC)."""

    starts: datetime
    ends: datetime
    opens_at: datetime | None
    closes_at: datetime | None
