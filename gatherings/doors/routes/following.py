"""Asking for each door by mail: the form, and the same answer for everybody."""

from typing import Any

from flask import Response

from gatherings.core.clock import utc_now
from gatherings.db import current_session, transact
from gatherings.doors.actions.following import ask
from gatherings.doors.forms import FollowForm, follow_form
from gatherings.doors.models import DoorCalendar
from gatherings.doors.queries import Moved, get_public, goes_on
from gatherings.doors.routes.blueprint import bp, closed, moved_to
from gatherings.web.answers import answer, go
from gatherings.web.requests import asking_network, settings
from gatherings.web.rights import public
from gatherings.web.visitor import checked_slug, visitor_zone


@bp.route("/events/<slug>/doors/follow", methods=["GET", "POST"])
@public
def follow(slug: str) -> Response:
    """Show the form alone, or take it: a link is mailed, and nothing else is sent before it is used."""
    found = get_public(current_session(), checked_slug(slug))
    if isinstance(found, Moved):
        return moved_to(f"/events/{found.slug}/doors/follow")
    if not goes_on(found):
        return closed(found)
    zone = visitor_zone() or found.zone
    form = follow_form(zone, read=True)
    if not form.is_submitted():
        return _form(form, found)
    if not form.caught:
        if not form.validate():
            return _form(form, found, status=422)
        transact(
            ask, found.id, form.wish(), settings().site,
            now=utc_now(), network=asking_network(), network_limit=settings().network_limit,
        )  # fmt: skip
    return go(f"/events/{slug}/doors/asked")


@bp.get("/events/<slug>/doors/asked")
@public
def asked(slug: str) -> Response:
    """Say what comes next: the same for everybody, nothing personal in it."""
    found = get_public(current_session(), checked_slug(slug))
    if isinstance(found, Moved):
        return moved_to(f"/events/{found.slug}/doors/asked")
    if not goes_on(found):
        return closed(found)
    return answer("doors/asked.html", **_values(found))


def _form(form: FollowForm, found: DoorCalendar, *, status: int = 200) -> Response:
    return answer("doors/follow.html", status=status, form=form, zone=visitor_zone(), **_values(found))


def _values(found: DoorCalendar) -> dict[str, Any]:
    event = found.event
    title = found.title or event.title
    return {"event": event, "community": event.community, "title": title, "path": f"/events/{event.slug}/doors"}
