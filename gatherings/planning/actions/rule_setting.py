"""A series gets its rule, or another one: shown before, done in one transaction, told of once."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from gatherings.config import Site
from gatherings.core.errors import Conflict, InvalidInput, Problem
from gatherings.core.words import say
from gatherings.events.actions import new_uid
from gatherings.events.models import Series, SeriesRule
from gatherings.planning.actions.dates import leave_out
from gatherings.planning.actions.rules import change_rule
from gatherings.planning.actions.series import change_series
from gatherings.planning.actions.series_holding import finish, more_dates, note
from gatherings.planning.queries.dates import list_live_dates, list_made_dates, lock_series
from gatherings.planning.queries.editions import has_editions
from gatherings.planning.rules.stretches import NoRoom, Stretch

_OVERTAKEN = say("Somebody else changed this series while you were here. Please look at its dates again.")
NO_ROOM = say(
    "Before that date, this rule has other dates than those that stand: more, or not as many. Let it hold from the "
    "next date on, or choose an earlier one."
)
_EDITIONS = say("This series holds editions by year. A rule that makes dates needs a series of its own.")


def set_rule(
    session: Session,
    series_id: int,
    wanted: Stretch,
    minutes: int,
    site: Site,
    *,
    skipped: Collection[datetime] = (),
    since: str = "",
    edits: int,
    actor: str,
    now: datetime,
) -> bool:
    """Give a series a rule; its coming dates move with everybody who is registered. False: it has just this one.

    `skipped` are starts that the rule gives and that are left out. `since`: the slug of the date from which on it
    holds, those before it stay; else all to come follow. `edits` tells the state that was looked at.
    Raises Conflict where the series has changed since, and where it holds editions.
    """
    series = lock_series(session, series_id)
    same = is_same(series, wanted, minutes, now)
    if same and not skipped:
        return False
    if series.edits != edits:
        if same:  # the same press again
            return False
        raise Conflict(_OVERTAKEN)
    event_ids: set[int] = set()
    if not same:
        event_ids |= _bring(session, series, wanted, minutes, site, since=since, now=now)
        series.edits += 1
        session.flush()
        note(session, series, "change_rule", actor, now, rule=wanted.rule.text, zone=wanted.zone)
    event_ids |= more_dates(session, series, site, now=now)
    event_ids |= leave_out(session, series, skipped, site, actor=actor, now=now, via_series=not same)
    if same:
        series.edits += 1
    finish(session, series, event_ids, site)
    return True


def is_same(series: Series, wanted: Stretch, minutes: int, now: datetime) -> bool:
    """Tell whether a series has this rule already: whatever its first day was, the dates to come are the same."""
    if not series.rules:
        return False
    rule = series.rules[-1]
    present = Stretch.of(rule.rule, rule.starts_local, rule.zone)
    if (rule.zone, rule.minutes, rule.until_at) != (wanted.zone, minutes, None):
        return False
    return (present.rule.text == wanted.rule.text and present.starts == wanted.starts) or present.goes_like(wanted, now)


def _bring(
    session: Session, series: Series, wanted: Stretch, minutes: int, site: Site, *, since: str, now: datetime
) -> set[int]:
    if not series.rules:
        if has_editions(session, series.id):
            raise Conflict(_EDITIONS)
        uid = new_uid("series", series.public_id, site.domain)
        series.rules.append(
            SeriesRule(uid=uid, rule=wanted.rule.text, starts_local=wanted.starts, zone=wanted.zone, minutes=minutes)
        )
        return set()
    if not list_made_dates(session, series.id):  # a draft's: nobody knows of it yet
        rule = series.rules[-1]
        rule.rule, rule.starts_local, rule.zone = wanted.rule.text, wanted.starts, wanted.zone
        rule.minutes, rule.until_at = minutes, None
        return set()
    event_ids: set[int] = set()
    old = series.rules[-1]
    live = list_live_dates(session, series, now)
    kept = count_kept([date.slug for date in live], since)
    staying = {date.id for date in live[:kept]}
    if minutes != old.minutes:
        event_ids |= change_series(
            session,
            series,
            {"minutes": minutes},
            site,
            now=now,
            own=lambda date: ["minutes"] * (date.id in staying),
        ).event_ids
    if (old.rule, old.starts_local, old.zone) != (wanted.rule.text, wanted.starts, wanted.zone):
        try:
            event_ids |= change_rule(session, series, wanted, site, now=now, kept=kept).event_ids
        except NoRoom as refusal:
            raise InvalidInput([Problem("since", NO_ROOM)]) from refusal
    return event_ids


def count_kept(live: Sequence[str], since: str) -> int:
    """Count the dates before the one with this slug: they stay. "" is the first; raises InvalidInput for no date."""
    if not since:
        return 0
    if since not in live:
        raise InvalidInput([Problem("since", say("This date is not to come any more. Please choose another one."))])
    return live.index(since)
