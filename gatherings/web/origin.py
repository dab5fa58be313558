"""Who may send us a form: only our own pages (design README 2)."""

from flask import Flask, current_app, request

from gatherings.core.errors import NotAllowed
from gatherings.core.words import say
from gatherings.web.rights import right_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def check_origin() -> None:
    """Refuse a writing request that another site caused.

    Browsers of the last years send `Sec-Fetch-Site` (over https and on localhost); for the others `Origin` must be
    BASE_URL's. Neither present: refused, in words. No cookie, session or token is needed for this.
    """
    if request.method not in SAFE and right_of(current_app, request.endpoint) != "machine":
        refuse_other_sites()


def refuse_other_sites() -> None:
    """Refuse this request unless one of our own pages caused it; a machine's view asks this where a person presses."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        allowed = fetch_site == "same-origin"
    else:
        allowed = request.headers.get("Origin") == current_app.config["GATHERINGS"].base_url
    if not allowed:
        raise NotAllowed(
            say(
                "Your browser did not say that this form comes from our own page, so nothing was changed. "
                "Please open the page again and press the button there."
            )
        )


def init_origin(app: Flask) -> None:
    """Check every request's origin before its view."""
    app.before_request(check_origin)
