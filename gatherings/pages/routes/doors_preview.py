"""The picture shown where a calendar of doors is shared: doors and its title, and nothing of what is behind them."""

from flask import Response

from gatherings.core.clock import utc_now
from gatherings.db.session import current_session
from gatherings.doors.queries import Moved, days_of, get_public
from gatherings.doors.showing import span_words
from gatherings.pages import faces
from gatherings.pages.routes.blueprint import bp
from gatherings.pages.routes.covers import preview
from gatherings.pages.routes.shared import moved_to
from gatherings.web.rights import public
from gatherings.web.visitor import checked_slug


@bp.get("/events/<slug>/doors/preview.png")
@public
def doors_preview(slug: str) -> Response:
    """Give the preview of a calendar: the same on every day."""
    found = get_public(current_session(), checked_slug(slug))
    if isinstance(found, Moved):
        return moved_to(f"/events/{found.slug}/doors/preview.png")
    community = found.event.community
    # "doors" in the name is what chooses this drawing (core/covers.py).
    face = faces.Face("event", f"doors-of-{slug}", community.accent, community.slug)
    return preview(face, found.title or found.event.title, span_words(days_of(found), utc_now()), community.name)
