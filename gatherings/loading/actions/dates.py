"""What single dates of a series have of their own: a title, speakers, another hour, that they are called off."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from gatherings.core import zones
from gatherings.core.errors import InvalidInput
from gatherings.core.recurrence import Rule
from gatherings.core.words import say
from gatherings.events.actions import change_event, make_date
from gatherings.events.models import Event, Series, SeriesRule
from gatherings.loading import queries
from gatherings.loading.actions.memory import Loading
from gatherings.loading.programme import DateItem, SeriesItem
from gatherings.planning.actions.event_parts import write_lists

_LISTS = ("speakers", "resources")


def load_dates(loading: Loading, item: SeriesItem, series: Series, resolved: Mapping[str, str]) -> dict[str, str]:
    """Give named dates what is their own; past ones are made if they are named. Gives which words mean which date.

    `resolved` are those of the last loading: words that were there before mean the same date still, be its day
    another by now. Coming dates must have been made.
    """
    if not item.dates or not series.rules:
        return {}
    known: dict[str, str] = {}
    made = queries.list_series_dates(loading.session, series.id)
    for own in item.dates:
        written = own.on.isoformat() if isinstance(own.on, date) else f"next {own.on}"
        event = next((one for one in made if one.public_id == resolved.get(written)), None)
        if event is None:
            event = _find_or_make(loading, series, own, made)
        if event is None:
            continue
        if event.public_id in known.values():
            loading.wrong(own.place, "on", say("This date stands here twice."))
            continue
        known[written] = event.public_id
        _give(loading, series, own, event)
    return known


def _find_or_make(loading: Loading, series: Series, own: DateItem, made: list[Event]) -> Event | None:
    rule = series.rules[-1]
    local = _local(rule, own.on, loading.now)
    if isinstance(own.on, date):
        there = [one for one in made if one.original_local is not None and one.original_local.date() == own.on]
        found = next((one for one in reversed(there) if one.series_rule_id == rule.id), there[-1] if there else None)
    else:
        found = next((one for one in made if one.series_rule_id == rule.id and one.original_local == local), None)
    if found is not None:
        return found
    if local is None:
        day = own.on.isoformat() if isinstance(own.on, date) else f"next: {own.on}"
        loading.wrong(own.place, "on", say("%(day)s is not a date of the rule.", day=day))
        return None
    event = make_date(loading.session, series, rule, local, host=loading.site.domain, now=loading.now)
    loading.event_ids.add(event.id)
    loading.report.made.append(f"date {event.slug}")
    fresh = queries.read_events(loading.session, [event.slug])[event.slug]
    made.append(fresh)
    return fresh


def _local(rule: SeriesRule, on: date | int, now: datetime) -> datetime | None:
    """Find the start (wall clock) that a rule gives on a day, or the so manyth that is still to come."""
    parsed = Rule.parse(rule.rule)
    if rule.until_at is not None:
        parsed = parsed.with_until(rule.until_at)
    if isinstance(on, date):
        after = datetime.combine(on, time(0))
        found = parsed.occurrences(rule.starts_local, rule.zone, after=after, limit=1)
        return found[0] if found and found[0].date() == on else None
    after = zones.to_local(now, rule.zone) - timedelta(days=1)
    coming = [
        local
        for local in parsed.occurrences(rule.starts_local, rule.zone, after=after, limit=on + 50)
        if zones.to_utc_rfc(local, rule.zone)[0] > now
    ]
    return coming[on - 1] if len(coming) >= on else None


def _give(loading: Loading, series: Series, own: DateItem, event: Event) -> None:
    """Bring a date to what the file says of it; what it says no more, the date has from its series again."""
    from_series: dict[str, Any] = {
        "title": series.title, "summary": series.summary, "about": series.about, "recording_url": None,
        "access_notes": "", "asked_often": [],
        "starts": (event.original_local or event.starts_local).isoformat(), "status": "published",
        "speakers": [], "resources": [],
    }  # fmt: skip
    known = event.public_id  # slugs can change
    before = loading.values("date", known)
    named = {*own.values, *before}
    wanted = {name: own.values.get(name, value) for name, value in from_series.items() if name in named}
    current = {name: getattr(event, name) for name in from_series if name not in (*_LISTS, "starts")}
    current |= {"starts": event.starts_local.isoformat(), **queries.list_values(event)}
    changes, values = loading.compare("date", known, wanted, current, thing=f"date {event.slug}")
    loading.remember("date", known, {name: value for name, value in values.items() if name in own.values}, {})
    if not changes:
        return
    write_lists(loading.session, event.id, changes)
    columns = {name: value for name, value in changes.items() if name not in (*_LISTS, "starts")}
    if "starts" in changes:
        columns |= _moved_to(event, datetime.fromisoformat(changes["starts"]))
    try:
        change_event(loading.session, event, columns, now=loading.now, delay=loading.site.change_delay)
    except InvalidInput as refusal:  # an hour that the clocks leave out, or that comes twice
        for problem in refusal.problems:
            loading.wrong(own.place, "starts", problem.sentence)
        return
    loading.event_ids.add(event.id)
    if f"date {event.slug}" not in loading.report.made and f"series {series.slug}" not in loading.report.made:
        loading.report.change(f"date {event.slug}", *changes)


def _moved_to(event: Event, starts: datetime) -> dict[str, datetime]:
    """Give the columns of a date that starts at another wall-clock time and lasts as long as before."""
    return {"starts_local": starts, "ends_local": starts + (event.ends_local - event.starts_local)}
