"""Which pages there are for everybody."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.communities.models import Community
from gatherings.events.models import Event, Series

MOST = 50_000  # of one file: sitemaps.org
_FIXED = ("/", "/zones", "/privacy")


def list_pages(session: Session, now: datetime) -> list[tuple[str, datetime | None]]:
    """List the paths of all public pages with the instant (UTC) of their last change where one is known.

    The newest events come first, so that a file that is full lacks the oldest; three queries.
    """
    pages: list[tuple[str, datetime | None]] = [(path, None) for path in _FIXED]
    pages += [(f"/communities/{slug}", None) for slug in session.scalars(select(Community.slug).order_by(Community.id))]
    public = select(Series.slug, Series.changed_at).where(Series.listing == "public", Series.status != "draft")
    pages += [(f"/series/{slug}", changed) for slug, changed in session.execute(public.order_by(Series.id))]
    shown = (
        select(Event.slug, Event.changed_at)
        .where(Event.listing == "public", Event.status != "draft")
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(MOST - len(pages))
    )
    pages += [(f"/events/{slug}", changed) for slug, changed in session.execute(shown)]
    return pages
