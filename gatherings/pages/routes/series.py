"""A series' page: the year on one's own clock."""

from flask import Response

from gatherings.core.clock import utc_now
from gatherings.db.session import current_session
from gatherings.events import queries as events
from gatherings.events.models import Event, Series
from gatherings.events.queries import Moved
from gatherings.pages import rules
from gatherings.pages.routes.blueprint import bp
from gatherings.pages.routes.shared import feed_links, moved_to, series_words
from gatherings.web.answers import answer
from gatherings.web.cache import kept
from gatherings.web.markdown import render
from gatherings.web.rights import public
from gatherings.web.visitor import checked_slug, visitor_zone

SHOWN_DATES = 12


@bp.get("/series/<slug>")
@public
@kept(events.public_stamp, events.next_boundary)
def series(slug: str) -> Response:
    """Show a series: its coming dates on both clocks, the months whose hour moves, past dates or editions."""
    session, now, zone = current_session(), utc_now(), visitor_zone()
    found = events.get_series_page(session, checked_slug(slug))
    if isinstance(found, Moved):
        return moved_to(f"/series/{found.slug}")
    coming = _shown(found, events.list_dates(session, found.id, since=now, limit=SHOWN_DATES))
    past = _shown(found, events.list_past_dates(session, found.id, now=now))
    return answer(
        "pages/series.html",
        "pages/_dates.html",
        series=found,
        about=render(found.about) if found.about else None,
        rule_words=series_words(found),
        dates=rules.with_moves(coming, zone),
        editions=[event for event in past if event.edition_year is not None],
        past=[event for event in past if event.edition_year is None],
        now=now,
        zone=zone,
        host_zone=found.rules[-1].zone if found.rules else found.community.zone,
        here=f"/series/{found.slug}",
        feed=feed_links(f"/series/{found.slug}/calendar.ics"),
    )


def _shown(series: Series, dates: list[Event]) -> list[Event]:
    """Leave out what is shown by its link alone, unless the series itself is."""
    return [event for event in dates if event.listing == "public" or series.listing == "link"]
