"""Entries to start from."""

from calendar import THURSDAY, monthcalendar
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gatherings.ics import Attendee, Entry, Organizer

STAMP = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOST = Organizer("Conversations for Kindness", "hello@example.org")
GUEST = Attendee("Zoë & Sons <3", "zoe@example.org")


def third_thursdays(*years: int, hour: int = 18) -> list[datetime]:
    """Third Thursdays of the years by the calendar, as local starts."""
    weeks = [(year, month, monthcalendar(year, month)) for year in years for month in range(1, 13)]
    return [
        datetime(year, month, [week[THURSDAY] for week in rows if week[THURSDAY]][2], hour)
        for year, month, rows in weeks
    ]


def true_instants(starts: list[datetime], zone: str) -> list[datetime]:
    return [start.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for start in starts]


def an_entry(**changes: Any) -> Entry:
    """One hour in London, 2026-06-18 18:00."""
    starts = changes.pop("starts_local", datetime(2026, 6, 18, 18))
    plain = Entry(
        uid="event-7f3a@example.org",
        sequence=1,
        stamp=STAMP,
        summary="A gathering",
        starts_local=starts,
        ends_local=starts + timedelta(hours=1),
        zone="Europe/London",
    )
    return replace(plain, **changes)


def a_series(zone: str = "Europe/London", years: tuple[int, ...] = (2026, 2027), **changes: Any) -> Entry:
    """Third Thursdays, 18:00 for an hour, until the end of the last year."""
    dates = third_thursdays(*years)
    given = {
        "uid": "series-7f3a@example.org",
        "starts_local": dates[0],
        "zone": zone,
        "rule": f"FREQ=MONTHLY;BYDAY=3TH;UNTIL={years[-1]}1231",
        "dates": tuple(dates),
    }
    return an_entry(**(given | changes))
