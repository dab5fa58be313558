"""The kinder hour of a community, a series or an event: what each start of a day means where people live."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from flask import Response

from gatherings.communities.models import Community
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.kinder import Hours, best_beside, kinder, start_at
from gatherings.core.kinder_year import YearStep, best_of_year, through_the_year
from gatherings.core.recurrence import Rule
from gatherings.db import current_session
from gatherings.events.models import Event, Series, SeriesRule
from gatherings.organise.access import may
from gatherings.organise.forms.kinder import LONGEST, Asked, KinderForm, kinder_form
from gatherings.organise.heat import draw, marks_of, weeks_on
from gatherings.organise.routes.blueprint import bp
from gatherings.planning.queries.kinder import Zones, zones_for_community, zones_for_event, zones_for_series
from gatherings.web.answers import answer
from gatherings.web.times import day_words, time_words

_DATES = 13  # a year: every month once more, or every four weeks


@dataclass(frozen=True)
class About:
    """What a picture is made for; `hour` is the start that it has now (naive, on the host's clock)."""

    host: str
    day: datetime
    minutes: int
    hour: time | None = None
    dates: Sequence[datetime] = ()


@bp.get("/communities/<community>/kinder-hour")
@may("edit")
def kinder_of_community(community: Community) -> Response:
    """Show it for a community: its members, else those who registered within a year."""
    now = utc_now()
    people = zones_for_community(current_session(), community, now=now)
    about = About(community.zone, zones.to_local(now, community.zone), 60)
    return _page(people, about, community=community)


@bp.get("/series/<series>/kinder-hour")
@may("edit")
def kinder_of_series(series: Series) -> Response:
    """Show it for a series: those who come every time, and the community's members."""
    rule = series.rules[-1] if series.rules else None
    return _page(
        zones_for_series(current_session(), series),
        _of_rule(rule, series.community, utc_now()),
        series=series,
        community=series.community,
    )


@bp.get("/events/<event>/kinder-hour")
@may("edit")
def kinder_of_event(event: Event) -> Response:
    """Show it for an event: those registered."""
    starts, hour = event.starts_local, None if event.all_day else event.starts_local.time()
    lasts = int((event.ends_local - starts).total_seconds()) // 60
    minutes = lasts if hour is not None and 5 <= lasts <= LONGEST else 60
    return _page(
        zones_for_event(current_session(), event),
        About(event.zone, starts, minutes, hour),
        event=event,
        community=event.community,
        changeable=event.status != "cancelled" and event.starts_at > utc_now(),
    )


def _of_rule(rule: SeriesRule | None, community: Community, now: datetime) -> About:
    if rule is None:
        return About(community.zone, zones.to_local(now, community.zone), 60)
    today = zones.to_local(now, rule.zone)
    dates = Rule.parse(rule.rule).occurrences(rule.starts_local, rule.zone, after=today, limit=_DATES)
    return About(rule.zone, dates[0] if dates else today, rule.minutes, rule.starts_local.time(), dates)


def _page(people: Mapping[str, Zones], about: About, **things: Any) -> Response:
    form, hours = kinder_form(Asked(tuple(people), about.day.date(), min(about.minutes, LONGEST)))
    values = _figures(dict(people.get(form.clean_who, {})), about, form, hours)
    return answer(
        "organise/kinder.html",
        status=422 if form.problems else 200,
        form=form,
        about=about,
        host_city=zones.city(about.host),
        decent=[time_words(_clock(minute)) for minute in (hours.begin, hours.end)],
        day_name=day_words,
        time_words=time_words,
        **values,
        **{"event": None, "series": None, "changeable": True} | things,
    )


def _clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)


def _figures(counts: dict[str, int], about: About, form: KinderForm, hours: Hours) -> dict[str, Any]:
    """Work out all that the page shows; `found` is None where nobody's clock is known."""
    known = {zone: count for zone, count in counts.items() if zones.canonical(zone) == zone}
    day, minutes = form.date.clean, form.minutes.clean
    asked = {"minutes": minutes, "hours": hours}
    values: dict[str, Any] = {"found": kinder(known, about.host, day, minutes=minutes, hours=hours), "day": day}
    values["unknown"] = sum(counts.values()) - sum(known.values())
    found = values["found"]
    if found is None:
        return values
    now = None
    if about.hour is not None:
        now = start_at(known, about.host, datetime.combine(day, about.hour), minutes=minutes, hours=hours)
    beside = best_beside(found, now, minutes) if now is not None else None
    first = about.hour or found.best.local.time()
    dates = list(about.dates) or weeks_on(datetime.combine(day, first), _DATES)
    best = best_of_year(known, about.host, [one.date() for one in dates], minutes=minutes, hours=hours)
    other = [datetime.combine(one.date(), best or first) for one in dates]
    return {
        **values,
        "now_start": now,
        "beside": beside,
        "heat": draw(found, marks_of(found, now, beside)),
        "year": _side_by_side(
            through_the_year(known, about.host, dates, **asked),
            through_the_year(known, about.host, other, **asked) if best != first else [],
        ),
        "year_hour": first,
        "year_best": best if best != first else None,
        "zones_counted": len(found.places),
    }


def _side_by_side(steps: list[YearStep], other: list[YearStep]) -> list[tuple[YearStep, YearStep | None]]:
    return [(step, other[number] if other else None) for number, step in enumerate(steps)]
