"""A series whose rule changes: coming dates move, with everybody who is registered, and nobody is lost.

The stretch that has begun is ended (UNTIL) and a new one begins with a UID of its own (calendars.md 8); one that has
not begun is changed as it stands. Each coming date goes to the nearest date of the new rule that is still free, in
order; a date for which the new rule has none left is called off.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gatherings.calls.actions.call import time_call_again
from gatherings.config import Site
from gatherings.core.recurrence import MAX_COUNT
from gatherings.core.tokens import new_public_id
from gatherings.events.actions import change_event, new_uid, note_series_change
from gatherings.events.models import Event, Series, SeriesRule
from gatherings.invites.rules import rule_text
from gatherings.planning.queries.dates import list_made_dates
from gatherings.planning.rules.stretches import Move, Stretch, moves, stands_as_it_is
from gatherings.registration.actions.rule_ended import end_rule
from gatherings.tickets.actions.kinds import follow_dates


@dataclass
class Moved:
    """What came of a change of rule: the dates that were touched, and the slugs of those called off."""

    event_ids: set[int] = field(default_factory=set)
    called_off: list[str] = field(default_factory=list)


def change_rule(
    session: Session, series: Series, wanted: Stretch, site: Site, *, now: datetime, kept: int = 0
) -> Moved:
    """Bring a series to another rule, first date or zone; `series` comes with its community and rules.

    The first `kept` dates to come stay as they are; raises NoRoom where they cannot. The caller stores the calendar
    blocks, and makes the dates that the new rule has more.
    """
    old, moved = series.rules[-1], Moved()
    made = [date for date in list_made_dates(session, series.id) if date.series_rule_id == old.id]
    coming = [date for date in made if date.starts_at > now]
    live = [date for date in coming if date.status != "cancelled"]
    free = wanted.coming(now)
    text, old_zone, old_start = old.rule, old.zone, old.starts_local.isoformat()
    before = {"text": rule_text(old), "starts_local": old_start, "minutes": old.minutes, "zone": old_zone}
    originals = [date.original_local for date in made]
    if wanted.zone == old_zone and stands_as_it_is(originals, [date.original_local for date in live], free, wanted):
        old.rule, old.starts_local = wanted.rule.text, wanted.starts
    else:
        begun = Stretch.of(old.rule, old.starts_local, old.zone).has_begun(now) or any(
            date.starts_at <= now for date in made
        )
        _detach(session, coming)
        going = moves([date.starts_local for date in live], wanted, now, kept=kept)
        first = going[0].original if kept else free[0] if free else None
        new = _next_stretch(series, old, wanted, first, site, now=now) if begun else old
        if not begun:
            old.rule, old.starts_local, old.zone = wanted.rule.text, wanted.starts, wanted.zone
        session.flush()
        _move(session, live, new, going, site, moved, now=now)
    changed = (text, old_zone) != (wanted.rule.text, wanted.zone) or series.rules[-1] is not old
    kinds = ("rule",) if changed or not live else ()
    note_series_change(session, series, kinds, before, now=now, delay=site.change_delay)
    session.flush()
    if series.rules[-1] is not old:
        end_rule(session, series, old, series.rules[-1], site, now=now)
    return moved


def _detach(session: Session, dates: Sequence[Event]) -> None:
    """Take coming dates out of a stretch: moved ones get a new one, called off ones stand alone."""
    for date in dates:
        date.series_rule_id = date.original_local = None
    session.flush()


def _next_stretch(
    series: Series, old: SeriesRule, wanted: Stretch, first: datetime | None, site: Site, *, now: datetime
) -> SeriesRule:
    if old.until_at is None:
        old.until_at = now.replace(microsecond=0)
    if first is None:  # the new rule is over already: nothing follows
        return old
    rule = wanted.rule
    if rule.count is not None:  # the new stretch has what is left of the number
        left = len(rule.occurrences(wanted.starts, wanted.zone, after=first, limit=MAX_COUNT))
        rule = replace(rule, count=max(1, left))
    new = SeriesRule(
        uid=new_uid("series", new_public_id(), site.domain),
        rule=rule.text,
        starts_local=first,
        zone=wanted.zone,
        minutes=old.minutes,
    )
    series.rules.append(new)
    return new


def _move(
    session: Session,
    live: Sequence[Event],
    new: SeriesRule,
    going: Sequence[Move],
    site: Site,
    moved: Moved,
    *,
    now: datetime,
) -> None:
    """Move dates to the new stretch; call off those for which it has none. A date that stays is its exception."""
    for date, move in zip(live, going, strict=True):
        if move.original is None:
            values: dict[str, Any] = {"status": "cancelled"}
            moved.called_off.append(date.slug)
        else:
            values = {"series_rule_id": new.id, "original_local": move.original}
            if not move.stays:
                values["starts_local"] = move.original
                values["ends_local"] = move.original + (date.ends_local - date.starts_local)
                values["zone"] = new.zone
        zone, times = date.zone, (date.starts_local, date.ends_local)
        change_event(session, date, values, now=now, delay=site.change_delay, via_series=True)
        if date.zone != zone:
            time_call_again(session, date, now=now)
        follow_dates(session, date, *times)
        moved.event_ids.add(date.id)
