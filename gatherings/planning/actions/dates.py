"""Single dates of a series: one more ahead, one that is left out, one besides the rule."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.config import Site
from gatherings.core.errors import Conflict, InvalidInput, Problem
from gatherings.core.recurrence import Rule
from gatherings.core.words import say
from gatherings.events.actions import change_event, create_event, make_dates
from gatherings.events.models import Event, Series
from gatherings.planning.actions.series_holding import finish, note
from gatherings.planning.queries.dates import list_made_dates, lock_series
from gatherings.planning.queries.events import taken_slugs
from gatherings.planning.rules.telling import SILENT
from gatherings.registration.jobs import fill_all

MOST_AHEAD = 60
_NO_MORE = say("The rule of this series has no further date. Change the rule to go on.")
_ENOUGH = say("%(num)s dates stand ahead already, and there can be no more.", num=MOST_AHEAD)


def one_more_date(session: Session, series_id: int, site: Site, *, ahead: int, actor: str, now: datetime) -> str | None:
    """Make one more date of a series' rule, so that `ahead` of them stand ahead from now on; give its slug.

    None where so many were wished before: a press repeated. Raises Conflict where the rule has no further date.
    """
    series = lock_series(session, series_id)
    if series.ahead >= ahead:
        return None
    if ahead > MOST_AHEAD:
        raise Conflict(_ENOUGH)
    if not series.rules or series.status != "published":
        raise Conflict(say("Only a published series with a rule makes dates."))
    series.ahead = min(ahead, series.ahead + 1)
    new = make_dates(session, series, host=site.domain, now=now)
    if not new:
        raise Conflict(_NO_MORE)
    fill_all(session, series, site, now=now, new=True)
    series.edits += 1
    finish(session, series, [event.id for event in new], site)
    note(session, series, "add_date", actor, now, dates=len(new))
    return new[-1].slug


def leave_out(
    session: Session,
    series: Series,
    starts: Collection[datetime],
    site: Site,
    *,
    actor: str,
    now: datetime,
    via_series: bool = False,
) -> set[int]:
    """Call off the dates that a rule gives at these starts, in the transaction of whoever chose them; give their ids.

    Who comes every month is told of each; `via_series`: with what they hear of the series in any case.
    """
    rule = series.rules[-1]
    off = set()
    for date in list_made_dates(session, series.id):
        if date.series_rule_id == rule.id and date.original_local in starts and date.status != "cancelled":
            values = {"status": "cancelled"}
            change_event(session, date, values, now=now, delay=site.change_delay, via_series=via_series, silent=SILENT)
            date.edits += 1
            off.add(date.id)
    if off:
        note(session, series, "skip_date", actor, now, dates=len(off))
    return off


def add_date(
    session: Session,
    series_id: int,
    starts: datetime,
    minutes: int,
    zone: str,
    site: Site,
    *,
    actor: str,
    now: datetime,
) -> str:
    """Hold a gathering of the series besides its rule; give its slug. The same one again is the one that is there.

    It has an entry of its own in calendars: who comes every month is not registered for it. Raises InvalidInput for
    an hour that does not exist or exists twice, and for a time that is over.
    """
    series = lock_series(session, series_id)
    there = session.scalars(
        select(Event).where(Event.series_id == series.id, Event.starts_local == starts, Event.zone == zone)
    ).first()
    if there is not None:
        return there.slug
    event = create_event(
        session,
        {
            **{name: getattr(series, name) for name in _FROM_SERIES},
            "slug": _free_slug(session, f"{series.slug[:60]}-{starts:%Y-%m-%d}"),
            "series_id": series.id,
            "starts_local": starts,
            "ends_local": starts + timedelta(minutes=minutes),
            "zone": zone,
            "status": "published" if series.status == "published" else "draft",
        },
        host=site.domain,
        now=now,
    )
    if event.starts_at <= now:
        raise InvalidInput([Problem("day", say("This is over already. Please choose a day to come."))])
    finish(session, series, [event.id], site)
    note(session, series, "add_date", actor, now, dates=1)
    return event.slug


_FROM_SERIES = (
    "community_id", "title", "summary", "about", "language", "mode", "place_name", "place_address", "place_map",
    "join_url", "capacity_room", "capacity_online", "listing",
)  # fmt: skip


def _free_slug(session: Session, slug: str) -> str:
    taken = taken_slugs(session, slug)
    return next(one for one in (slug, *(f"{slug}-{number}" for number in range(2, 999))) if one not in taken)


def has_more(series: Series, last: datetime | None) -> bool:
    """Tell whether a series' rule gives a date after its last one that was made (`last`: by its rule, wall clock)."""
    if not series.rules:
        return False
    rule = series.rules[-1]
    parsed = Rule.parse(rule.rule)
    if rule.until_at is not None:
        parsed = parsed.with_until(rule.until_at)
    after = last + timedelta(minutes=1) if last is not None else None
    return bool(parsed.occurrences(rule.starts_local, rule.zone, after=after, limit=1))
