"""For programs: what pages tell about themselves, the list of all pages, whom to ask about a hole."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from flask import Response, make_response

from gatherings.core.clock import utc_now
from gatherings.core.money import plain as amount
from gatherings.db.session import current_session
from gatherings.events import queries as events
from gatherings.pages import machines, rules, sitemap
from gatherings.pages.routes.blueprint import bp
from gatherings.web.cache import kept
from gatherings.web.i18n import gettext as _
from gatherings.web.markdown import plain
from gatherings.web.requests import absolute, settings
from gatherings.web.rights import public


@bp.app_template_global("event_head")
def event_head(event: Any, form: Any = None) -> machines.Head:
    """Describe an event's page for programs, with the tickets that stand on its form."""
    text = "" if event.summary or not event.about else plain(event.about)
    picture = f"/events/{event.slug}/preview.png"
    tickets = _tickets(form) if form is not None and form.sells else None
    return machines.event_head(event, base_url=settings().base_url, picture=picture, text=text, tickets=tickets)


def _tickets(form: Any) -> list[machines.Ticket]:
    """Give what everybody may see of a form's kinds; nothing while nothing is sold."""
    if form.closed_words:
        return []
    return [
        machines.Ticket(choice.kind.name, amount(choice.lowest, form.currency), form.currency, choice.state)
        for choice in form.choices
        if not (choice.kind.hidden or choice.kind.by_application)
    ]


@bp.app_template_global("series_head")
def series_head(series: Any) -> machines.Head:
    """Describe a series' page for programs."""
    path = f"/series/{series.slug}"
    data = machines.series_data(series, base_url=settings().base_url) if series.listing == "public" else None
    description = machines.short(series.summary or (plain(series.about) if series.about else ""))
    feed = (f"{path}/calendar.ics", series.title)
    return machines.Head(path, series.title, description, f"{path}/preview.png", feed=feed, data=data)


@bp.app_template_global("community_head")
def community_head(community: Any) -> machines.Head:
    """Describe a community's page for programs."""
    path = f"/communities/{community.slug}"
    website = rules.web_link(community.website)
    data = machines.community_data(community, base_url=settings().base_url, website=website)
    description = machines.short(community.tagline or (plain(community.about) if community.about else ""))
    feed = (f"{path}/calendar.ics", community.name)
    return machines.Head(path, community.name, description, f"{path}/preview.png", feed=feed, data=data)


@bp.app_template_global("site_head")
def site_head() -> machines.Head:
    """Describe the site's first page for programs; what is filtered there is the same page to them."""
    return machines.Head(
        "/", _("What is coming"), _("Gatherings across time zones, told on your own clock."), "/preview.png"
    )


@bp.get("/sitemap.xml")
@public
@kept(events.public_stamp, events.next_boundary)
def site_map() -> Response:
    """List every page that is for everybody, with the day of its last change (sitemaps.org, at most 50,000)."""
    response = make_response("".join(_lines(sitemap.list_pages(current_session(), utc_now()))))
    response.content_type = "application/xml; charset=utf-8"
    return response


def _lines(pages: list[tuple[str, datetime | None]]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    for path, changed_at in pages:
        day = f"<lastmod>{changed_at.astimezone(UTC):%Y-%m-%d}</lastmod>" if changed_at else ""
        yield f"<url><loc>{escape(absolute(path))}</loc>{day}</url>\n"
    yield "</urlset>\n"
