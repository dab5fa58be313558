"""The two cookies of organisers: the session's, and that of a browser which asked to sign in."""

from datetime import timedelta

from flask import Response, request, session

from gatherings.accounts.browsers import browser_of
from gatherings.accounts.guard import cookie_name, stored_of
from gatherings.accounts.rules import SESSION_LIFE
from gatherings.core.tokens import digest, new_secret
from gatherings.web.i18n import gettext as _
from gatherings.web.requests import settings

_ASKING_LIFE = timedelta(minutes=30)


def keep_session(response: Response, secret: str) -> None:
    """Give the browser its session."""
    _set(response, cookie_name(), secret, SESSION_LIFE)
    response.delete_cookie(_asking_name(), path="/", secure=settings().https, httponly=True, samesite="Lax")


def drop_session(response: Response) -> None:
    """Take the session out of the browser, and what its forms were known by."""
    session.clear()
    response.delete_cookie(cookie_name(), path="/", secure=settings().https, httponly=True, samesite="Lax")


def present_session() -> str:
    """Give what is stored of the session that the browser comes with; empty for none."""
    secret = request.cookies.get(cookie_name(), "")
    return stored_of(secret) if secret else ""


def keep_asking(response: Response) -> str:
    """Mark the browser as the one that asks, anew each time; give what is stored of it."""
    secret = new_secret()
    _set(response, _asking_name(), secret, _ASKING_LIFE)
    return digest(secret)


def present_asking() -> str:
    """Give what is stored of the browser that asked; empty for one that did not."""
    secret = request.cookies.get(_asking_name(), "")
    return digest(secret) if secret else ""


def browser_words() -> str:
    """Name the browser of this request: "Firefox on Windows"."""
    browser, system = browser_of(request.user_agent.string)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("A browser")


def _asking_name() -> str:
    return "__Host-asking" if settings().https else "asking"


def _set(response: Response, name: str, value: str, life: timedelta) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(life.total_seconds()),
        path="/",
        httponly=True,
        samesite="Lax",
        secure=settings().https,
    )
