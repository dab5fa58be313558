"""Who is signed in: asked by the screens of organisers alone; nobody else has a session (design README 3)."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from flask import Response, current_app, g, make_response, redirect, request

from gatherings.accounts.models import SignIn
from gatherings.accounts.queries import find_sign_in
from gatherings.core.clock import utc_now
from gatherings.db import current_session
from gatherings.web.answers import go, wants_fragment
from gatherings.web.requests import settings

FRESH = timedelta(hours=1)  # what is delicate asks for a younger proof of the address (design README 12)


def cookie_name() -> str:
    """Name the cookie of a session; over TLS with the prefix that binds it to this very host."""
    return "__Host-organiser" if settings().https else "organiser"


def signed_in() -> SignIn | None:
    """Give the session that this request comes with, its person loaded, or None; asked once for each request."""
    if "sign_in" not in g:
        secret = request.cookies.get(cookie_name(), "")
        g.sign_in = find_sign_in(current_session(), secret, now=utc_now()) if secret else None
    found: SignIn | None = g.sign_in
    return found


def organiser() -> Any:
    """Give the person who is signed in; only for views behind a guard."""
    sign_in = signed_in()
    assert sign_in is not None
    return sign_in.person


def is_fresh(sign_in: SignIn) -> bool:
    """Tell whether somebody proved less than an hour ago that their address is theirs."""
    return utc_now() - sign_in.confirmed_at < FRESH


def keep_private() -> None:
    """Keep the answer to this request out of every cache; call before anything is refused."""
    g.private = True


def check_token() -> None:
    """Check the token of a form on a signed-in screen (design README 2); raises CSRFError, a 400."""
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        current_app.extensions["csrf"].protect()


def ask_to_sign_in(*, again: bool = False) -> Response:
    """Lead to the page where one signs in, or proves once more who one is, and back here afterwards."""
    back = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else _came_from()
    path = "/sign-in/again" if again else "/sign-in"
    target = f"{path}?next={quote(back, safe='/')}"
    if wants_fragment():
        return go(target)
    return make_response(redirect(target, code=303 if request.method == "POST" else 302))


def _came_from() -> str:
    base = settings().base_url
    referrer = request.referrer or ""
    return referrer.removeprefix(base) if referrer.startswith(base + "/") else "/organise"
