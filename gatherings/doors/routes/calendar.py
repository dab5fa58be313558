"""The calendar of doors and each door's own page. Nothing of a closed door is in any of them."""

from typing import Any

from flask import Response

from gatherings.core.clock import utc_now
from gatherings.core.errors import NotFound
from gatherings.db import current_session
from gatherings.doors.forms import follow_form
from gatherings.doors.models import DoorCalendar
from gatherings.doors.queries import Moved, days_of, get_public, goes_on
from gatherings.doors.routes.blueprint import bp, closed, moved_to, next_door
from gatherings.doors.showing import DoorView, beside, opens_words, show, values_of
from gatherings.events.queries import public_stamp
from gatherings.web.answers import answer
from gatherings.web.cache import kept
from gatherings.web.markdown import plain, render
from gatherings.web.rights import public
from gatherings.web.visitor import checked_slug, visitor_zone


@bp.get("/events/<slug>/doors")
@public
@kept(public_stamp, next_door)
def calendar(slug: str) -> Response:
    """Show the house with all its doors; those that are open with what is behind them."""
    now, zone = utc_now(), visitor_zone()
    found = get_public(current_session(), checked_slug(slug))
    if isinstance(found, Moved):
        return moved_to(f"/events/{found.slug}/doors")
    if not goes_on(found):
        return closed(found)
    path = f"/events/{slug}/doors"
    shown = show(found, now, zone)
    intro = found.intro or found.event.summary
    response = answer(
        "doors/calendar.html",
        "doors/_calendar.html",
        **values_of(shown, found, now, zone),
        path=path,
        intro=render(found.intro) if found.intro else None,
        form=follow_form(zone or found.zone, read=False),
        head=_head(found, path, shown.title, plain(intro)),
        feed_path=feed_path(found, zone),
    )
    return _listed(found, response)


@bp.get("/events/<slug>/doors/<int:number>")
@public
@kept(public_stamp, next_door)
def door(slug: str, number: int) -> Response:
    """Show one door: what is behind it, or when it opens."""
    now, zone = utc_now(), visitor_zone()
    found = get_public(current_session(), checked_slug(slug))
    if isinstance(found, Moved):
        return moved_to(f"/events/{found.slug}/doors/{number}")
    if not 1 <= number <= len(found.doors):
        raise NotFound()
    if not goes_on(found):
        return closed(found)
    shown = show(found, now, zone)
    one = shown.doors[number - 1]
    path = f"/events/{slug}/doors"
    text = plain(one.thing.body) or one.thing.about if one.thing is not None else ""
    response = answer(
        "doors/door.html",
        "doors/_door.html",
        **values_of(shown, found, now, zone) | {"opens": opens_words(days_of(found), number, now, zone)},
        path=path,
        door=one,
        **beside(shown.doors, number),
        body=render(one.thing.body) if one.thing is not None and one.thing.body else None,
        head=_head(found, f"{path}/{number}", _title(one, shown.title), text),
    )
    return _listed(found, response)


def feed_path(found: DoorCalendar, zone: str | None) -> str:
    """Give the feed's address; where doors open at one's own midnight it says on whose clock."""
    path = f"/events/{found.event.slug}/doors.ics"
    return f"{path}?zone={zone}" if found.opening == "viewer" and zone else path


def _title(one: DoorView, title: str) -> str:
    return f"{one.title} · {title}" if one.thing is not None and one.thing.title else f"{one.called} · {title}"


def _head(found: DoorCalendar, path: str, title: str, text: str) -> dict[str, Any]:
    """Give what the page tells programs; the picture shows doors, and nothing of what is behind them."""
    line = " ".join(text.split())
    return {
        "path": path,
        "title": title,
        "description": line if len(line) <= 300 else line[:299].rsplit(" ", 1)[0] + "…",
        "picture": f"/events/{found.event.slug}/doors/preview.png",
        "kind": "article",
        "feed": (f"/events/{found.event.slug}/doors.ics", title),
        "data": None,
    }


def _listed(found: DoorCalendar, response: Response) -> Response:
    if found.event.listing == "link":
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
