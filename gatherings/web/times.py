"""Times for people: their own zone first, then the host's, with weekday and date (domain.md, Time 4)."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.dates import format_date, format_time, get_day_names, match_skeleton
from flask import Flask
from markupsafe import Markup

from gatherings.core import zones
from gatherings.web.i18n import dressed, gettext, locale_now

_HOUR = r"\d{1,2}[:.]\d\d(?:[ \u00a0\u202f]?[^\W\d_]{1,3}\b)?"  # "07:00", "7.00", "7:00 م"
_SHORT = re.compile("E+|c+|MMM+|LLL+")
_HOURS = re.compile(f"({_HOUR}–{_HOUR})")


@dataclass(frozen=True)
class Clock:
    """One reading of an event's times: on whose clock, which day, from when to when."""

    zone: str
    city: str
    day: str  # "Friday 16 December", with the year where it is not the present one
    ends_day: str | None  # where the end falls on another day
    starts: str | None  # "07:00"; None for whole days
    ends: str | None
    starts_iso: str
    ends_iso: str
    date: date

    @property
    def span(self) -> str:
        """Give "Friday 16 December, 07:00–08:00", or both days where it ends on another."""
        if self.starts is None:
            return (
                gettext("%(day)s – %(ends_day)s", day=self.day, ends_day=self.ends_day) if self.ends_day else self.day
            )
        said = {"day": self.day, "starts": self.starts, "ends": self.ends}
        if self.ends_day:
            return gettext("%(day)s, %(starts)s – %(ends_day)s, %(ends)s", ends_day=self.ends_day, **said)
        return gettext("%(day)s, %(starts)s–%(ends)s", **said)

    @property
    def start(self) -> str:
        """Give "Friday 16 December, 07:00"."""
        return gettext("%(day)s, %(time)s", day=self.day, time=self.starts) if self.starts else self.day


@dataclass(frozen=True)
class When:
    """An event's times for one reader: on their clock (if their zone is known) and on the host's."""

    mine: Clock | None
    host: Clock

    @property
    def first(self) -> Clock:
        """Give the clock that is shown first."""
        return self.mine or self.host

    @property
    def same(self) -> bool:
        """Tell whether both clocks read the same, such as those of Oslo and Stockholm."""
        return self.mine is not None and self.mine.span == self.host.span

    @property
    def other_day(self) -> bool:
        """Tell whether it begins on another day for the reader than for the host."""
        return self.mine is not None and self.mine.date != self.host.date


def day_words(day: date, *, year: int | None) -> str:
    """Write a day in words, "Friday 16 December", with its year unless that is the present one."""
    return dressed(_day_words(day, year, locale_now()))


@lru_cache(maxsize=4096)
def _day_words(day: date, year: int | None, locale: str) -> str:
    if locale.startswith("en"):
        text = f"{get_day_names('wide', locale=locale)[day.weekday()]} {format_date(day, 'd MMMM', locale=locale)}"
        return text if day.year == year else f"{text} {day.year}"
    return str(format_date(day, _without_year(locale) if day.year == year else "full", locale=locale))


@lru_cache(maxsize=64)
def _without_year(locale: str) -> str:
    """Give the pattern of a weekday, day and month in full; CLDR's short ones are widened (UTS 35 4, 2.6.2.2)."""
    skeletons = Locale.parse(locale).datetime_skeletons
    pattern = skeletons[match_skeleton("MMMMEEEEd", skeletons)].pattern
    parts = re.split(r"('[^']*')", pattern)  # what stands in quotes is no field
    parts[::2] = [_SHORT.sub(lambda field: field[0][0] * 4, part) for part in parts[::2]]
    return "".join(parts)


def weekday_words(number: int) -> str:
    """Name a day of the week; 0 is Monday."""
    return dressed(str(get_day_names("wide", "stand-alone", locale=locale_now())[number]))


