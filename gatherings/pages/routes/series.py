"""A series' page: the year on one's own clock."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from flask import Response

from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.recurrence import Rule
from gatherings.db.session import current_session
from gatherings.events import queries as events
from gatherings.events.models import Event, Series
from gatherings.events.queries import Moved
from gatherings.events.rules import Door, door
from gatherings.pages import editions, year_words
from gatherings.pages.routes.blueprint import bp
from gatherings.pages.routes.shared import moved_to, series_words
from gatherings.pages.subscribing import feed_of
from gatherings.pages.year import year_of
from gatherings.web.answers import answer
from gatherings.web.cache import kept
from gatherings.web.i18n import words
from gatherings.web.markdown import render
from gatherings.web.requests import absolute
from gatherings.web.rights import public
from gatherings.web.visitor import checked_slug, visitor_zone

SHOWN_DATES = 12

bp.add_app_template_global(year_words.move_words, "move_words")
bp.add_app_template_global(year_words.cause_words, "cause_words")
bp.add_app_template_global(year_words.mark_words, "mark_words")
bp.add_app_template_global(year_words.month_letters, "month_letters")


@bp.app_template_filter("since_words")
def _since_words(run: editions.Run) -> str:
    return words(editions.since_words(run))


@bp.get("/series/<slug>")
@public
@kept(events.public_stamp, events.next_boundary)
def series(slug: str) -> Response:
    """Show a series: its coming dates on both clocks, the dates whose hour moves and why, past dates or editions."""
    session, now, zone = current_session(), utc_now(), visitor_zone()
    found = events.get_series_page(session, checked_slug(slug))
    if isinstance(found, Moved):
        return moved_to(f"/series/{found.slug}")
    coming = _shown(found, events.list_dates(session, found.id, since=now, limit=SHOWN_DATES))
    over = _shown(found, events.list_past_dates(session, found.id, now=now))
    host_zone = _host_zone(found, coming)
    year = year_of(coming, zone or host_zone, last=_last(coming, over), going_on=_goes_on(found))
    feed = f"/series/{found.slug}/calendar.ics"
    return answer(
        "pages/series.html",
        "pages/_dates.html",
        series=found,
        about=render(found.about) if found.about else None,
        rule_words=series_words(found),
        year=year,
        told=year_words.summary(year, host_zone) if zone else year_words.summary_of_host(year),
        timed=any(row.read is not None for row in year.rows),
        two_clocks=zone is not None and any(not event.all_day and event.zone != zone for event in coming),
        every=_every(coming, now),
        line=editions.line_of(
            found,
            [event for event in over if event.edition_year is not None],
            zones.to_local(now, host_zone).year,
            [event for event in coming if event.edition_year is not None and event.status == "published"],
        ),
        past=[event for event in over if event.edition_year is None],
        now=now,
        zone=zone,
        host_zone=host_zone,
        here=f"/series/{found.slug}",
        feed=feed_of(feed, absolute(feed), found.title),
    )


def _shown(series: Series, dates: list[Event]) -> list[Event]:
    """Leave out what is shown by its link alone, unless the series itself is."""
    return [event for event in dates if event.listing == "public" or series.listing == "link"]


def _host_zone(series: Series, coming: Sequence[Event]) -> str:
    if series.rules:
        return series.rules[-1].zone
    return coming[0].zone if coming else series.community.zone


def _goes_on(series: Series) -> bool:
    """Tell whether the rule makes dates without an end."""
    if not series.rules or series.status != "published" or series.rules[-1].until_at is not None:
        return False
    rule = Rule.parse(series.rules[-1].rule)
    return rule.count is None and rule.until is None


def _last(coming: Sequence[Event], over: Sequence[Event]) -> Event | None:
    """Give the date just before the first that is to come, if the same rule made both and none is missing between."""
    if (
        len(coming) < 2
        or not over
        or over[0].series_rule_id is None
        or over[0].series_rule_id != coming[0].series_rule_id
    ):
        return None
    longest = max(new.starts_at - old.starts_at for old, new in pairwise(coming))
    return over[0] if coming[0].starts_at - over[0].starts_at < longest * 1.5 else None


def _every(coming: Sequence[Event], now: datetime) -> Event | None:
    """Give the next date whose form takes registrations for every date."""
    return next((one for one in coming if one.series_rule_id is not None and door(one, now) is Door.OPEN), None)
