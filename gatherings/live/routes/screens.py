"""The screens of the run of show: for everybody, for the stage, for one presenter. What they poll is tiny and kept."""

from functools import partial
from time import monotonic
from typing import Any

from flask import Response, current_app, make_response, redirect

from gatherings.accounts.links import wrong_links_counted
from gatherings.core.clock import utc_now
from gatherings.core.errors import NotFound
from gatherings.db import current_session
from gatherings.events.queries import Moved, get_event_for_form
from gatherings.live import kept
from gatherings.live.own import Whose, whose_screen
from gatherings.live.routes.blueprint import bp
from gatherings.live.routes.showing import render
from gatherings.live.rules.turns import turn_of
from gatherings.web.rights import by_link, claim_of, public
from gatherings.web.visitor import checked_slug, visitor_zone

_WHOSE_KEPT = 20.0  # seconds for which it is not asked again whose a presenter's link is
_MOST = 500  # links that are kept at once


@bp.get("/events/<slug>/live")
@public
def live(slug: str) -> Response:
    """Show what is on, what comes next, and when everything else is expected; on the reader's clock."""
    known = _known_or_moved(slug, "live")
    return _page("live/live.html", known, visitor_zone()) if isinstance(known, kept.Known) else known


@bp.get("/events/<slug>/live/now")
@public
def live_now(slug: str) -> Response:
    """Give the piece of that screen which moves; asked for every two seconds."""
    known, zone = _known(slug), visitor_zone()
    return kept.answer(known, ("audience", zone), partial(render, "live/_now.html", known, zone, still=True))


@bp.get("/events/<slug>/live/stage")
@public
def stage(slug: str) -> Response:
    """Show a clock that one reads from ten metres, for a screen in the room or beside the camera."""
    known = _known_or_moved(slug, "live/stage")
    return _page("live/stage.html", known, None) if isinstance(known, kept.Known) else known


@bp.get("/events/<slug>/live/stage/now")
@public
def stage_now(slug: str) -> Response:
    """Give the piece of the stage's screen which moves."""
    known = _known(slug)
    return kept.answer(known, "stage", partial(render, "live/_stage.html", known, None, still=True))


@bp.get("/submissions/<token>/live")
@by_link("submission", "co-presenter")
def own_live(token: str) -> Response:
    """Show a presenter their own clock: how long until them, who comes before, and then their three minutes."""
    whose = _whose(token)
    known = _known(whose.slug)
    return _page("live/own.html", known, whose.zone, **_own(known, whose, token))


@bp.get("/submissions/<token>/live/now")
@by_link("submission", "co-presenter")
def own_live_now(token: str) -> Response:
    """Give the piece of a presenter's screen which moves."""
    whose = _whose(token)
    known = _known(whose.slug)
    made = partial(render, "live/_own.html", known, whose.zone, still=True, **_own(known, whose, token))
    return kept.answer(known, ("own", token, whose.zone), made)


def _known(slug: str) -> kept.Known:
    known = kept.shown(checked_slug(slug), utc_now())
    if known is None or known.event.published_at is None or known.event.status == "draft":
        raise NotFound()
    return known


def _known_or_moved(slug: str, page: str) -> kept.Known | Response:
    """Give what a page shows, or lead to where it is now from an event's old slug."""
    try:
        return _known(slug)
    except NotFound:
        found = get_event_for_form(current_session(), checked_slug(slug))
        if not isinstance(found, Moved):
            raise
        return make_response(redirect(f"/events/{found.slug}/{page}", code=301))


def _page(template: str, known: kept.Known, zone: str | None, **more: Any) -> Response:
    response = kept.tell_time(make_response(render(template, known, zone, still=False, **more)))
    response.headers["X-Robots-Tag"] = "noindex"  # true for a second
    return response


def _whose(token: str) -> Whose:
    """Give whose screen a link opens; read again after some seconds, for a screen asks every two."""
    seen: dict[str, tuple[float, Whose]] = current_app.extensions.setdefault("gatherings.live.own", {})
    read_at, whose = seen.get(token, (0.0, None))
    if whose is not None and monotonic() - read_at < _WHOSE_KEPT:
        return whose
    with wrong_links_counted():
        purpose, claim = claim_of(token, "submission", "co-presenter")
        whose = whose_screen(current_session(), purpose, claim)
    if len(seen) >= _MOST:
        seen.clear()
    seen[token] = (monotonic(), whose)
    return whose


def _own(known: kept.Known, whose: Whose, token: str) -> dict[str, Any]:
    turn = turn_of(known.board, whose.submission_id, over=known.over)
    return {"turn": turn, "path": f"/submissions/{token}"}
