"""The visitor's zone: as asked for in the address, or as they once chose; never guessed on the server."""

from flask import Response, request

from gatherings.core import zones
from gatherings.web.requests import settings

COOKIE = "zone"
_YEAR = 365 * 24 * 3600


def visitor_zone() -> str | None:
    """Give the visitor's zone in the one spelling that is stored: `?zone=` first, else the cookie; None if unknown."""
    asked = request.args.get("zone")
    if asked:
        found = zones.canonical(asked)
        if found is not None:
            return found
    return zones.canonical(request.cookies.get(COOKIE))


def keep_zone(response: Response, zone: str) -> None:
    """Remember a zone that somebody chose, for a year; the only cookie that a visitor can get."""
    response.set_cookie(COOKIE, zone, max_age=_YEAR, path="/", httponly=True, samesite="Lax", secure=settings().https)


def own_path(text: str | None) -> str:
    """Give a path of our own to go on to, or "/" for anything that leads elsewhere or cannot be read."""
    if not text or len(text) > 500 or not text.startswith("/") or text.startswith(("//", "/\\")):
        return "/"
    return text if text.isprintable() and text.isascii() and "\\" not in text else "/"
