"""What visitors bring: their zone (asked for in the address or once chosen, never guessed here), and addresses."""

import re

from flask import Response, request

from gatherings.core import zones
from gatherings.core.errors import NotFound
from gatherings.web.requests import settings

COOKIE = "zone"
HEADER = "X-Visitor-Zone"  # what static/app.js adds to htmx's requests where nothing was chosen
_YEAR = 365 * 24 * 3600
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


def visitor_zone() -> str | None:
    """Give the visitor's zone in the one spelling that is stored; None if unknown.

    `?zone=` first, else the cookie of whoever chose one, else what a script of ours read from the browser.
    """
    for asked in (request.args.get("zone"), request.cookies.get(COOKIE), request.headers.get(HEADER)):
        found = zones.canonical(asked) if asked else None
        if found is not None:
            return found
    return None


def keep_zone(response: Response, zone: str) -> None:
    """Remember a zone that somebody chose, for a year; the only cookie that a visitor can get."""
    response.set_cookie(COOKIE, zone, max_age=_YEAR, path="/", httponly=True, samesite="Lax", secure=settings().https)


def own_path(text: str | None) -> str:
    """Give a path of our own to go on to, or "/" for anything that leads elsewhere or cannot be read."""
    if not text or len(text) > 500 or not text.startswith("/") or text.startswith(("//", "/\\")):
        return "/"
    return text if text.isprintable() and text.isascii() and "\\" not in text else "/"


def checked_slug(slug: str) -> str:
    """Give the slug of an address if it could be one; raises NotFound before a database sees what it may choke on."""
    if _SLUG.fullmatch(slug) is None:
        raise NotFound()
    return slug