def time_words(moment: datetime | time) -> str:
    """Write a wall-clock time: "07:00" in English, by our own choice of 24 hours, else as the language writes it."""
    return _time_words(moment.time() if isinstance(moment, datetime) else moment, locale_now())


@lru_cache(maxsize=2048)
def _time_words(at: time, locale: str) -> str:
    if locale.startswith("en"):
        return f"{at:%H:%M}"
    return str(format_time(at.replace(tzinfo=None), "short", locale=locale))


def exact_words(moment: datetime | time) -> str:
    """Write a wall-clock time to the second, "18:03:30": where slots of minutes begin."""
    at = moment.time() if isinstance(moment, datetime) else moment
    if locale_now().startswith("en"):
        return f"{at:%H:%M:%S}"
    return str(format_time(at.replace(tzinfo=None), "medium", locale=locale_now()))


def length_words(seconds: int) -> str:
    """Write a length of minutes and seconds as one reads it off a clock: "3:00", "1:02:30"; negative with a minus."""
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    said = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return f"−{said}" if seconds < 0 else said


def clock(
    starts_at: datetime, ends_at: datetime, zone: str, *, now: datetime | None = None, all_day: bool = False
) -> Clock:
    """Read an event's instants (UTC) on the clock of `zone`; whole days keep their last day, not the one after."""
    starts, ends = zones.to_local(starts_at, zone), zones.to_local(ends_at, zone)
    year = zones.to_local(now, zone).year if now is not None else None
    last_day = (ends - timedelta(microseconds=1)).date() if all_day else ends.date()
    differs = last_day != starts.date() and not (
        not all_day and ends.time() == datetime.min.time() and ends.date() - starts.date() == timedelta(days=1)
    )
    return Clock(
        zone=zone,
        city=zones.city(zone),
        day=day_words(starts.date(), year=year),
        ends_day=day_words(last_day, year=year) if differs else None,
        starts=None if all_day else time_words(starts),
        ends=None if all_day else time_words(ends),
        starts_iso=starts_at.isoformat(),
        ends_iso=ends_at.isoformat(),
        date=starts.date(),
    )


def when(event: Any, zone: str | None, now: datetime | None = None) -> When:
    """Give an event's times for a reader in `zone` (None: unknown); whole days are days on the host's clock."""
    host = clock(event.starts_at, event.ends_at, event.zone, now=now, all_day=event.all_day)
    if zone is None or event.all_day or zone == event.zone:
        return When(None, host)
    return When(clock(event.starts_at, event.ends_at, zone, now=now), host)


def instant_words(at: datetime, zone: str, now: datetime | None = None, *, exact: bool = False) -> str:
    """Write an instant on the clock of `zone` with its city: "Thursday 15 December, 18:00 in London".

    `exact`: to the second.
    """
    local = zones.to_local(at, zone)
    year = zones.to_local(now, zone).year if now is not None else None
    return gettext(
        "%(day)s, %(time)s in %(city)s",
        day=day_words(local.date(), year=year),
        time=exact_words(local) if exact else time_words(local),
        city=zones.city(zone),
    )


def unbroken(text: str) -> Markup:
    """Keep hours such as "07:00–08:00" on one line of a page: browsers may break lines after the dash."""
    parts = _HOURS.split(text)  # every second one is hours
    together = Markup('<span class="hours">{}</span>')
    return Markup("").join(together.format(part) if number % 2 else part for number, part in enumerate(parts))


def init_times(app: Flask) -> None:
    """Give templates the words for times."""
    app.jinja_env.filters["unbroken"] = unbroken
    app.jinja_env.filters["minutes"] = length_words  # seconds of a slot; "3:00"
    app.jinja_env.filters["exact"] = exact_words
    app.jinja_env.filters["local_in"] = zones.to_local  # an instant → the wall-clock time of a zone
    app.jinja_env.globals.update(when=when, instant_words=instant_words, city=zones.city)
