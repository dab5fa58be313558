"""A series whose rule changes: coming dates move, with everybody who is registered, and nobody is lost.

The stretch that has begun is ended (UNTIL) and a new one begins with a UID of its own (calendars.md 8); one that has
not begun is changed as it stands. Each coming date goes to the nearest date of the new rule that is still free, in
order; a date for which the new rule has none left is called off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gatherings.core import zones
from gatherings.core.recurrence import MAX_COUNT, Rule
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.events.actions import change_event, new_uid, note_series_change
from gatherings.events.models import Event, Series, SeriesRule
from gatherings.invites.rules import rule_text
from gatherings.loading import queries
from gatherings.loading.actions.memory import Loading
from gatherings.registration.actions.rule_ended import end_rule

_MOST = 2000  # dates of a new rule that are looked at: daily for five years


def change_rule(loading: Loading, series: Series, wanted: Mapping[str, Any]) -> None:
    """Bring a series to another rule, first date or zone; `series.rules` is loaded and its last one in force."""
    now, old = loading.now, series.rules[-1]
    rule, zone = Rule.parse(wanted["rule"]), wanted["zone"]
    starts = datetime.fromisoformat(wanted["starts"])
    made = [date for date in queries.list_series_dates(loading.session, series.id) if date.series_rule_id == old.id]
    coming = [date for date in made if date.starts_at > now]
    live = [date for date in coming if date.status != "cancelled"]
    free = _coming(rule, starts, zone, now)
    text, old_zone = old.rule, old.zone
    old_start = old.starts_local.isoformat()
    before = {"text": rule_text(old), "starts_local": old_start, "minutes": old.minutes, "zone": old_zone}
    if _same_dates(made, live, free, old, starts, zone, rule):
        old.rule, old.starts_local = rule.text, starts
    else:
        begun = bool(_first(old, now)) or any(date.starts_at <= now for date in made)
        _detach(loading.session, coming)
        new = _next_stretch(loading, series, old, (rule, starts, zone), free) if begun else old
        if not begun:
            old.rule, old.starts_local, old.zone = rule.text, starts, zone
        loading.session.flush()
        _move(loading, live, new, free)
    changed = (text, old_zone) != (rule.text, zone) or series.rules[-1] is not old
    kinds = ("rule",) if changed or not live else ()
    note_series_change(loading.session, series, kinds, before, now=now, delay=loading.site.change_delay)
    loading.session.flush()
    if series.rules[-1] is not old:
        end_rule(loading.session, series, old, series.rules[-1], loading.site, now=now)


def _coming(rule: Rule, starts: datetime, zone: str, now: datetime) -> list[datetime]:
    after = zones.to_local(now, zone) - timedelta(days=1)
    found = rule.occurrences(starts, zone, after=after, limit=_MOST)
    return [local for local in found if zones.to_utc_rfc(local, zone)[0] > now]


def _first(rule: SeriesRule, now: datetime) -> bool:
    """Tell whether a stretch has begun: whether its first date is over or on."""
    first = Rule.parse(rule.rule).occurrences(rule.starts_local, rule.zone, limit=1)
    return bool(first) and zones.to_utc_rfc(first[0], rule.zone)[0] <= now


def _same_dates(
    made: Sequence[Event],
    live: Sequence[Event],
    free: Sequence[datetime],
    old: SeriesRule,
    starts: datetime,
    zone: str,
    rule: Rule,
) -> bool:
    """Tell whether all dates stand in the new rule as they are, so that only its words change."""
    originals = [date.original_local for date in made if date.original_local is not None]
    return (
        zone == old.zone
        and [date.original_local for date in live] == list(free[: len(live)])
        and all(starts <= local and rule.includes(local) and local.time() == starts.time() for local in originals)
    )


def _detach(session: Session, dates: Sequence[Event]) -> None:
    """Take coming dates out of a stretch: moved ones get a new one, called off ones stand alone."""
    for date in dates:
        date.series_rule_id = date.original_local = None
    session.flush()


def _next_stretch(
    loading: Loading, series: Series, old: SeriesRule, wanted: tuple[Rule, datetime, str], free: Sequence[datetime]
) -> SeriesRule:
    if old.until_at is None:
        old.until_at = loading.now.replace(microsecond=0)
    if not free:  # the new rule is over already: nothing follows
        return old
    (rule, starts, zone), first = wanted, free[0]
    if rule.count is not None:  # the new stretch has what is left of the number
        rule = replace(rule, count=max(1, len(rule.occurrences(starts, zone, after=first, limit=MAX_COUNT))))
    new = SeriesRule(
        uid=new_uid("series", new_public_id(), loading.site.domain),
        rule=rule.text,
        starts_local=first,
        zone=zone,
        minutes=old.minutes,
    )
    series.rules.append(new)
    return new


def _move(loading: Loading, live: Sequence[Event], new: SeriesRule, free: list[datetime]) -> None:
    """Move dates to the new stretch, each to the nearest of its dates after the one before; call off the rest."""
    next_free = 0
    for date in live:
        if next_free >= len(free):
            values: dict[str, Any] = {"status": "cancelled"}
            note = say("%(date)s is called off: the new rule has no date left for it.", date=date.slug)
            loading.report.notes.append(str(note))
        else:
            chosen = min(range(next_free, len(free)), key=lambda one: abs(free[one] - date.starts_local))
            next_free = chosen + 1
            local = free[chosen]
            values = {
                "series_rule_id": new.id,
                "original_local": local,
                "starts_local": local,
                "ends_local": local + (date.ends_local - date.starts_local),
                "zone": new.zone,
            }
        change_event(loading.session, date, values, now=loading.now, delay=loading.site.change_delay, via_series=True)
        loading.event_ids.add(date.id)
