"""What an event's page says about time: how far away it is, what registration does next, days of an umbrella."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from gatherings.core import zones
from gatherings.pages.moments import Moment, last_day, moment_of, registration_edge
from gatherings.pages.routes.blueprint import bp
from gatherings.pages.strip import Band, Strip, strip_of
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import ngettext
from gatherings.web.times import When, day_words, instant_words, time_words


@bp.app_template_global("moment_words")
def moment_words(event: Any, zone: str | None, now: datetime) -> str:
    """Say how far away an event is, on the calendar of `zone` (None: the host's); "" where nothing is to say."""
    moment = moment_of(event, zone, now)
    if moment is None:
        return ""
    if moment.side == "now":
        return _going_on(event, event.zone if zone is None or event.all_day else zone, now)
    return _to_come(moment) if moment.side == "before" else _gone(moment)


def _going_on(event: Any, zone: str, now: datetime) -> str:
    today, last = zones.to_local(now, zone).date(), last_day(event, zone)
    ends = zones.to_local(event.ends_at, zone)
    if event.all_day:
        return _("Today is the last day") if last == today else _("On now, until %(end)s", end=_day(last, today))
    if ends.date() == today:
        return _("Happening now, until %(end)s", end=time_words(ends))
    end = _("%(day)s, %(time)s", day=_day(ends.date(), today), time=time_words(ends))
    return _("Happening now, until %(end)s", end=end)


def _day(day: date, today: date) -> str:
    return day_words(day, year=today.year)


def _to_come(moment: Moment) -> str:
    count = moment.count
    match moment.unit:
        case "minute":
            return ngettext("Begins in %(num)s minute", "Begins in %(num)s minutes", count)
        case "hour":
            return ngettext("Begins in %(num)s hour", "Begins in %(num)s hours", count)
        case "day" if count == 0:
            return _("Today")
        case "day" if count == 1:
            return _("Tomorrow")
        case "day":
            return ngettext("In %(num)s day", "In %(num)s days", count)
        case "week":
            return ngettext("In %(num)s week", "In %(num)s weeks", count)
        case "month":
            return ngettext("In %(num)s month", "In %(num)s months", count)
    return ngettext("In %(num)s year", "In %(num)s years", count)


def _gone(moment: Moment) -> str:
    count = moment.count
    match moment.unit:
        case "day" if count == 0:
            return _("Was earlier today")
        case "day" if count == 1:
            return _("Was yesterday")
        case "day":
            return ngettext("Was %(num)s day ago", "Was %(num)s days ago", count)
        case "week":
            return ngettext("Was %(num)s week ago", "Was %(num)s weeks ago", count)
        case "month":
            return ngettext("Was %(num)s month ago", "Was %(num)s months ago", count)
    return ngettext("Was %(num)s year ago", "Was %(num)s years ago", count)


@bp.app_template_global("registration_words")
def registration_words(event: Any, zone: str | None, now: datetime) -> str:
    """Say when registration opens, or closes before the start, on the reader's clock and the host's; "" for neither."""
    edge = registration_edge(event, now)
    if edge is None:
        return ""
    kind, at = edge
    there = instant_words(at, event.zone, now)
    if zone is None or zones.to_local(at, zone) == zones.to_local(at, event.zone):
        return (
            _("Registration opens %(at)s.", at=there) if kind == "opens" else _("Registration closes %(at)s.", at=there)
        )
    local = zones.to_local(at, zone)
    said = {
        "mine": _(
            "%(day)s, %(time)s", day=_day(local.date(), zones.to_local(now, zone).date()), time=time_words(local)
        ),
        "there": there,
    }
    if kind == "opens":
        return _("Registration opens %(mine)s your time · %(there)s.", **said)
    return _("Registration closes %(mine)s your time · %(there)s.", **said)


@bp.app_template_global("day_strips")
def day_strips(event: Any, times: When, zone: str | None) -> list[tuple[Strip, list[tuple[str, str]]]]:
    """Give the day strips of an event, the reader's first, each with its parts as (name, path of an SVG).

    The host's stands below it where it looks different. None for whole days, and for what lasts longer than a day.
    """
    if event.all_day or event.approximate:
        return []
    first = strip_of(event.starts_at, event.ends_at, times.first.zone, mine=zone is not None)
    strips = [first]
    if times.mine is not None:
        there = strip_of(event.starts_at, event.ends_at, times.host.zone, mine=False)
        if first is not None and there is not None and (there.day, there.mark) != (first.day, first.mark):
            strips.append(there)
    return [(strip, _paths(strip.bands)) for strip in strips if strip is not None]


def _paths(bands: Iterable[Band]) -> list[tuple[str, str]]:
    paths: dict[str, str] = {}
    for band in bands:
        paths[band.part] = paths.get(band.part, "") + f"M{band.x} 3h{band.width}v12h-{band.width}z"
    return list(paths.items())


@bp.app_template_global("by_local_day")
def by_local_day(events: Iterable[Any]) -> list[tuple[date, list[Any]]]:
    """Put gatherings under the days on which they begin where they are held, earliest first."""
    days: dict[date, list[Any]] = {}
    for event in events:
        days.setdefault(event.starts_local.date(), []).append(event)
    return sorted(days.items())
