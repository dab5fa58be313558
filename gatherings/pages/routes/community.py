"""A community's page."""

from flask import Response

from gatherings.core.clock import utc_now
from gatherings.db.session import current_session
from gatherings.events import queries as events
from gatherings.events.queries import Moved
from gatherings.pages import community_queries, queries, rules
from gatherings.pages.routes.blueprint import bp
from gatherings.pages.routes.shared import moved_to, series_words
from gatherings.pages.subscribing import feed_of
from gatherings.web.answers import answer
from gatherings.web.cache import kept
from gatherings.web.markdown import render
from gatherings.web.requests import absolute
from gatherings.web.rights import public
from gatherings.web.visitor import checked_slug, visitor_zone


@bp.get("/communities/<slug>")
@public
@kept(events.public_stamp, events.next_boundary)
def community(slug: str) -> Response:
    """Show a community: who they are, series, what is coming, past editions and gatherings, its feed."""
    session, now, zone = current_session(), utc_now(), visitor_zone()
    found = queries.get_community(session, checked_slug(slug))
    if isinstance(found, Moved):
        return moved_to(f"/communities/{found.slug}")
    listed = community_queries.list_of_community(session, found.id, found.zone, now)
    feed = f"/communities/{found.slug}/calendar.ics"
    return answer(
        "pages/community.html",
        "pages/_community.html",
        community=found,
        community_shown=found.id,
        about=render(found.about) if found.about else None,
        code=render(found.code_of_kindness) if found.code_of_kindness else None,
        listed=listed,
        series=[(one, series_words(one), following) for one, following in listed.series],
        now=now,
        zone=zone,
        days=rules.by_day(listed.coming, zone, now),
        here=f"/communities/{found.slug}",
        feed=feed_of(feed, absolute(feed), found.name),
    )
