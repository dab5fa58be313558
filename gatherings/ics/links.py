"""Links that open a calendar's page for a new entry (calendars.md 25). Such copies are never updated."""

from datetime import datetime
from urllib.parse import quote, urlencode

from gatherings.core import zones
from gatherings.ics.entry import whole_days
from gatherings.ics.text import clean

OUTLOOK_HOSTS = ("outlook.live.com", "outlook.office.com")
_ROOM = 1500  # of a percent-encoded text: longer addresses are refused by some servers and mail programs


def google_link(
    title: str,
    starts_local: datetime,
    ends_local: datetime,
    zone: str,
    *,
    all_day: bool = False,
    details: str = "",
    location: str = "",
    rule: str | None = None,
) -> str:
    """Give the link to Google Calendar's page for a new entry.

    Times are naive local times in `zone`; whole days end at the midnight after the last. One date is written
    as UTC instants, a rule (RRULE value) on the wall clock with the zone beside it: Google needs it there.
    """
    values = {"action": "TEMPLATE", "text": _short(clean(title))}
    if all_day:
        first, after = whole_days(starts_local, ends_local)
        values["dates"] = f"{first:%Y%m%d}/{after:%Y%m%d}"
    elif rule:
        values["dates"] = f"{starts_local:%Y%m%dT%H%M%S}/{ends_local:%Y%m%dT%H%M%S}"
    else:
        first_at, last_at = _utc(starts_local, zone), _utc(ends_local, zone)
        values["dates"] = f"{first_at:%Y%m%dT%H%M%SZ}/{last_at:%Y%m%dT%H%M%SZ}"
    if rule:
        values |= {"ctz": zone, "recur": f"RRULE:{clean(rule)}"}
    values |= {"details": _short(clean(details, lines=True)), "location": _short(clean(location))}
    return _link("https://calendar.google.com/calendar/render", values)


def outlook_link(
    title: str,
    starts_local: datetime,
    ends_local: datetime,
    zone: str,
    *,
    host: str = "outlook.live.com",
    all_day: bool = False,
    details: str = "",
    location: str = "",
) -> str:
    """Give the link to Outlook's page for a new entry: one date, in UTC (it knows no zone and no recurrence).

    `host` is outlook.live.com for private people, outlook.office.com for work and school; else ValueError.
    """
    if host not in OUTLOOK_HOSTS:
        raise ValueError(f"{host} is no host of Outlook's calendar")
    values = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": _short(clean(title)),
        "body": _short(clean(details, lines=True)),
        "location": _short(clean(location)),
    }
    if all_day:
        first, after = whole_days(starts_local, ends_local)
        values |= {"startdt": f"{first:%Y-%m-%d}", "enddt": f"{after:%Y-%m-%d}", "allday": "true"}
    else:
        values["startdt"] = f"{_utc(starts_local, zone):%Y-%m-%dT%H:%M:%SZ}"
        values["enddt"] = f"{_utc(ends_local, zone):%Y-%m-%dT%H:%M:%SZ}"
    return _link(f"https://{host}/calendar/0/deeplink/compose", values)


def _utc(local: datetime, zone: str) -> datetime:
    return zones.to_utc_rfc(local, zone)[0]


def _link(page: str, values: dict[str, str]) -> str:
    return f"{page}?{urlencode({key: value for key, value in values.items() if value}, quote_via=quote)}"


def _short(text: str) -> str:
    """Cut a text to what an address can carry, between characters."""
    if len(quote(text)) <= _ROOM:
        return text
    kept = text
    while len(quote(kept)) > _ROOM:
        kept = kept[: len(kept) * 9 // 10]
    return f"{kept.rstrip()} …"
