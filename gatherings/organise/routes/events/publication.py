"""Preview, publish, unpublish, cancel: what each means is said before it happens."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, make_response

from gatherings.core import covers
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.organise.access import may, may_here, organiser
from gatherings.organise.routes.blueprint import bp
from gatherings.payments.actions.giving_all import count_open
from gatherings.planning.actions.publication import cancel_event, publish, unpublish
from gatherings.planning.queries.events import count_told, editable, has_below
from gatherings.web.answers import answer, go
from gatherings.web.headers import CONTENT_SECURITY_POLICY
from gatherings.web.i18n import words
from gatherings.web.requests import settings
from gatherings.web.visitor import visitor_zone


@bp.get("/events/<event>/preview")
@may("edit")
def event_preview(event: Event) -> Response:
    """Show an event's page as everybody will see it; never kept, and nothing on it can be pressed."""
    found = editable(current_session(), event.id)
    values: dict[str, Any] = current_app.extensions["gatherings.event_page"](found, utc_now(), visitor_zone())
    return answer("organise/event_preview.html", **values)


@bp.get("/events/<event>/cover.svg")
@may("edit")
def event_draft_cover(event: Event) -> Response:
    """Draw the cover of an event that nobody else sees yet."""
    svg = covers.cover("event", event.slug, event.community.accent, event.community.slug)
    response = make_response(svg)
    response.content_type = "image/svg+xml"
    digest = base64.b64encode(hashlib.sha256(covers.style_of(svg).encode()).digest()).decode()
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace(
        "style-src 'self'", f"style-src 'sha256-{digest}'"
    )
    return response


@bp.post("/events/<event>/publish")
@may("edit")
def publish_event(event: Event) -> Response:
    """Let everybody see an event."""
    return _done(publish, event, "published" if event.status == "draft" else "back")


@bp.post("/events/<event>/unpublish")
@may("edit")
def unpublish_event(event: Event) -> Response:
    """Make an event a draft again, where nobody is registered."""
    return _done(unpublish, event, "draft")


@bp.get("/events/<event>/cancel")
@may("edit")
def ask_cancel(event: Event) -> Response:
    """Say what cancelling means, and ask."""
    return _ask(event.id)


@bp.post("/events/<event>/cancel")
@may("edit")
def cancel_it(event: Event) -> Response:
    """Call an event off."""
    return _done(cancel_event, event, "cancelled")


def _ask(event_id: int, refusal: str = "", status: int = 200) -> Response:
    session = current_session()
    found = editable(session, event_id)
    return answer(
        "organise/event_cancel.html",
        event=found,
        community=found.community,
        people=count_told(session, event_id),
        below=has_below(session, event_id),
        money_in=count_open(session, event_id) > 0,
        over=found.ends_at <= utc_now(),
        refusal=refusal,
        status=status,
    )


def _done(action: Callable[..., str], event: Event, said: str) -> Response:
    event_id, by = event.id, organiser().id
    try:
        slug = transact(action, event_id, by=by, site=settings().site, now=utc_now())
    except Conflict as refusal:
        return _ask(event_id, words(refusal.sentence), 409)
    if said == "cancelled" and may_here("money") and count_open(current_session(), event_id):
        return go(f"/organise/events/{slug}/everybody-back")
    return go(f"/organise/events/{slug}?done={said}")
