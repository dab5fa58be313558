"""What is coming: the site's first page."""

from urllib.parse import urlencode

from flask import Response, request

from gatherings.core.clock import utc_now
from gatherings.db.session import current_session
from gatherings.events import queries as events
from gatherings.events.models import MODES
from gatherings.pages import queries, rules
from gatherings.pages.routes.blueprint import bp
from gatherings.web.answers import answer
from gatherings.web.cache import kept
from gatherings.web.rights import public
from gatherings.web.visitor import visitor_zone

PER_PAGE = 50
_MODE_IN_URL = {mode.replace(" ", "-"): mode for mode in MODES}


@bp.get("/")
@public
@kept(events.public_stamp, events.next_boundary)
def listing() -> Response:
    """Show what is coming, filtered by the address alone; nonsense in it is ignored."""
    session, now, zone = current_session(), utc_now(), visitor_zone()
    asked = {name: _clean(request.args.get(name)) for name in ("community", "mode", "month", "q", "after")}
    communities = queries.list_communities(session)
    community = next((one for one in communities if one.slug == asked["community"]), None)
    mode = _MODE_IN_URL.get(asked["mode"])
    between = rules.month_bounds(asked["month"], zone or "UTC") if asked["month"] else None
    after = queries.find_place_in_list(session, asked["after"]) if asked["after"] else None
    found = events.list_coming(
        session,
        now,
        community_id=community.id if community else None,
        mode=mode,
        words=asked["q"] or None,
        between=between,
        limit=PER_PAGE + 1,
        after=after,
    )
    shown = found[:PER_PAGE]
    chosen = {
        "community": community.slug if community else "",
        "mode": asked["mode"] if mode else "",
        "month": asked["month"] if between else "",
        "q": asked["q"],
    }
    return answer(
        "pages/listing.html",
        "pages/_events.html",
        now=now,
        zone=zone,
        days=rules.by_day(shown, zone, now),
        later=shown[-1].slug if len(found) > PER_PAGE else None,
        chosen={name: value for name, value in chosen.items() if value},
        first=after is None,
        here="/",
        communities=communities,
        months=rules.months_from(now.date()),
        community_shown=None,
        query=urlencode({name: value for name, value in asked.items() if value}),
    )


def _clean(text: str | None) -> str:
    return "".join(char for char in (text or "")[:100] if char.isprintable()).strip()
