"""An event's page with its form, and its pieces on a visitor's own clock."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import Response, make_response, render_template

from gatherings import ics
from gatherings.core.clock import utc_now
from gatherings.db.session import current_session
from gatherings.events import queries as events
from gatherings.events.models import Event
from gatherings.events.queries import Moved
from gatherings.events.rules import Door, door
from gatherings.invites.rules import public_entry
from gatherings.pages import queries
from gatherings.pages.routes.blueprint import bp
from gatherings.pages.routes.shared import moved_to
from gatherings.registration.forms import register_form
from gatherings.web.answers import answer
from gatherings.web.cache import kept
from gatherings.web.markdown import render
from gatherings.web.requests import settings
from gatherings.web.rights import public
from gatherings.web.visitor import checked_slug, visitor_zone


@bp.get("/events/<slug>")
@public
@kept(events.public_stamp, events.next_boundary)
def event(slug: str) -> Response:
    """Show an event with all that belongs to it, and the form to register."""
    session, now, zone = current_session(), utc_now(), visitor_zone()
    found = events.get_event_page(session, checked_slug(slug))
    if isinstance(found, Moved):
        return moved_to(f"/events/{found.slug}")
    opens = door(found, now)
    form = None
    if opens in (Door.OPEN, Door.NOT_YET, Door.CLOSED) and not found.approximate:
        form = register_form(session, found, zone)
    response = answer(
        "pages/event.html",
        event=found,
        community=found.community,
        about=render(found.about) if found.about else None,
        speakers=[(one, render(one.about) if one.about else None) for one in found.speakers],
        below=queries.list_gatherings_below(session, found),
        part_of=_open_to(found, found.series),
        umbrella=_open_to(found, found.umbrella),
        form=form,
        registering=form is not None and opens is Door.OPEN,
        calendars=_calendar_links(found, now),
        now=now,
        zone=zone,
        over=found.ends_at <= now,
    )
    if found.listing == "link":
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _open_to(event: Event, above: Any) -> Any:
    """Give what an event belongs to, unless the link to it would show what is not for everybody."""
    if above is None or above.status == "draft":
        return None
    return above if above.listing == "public" or event.listing == "link" else None


def _calendar_links(event: Event, now: datetime) -> dict[str, str] | None:
    if event.approximate or event.status == "cancelled" or event.ends_at <= now:
        return None
    entry = public_entry(event, settings().base_url)
    what = (entry.summary, entry.starts_local, entry.ends_local, entry.zone)
    links = _links(*what, entry.all_day, entry.description, entry.location)
    return {"file": f"/events/{event.slug}/event.ics", **links}


@lru_cache(maxsize=512)
def _links(
    title: str, starts: datetime, ends: datetime, zone: str, all_day: bool, details: str, location: str
) -> dict[str, str]:
    what = (title, starts, ends, zone)
    told: dict[str, Any] = {"all_day": all_day, "details": details, "location": location}
    return {
        "google": ics.google_link(*what, **told),
        "outlook": ics.outlook_link(*what, **told),
        "office": ics.outlook_link(*what, **told, host="outlook.office.com"),
    }


@bp.get("/events/<slug>/when")
@public
def when_fragment(slug: str) -> Response:
    """Give an event's times on the clock of `?zone=`, for the page whose visitor's zone was not known."""
    found = queries.get_times(current_session(), checked_slug(slug))
    zone = visitor_zone()
    return make_response(render_template("pages/_when.html", event=found, zone=zone, now=utc_now()))


@bp.get("/events/<slug>/below")
@public
def below_fragment(slug: str) -> Response:
    """Give the gatherings under an umbrella with their times on the clock of `?zone=`."""
    session = current_session()
    below = queries.list_gatherings_below(session, events.get_event(session, checked_slug(slug)))
    return make_response(render_template("pages/_below.html", below=below, zone=visitor_zone(), now=utc_now()))
