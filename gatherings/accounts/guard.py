"""Who is signed in: asked by the screens of organisers alone; nobody else has a session (design README 3)."""

from contextlib import suppress
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import quote

from flask import Response, current_app, g, make_response, redirect, request
from sqlalchemy import inspect

from gatherings.accounts.actions.signing_in import SEEN_EVERY, note_seen
from gatherings.accounts.models import SignIn
from gatherings.accounts.queries import find_sign_in
from gatherings.core.clock import utc_now
from gatherings.core.errors import Busy, NotFound, SignInFirst
from gatherings.core.tokens import keyed_digest
from gatherings.core.words import say
from gatherings.db import current_session, transact
from gatherings.web.answers import go, wants_fragment
from gatherings.web.requests import settings
from gatherings.web.rights import View, declare
from gatherings.web.visitor import own_path

FRESH = timedelta(hours=1)  # what is delicate asks for a younger proof of the address (design README 12)
HOME = "/organise"
_LONGEST_BACK = 300  # characters, as SignInLink.next


def cookie_name() -> str:
    """Name the cookie of a session; over TLS with the prefix that binds it to this very host."""
    return "__Host-organiser" if settings().https else "organiser"


def stored_of(secret: str) -> str:
    """Give what is stored of a session's secret: keyed, so that all sessions end with the secret key (bars B22)."""
    return keyed_digest(settings().secret_keys[0], secret)


def signed_in() -> SignIn | None:
    """Give the session that this request comes with, its person loaded, or None; asked once for each request.

    After an action it is read again: a unit of work lets go of what was read before.
    """
    if "sign_in" not in g or (g.sign_in is not None and inspect(g.sign_in).detached):
        secret = request.cookies.get(cookie_name(), "")
        g.sign_in = _found(secret) if secret else None
    found: SignIn | None = g.sign_in
    return found


def _found(secret: str) -> SignIn | None:
    now, stored = utc_now(), stored_of(secret)
    found = find_sign_in(current_session(), stored, now=now)
    if found is None or now - found.seen_at < SEEN_EVERY:
        return found
    with suppress(Busy):  # nobody waits for this
        transact(note_seen, found.id, now=now)
    return find_sign_in(current_session(), stored, now=now)


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


def check_address() -> None:
    """Refuse an address with a sign in it that no name of ours has, before a database chokes on it (bars C17)."""
    if any("\x00" in part for part in (request.view_args or {}).values() if isinstance(part, str)):
        raise NotFound()


def signed_in_only(view: View) -> View:
    """Declare a view for anybody who is signed in: it shows what is theirs, and nothing by an address."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        keep_private()
        if signed_in() is None:
            return ask_to_sign_in()
        check_address()
        check_token()
        return view(*args, **kwargs)

    return declare(guarded, "signed-in")


def ask_to_sign_in(*, again: bool = False) -> Response:
    """Lead to the page where one signs in, or proves once more who one is, and back here afterwards.

    Who has typed something stays where they are, told how to go on (raises SignInFirst): nothing typed is lost.
    """
    writes = request.method not in ("GET", "HEAD", "OPTIONS")
    back = _came_from() if writes else request.full_path.rstrip("?")
    path = "/sign-in/again" if again else "/sign-in"
    if writes and _has_typed():
        raise SignInFirst(
            say("This needs a new proof that your address is yours.") if again else say("Your session has ended."),
            f"{path}?next={HOME}",
        )
    target = f"{path}?next={quote(back, safe='/')}"
    if wants_fragment():
        return go(target)
    return make_response(redirect(target, code=303 if writes else 302))


def _has_typed() -> bool:
    return any(value.strip() for name, value in request.form.items() if name != "csrf_token")


def _came_from() -> str:
    base = settings().base_url
    referrer = request.referrer or ""
    return referrer.removeprefix(base) if referrer.startswith(base + "/") else HOME


def back_path(text: str | None) -> str:
    """Give the screen of ours that somebody was going to; the first one for anything that is none."""
    path = own_path(text)
    ours = path == HOME or path.startswith((f"{HOME}/", f"{HOME}?"))
    return path if ours and len(path) <= _LONGEST_BACK and ".." not in path else HOME
