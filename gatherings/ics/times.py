"""The times of an entry: on the wall clock with TZID, in UTC, or as whole days (calendars.md 1, 4, 8, 9)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from gatherings.core import zones
from gatherings.ics.entry import Entry, span, whole_days
from gatherings.ics.lines import line
from gatherings.ics.zone_rule import is_utc, writable

_UNTIL = re.compile(r"(?:^|(?<=;))UNTIL=(\d{8})(?:T(\d{6})(Z?))?", re.IGNORECASE)


@dataclass(frozen=True)
class Form:
    """How an entry's times are written; `rules`: a rule stays a rule, else its dates are written out."""

    tzid: str | None = None
    days: bool = False
    rules: bool = True


def form(entry: Entry) -> Form:
    """Choose how an entry's times are written: one choice for all entries of a UID, by the master's span."""
    zone = entry.series_zone or entry.zone
    if entry.all_day:
        return Form(days=True)
    if writable(zone, *span(entry)):
        return Form(tzid=zone)
    return Form(rules=is_utc(zone))


def keeps_rule(entry: Entry) -> bool:
    """Tell whether the rule of a series' master is written as a rule, so that it says the dates to come by itself."""
    return form(entry).rules


def lines(entry: Entry, form: Form) -> list[bytes]:
    """Write DTSTART, DTEND, RECURRENCE-ID, the rule or its dates, and EXDATEs, in the form chosen."""
    series_zone = entry.series_zone or entry.zone
    own = _own_form(entry, form)
    written = [_time("DTSTART", entry.starts_local, entry.zone, own)]
    if form.days:
        after = whole_days(entry.starts_local, entry.ends_local)[1]
        written.append(line("DTEND", f"{after:%Y%m%d}", VALUE="DATE"))
    elif entry.ends_local > entry.starts_local:  # RFC 5545 3.8.2.2: DTEND is later, or left out
        written.append(_time("DTEND", entry.ends_local, entry.zone, own))
    if entry.original_local:
        written.append(_time("RECURRENCE-ID", entry.original_local, series_zone, form))
    elif entry.rule and form.rules:
        written.append(line("RRULE", rule(entry.rule, entry.zone, days=form.days)))
    elif entry.rule:
        written += [_time("RDATE", local, series_zone, form) for local in _made(entry)]
    excluded = sorted(set(entry.excluded)) if entry.rule else []
    return written + [_time("EXDATE", local, series_zone, form) for local in excluded]


def rule(value: str, zone: str, *, days: bool) -> str:
    """Check an RRULE value and put its UNTIL into UTC, or into a date for whole days (RFC 5545 3.3.10).

    An UNTIL without Z is local time in `zone`; a date means the end of that day. Raises ValueError if the
    rule cannot be read.
    """
    return _checked(_UNTIL.sub(lambda found: f"UNTIL={_until(found, zone, days)}", value.strip()))


def instant(at: datetime) -> str:
    """Write an aware instant in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


@lru_cache(maxsize=1024)
def _checked(value: str) -> str:
    from icalendar.prop import vRecur

    written: bytes = vRecur.from_ical(value).to_ical()
    return written.decode()


def _made(entry: Entry) -> list[datetime]:
    """Give the dates of a series that are written out; among them DTSTART, unless it stands alone.

    Without it, ical.js (kewisch/ical.js#534) and vobject leave the first date out where there is no rule; the
    others ignore the repetition (RFC 5545 3.8.5.2).
    """
    made = sorted({entry.starts_local, *entry.dates} - set(entry.excluded))
    return [] if made == [entry.starts_local] else made


def _own_form(entry: Entry, form: Form) -> Form:
    """Give the form of a moved date's own times: UTC where the series' zone cannot say them.

    That is when the date was moved to another zone, or to years with other clock changes.
    """
    if not form.tzid or not entry.original_local:
        return form
    same = entry.zone == form.tzid and writable(entry.zone, entry.starts_local, entry.ends_local)
    return form if same else Form()


def _time(name: str, local: datetime, zone: str, form: Form) -> bytes:
    if form.days:
        return line(name, f"{local:%Y%m%d}", VALUE="DATE")
    if form.tzid:
        return line(name, f"{local:%Y%m%dT%H%M%S}", TZID=form.tzid)
    return line(name, instant(zones.to_utc_rfc(local, zone)[0]))


def _until(found: re.Match[str], zone: str, days: bool) -> str:
    day, clock, utc = found.groups()
    if utc:
        at = datetime.fromisoformat(f"{day}T{clock}Z")
        return f"{zones.to_local(at, zone):%Y%m%d}" if days else instant(at)
    if days:
        return day
    local = datetime.fromisoformat(f"{day}T{clock or '235959'}")
    return instant(zones.to_utc_rfc(local, zone)[0])
