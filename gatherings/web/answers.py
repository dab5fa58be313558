"""Page or fragment: the one place that decides."""

from typing import Any

from flask import Response, make_response, redirect, render_template
from htmx_flask import request


def wants_fragment() -> bool:
    """Tell whether htmx asked for a piece of a page (and not a boosted or restored whole one)."""
    htmx = request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def answer(page: str, fragment: str | None = None, *, status: int = 200, **values: Any) -> Response:
    """Render the fragment for htmx, the page for everybody else; caches are told the difference."""
    template = fragment if fragment and wants_fragment() else page
    response = make_response(render_template(template, **values), status)
    response.vary.add("HX-Request")
    return response


def go(url: str) -> Response:
    """Send the browser on after a press: 303, or HX-Redirect under htmx (only to our own paths)."""
    if not url.startswith("/") or url.startswith(("//", "/\\")):
        raise ValueError("only paths of our own")
    if request.htmx:
        response = make_response("", 200)
        response.headers["HX-Redirect"] = url
        return response
    made = redirect(url, code=303)
    return make_response(made)
