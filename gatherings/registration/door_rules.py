"""Rules of the door: who is let in, and what is said to whom."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from gatherings.core.zones import to_local, to_utc_rfc
from gatherings.tickets.rules.selling import days_of

# Checking in begins a day before the start and ends a day after the end: lists are often filled in afterwards.
OPENS = timedelta(hours=24)
CLOSES = timedelta(hours=24)
# A night that goes on after twelve is no second day: only what lasts longer is a gathering of several days.
_ONE_STRETCH = timedelta(hours=18)
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U: nobody can tell them from others (Crockford)
_ALIKE = str.maketrans("OIL", "011")
_LONG = 8


@dataclass(frozen=True)
class Standing:
    """How somebody stands at the door: a word that screens have sentences for, and when they came, if they did.

    welcome (may come in) · came · online · waiting · unpaid (their place is kept while they pay) · cancelled ·
    called off · early · late · other day (their ticket is not for today)
    """

    word: str
    came_at: datetime | None = None
    how: str | None = None

    @property
    def by_hosts(self) -> bool:
        """Tell whether somebody at the door noted it, who may take it back; else they came by their own link."""
        return self.word == "came" and self.how in ("scan", "name")


def standing(registration: Any, event: Any, now: datetime, tickets: Collection[Any] = ()) -> Standing:
    """Say how a registration stands at the door of the room of its event; `tickets` are its own, if it has any."""
    if event.status == "cancelled":
        return Standing("called off")
    if is_here(registration, event, now):
        return Standing("came", registration.attended_at, registration.attended_how)
    if registration.state == "cancelled":
        return Standing("cancelled")
    if registration.state == "waitlisted":
        return Standing("waiting")
    if event.room_id is None or registration.places_id != event.room_id:
        return Standing("online")
    if registration.state in ("pending", "offered"):
        return Standing("unpaid")
    opens_at, closes_at = door_times(event)
    if not opens_at <= now <= closes_at:
        return Standing("early" if now < opens_at else "late")
    return Standing("welcome" if is_for(event, tickets, to_local(now, event.zone).date()) else "other day")


def is_for(event: Any, tickets: Collection[Any], today: date) -> bool:
    """Tell whether some ticket lets its holder in on a day of the event; before the first and after the last, any."""
    valid = [ticket for ticket in tickets if ticket.state == "valid"]
    if not valid or today.isoformat() not in days_of(event.starts_local, event.ends_local):
        return True
    return any(not ticket.days or today.isoformat() in ticket.days for ticket in valid)


def lasts_days(event: Any) -> bool:
    """Tell whether an event is one of several days, where people are checked in on each of them."""
    lasts: timedelta = event.ends_local - event.starts_local
    return lasts > _ONE_STRETCH and len(days_of(event.starts_local, event.ends_local)) > 1


def door_day(event: Any, now: datetime) -> date:
    """Give the day of an event for which people are checked in: before it its first, after it its last."""
    if not lasts_days(event):
        first: date = event.starts_local.date()
        return first
    days = days_of(event.starts_local, event.ends_local)
    today = to_local(now, event.zone).date().isoformat()
    return date.fromisoformat(min(max(today, days[0]), days[-1]))


def counts_since(event: Any, now: datetime) -> datetime | None:
    """Give since when an arrival is one of this day; None where every arrival is: on one day alone, or on the first."""
    day = door_day(event, now)
    if day == event.starts_local.date():
        return None
    return to_utc_rfc(datetime.combine(day, time()), event.zone)[0]


def is_here(registration: Any, event: Any, now: datetime) -> bool:
    """Tell whether somebody has come on this day of an event."""
    since, came_at = counts_since(event, now), registration.attended_at
    return came_at is not None and (since is None or came_at >= since)


def door_times(event: Any) -> tuple[datetime, datetime]:
    """Give from when until when people are checked in."""
    return event.starts_at - OPENS, event.ends_at + CLOSES


def is_day(event: Any, now: datetime) -> bool:
    """Tell whether this is the day, so that numbers may change at any moment."""
    opens_at, closes_at = door_times(event)
    return event.status == "published" and opens_at <= now <= closes_at


def short_code(public_id: str, version: int) -> str:
    """Give the eight characters of a ticket, "K7QP 3MXA": 40 bits of what nobody else knows."""
    digest = hashlib.sha256(f"ticket\n{public_id}\n{version}".encode()).digest()
    number = int.from_bytes(digest[:5], "big")
    letters = "".join(_LETTERS[number >> shift & 31] for shift in range(35, -1, -5))
    return f"{letters[:4]} {letters[4:]}"


def read_short_code(typed: str) -> str | None:
    """Give the code that somebody typed, as it is printed; None for what cannot be one."""
    letters = "".join(typed.upper().translate(_ALIKE).replace("-", "").split())
    if len(letters) != _LONG or not set(letters) <= set(_LETTERS):
        return None
    return f"{letters[:4]} {letters[4:]}"
