"""Every view declares who may use it; one without a declaration stops the start."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask, current_app

from gatherings.core.errors import NotFound
from gatherings.core.tokens import Claim, Signer

View = Callable[..., Any]


def mark(view: View, name: str, value: object) -> View:
    """Write on a view what is read from it at the start, or when a request for it comes."""
    setattr(view, name, value)
    return view


def declare(view: View, right: str) -> View:
    """Write on a view who may use it."""
    return mark(view, "right", right)


def public(view: View) -> View:
    """Declare a view that anybody may use."""
    return declare(view, "public")


def by_link(*purposes: str) -> Callable[[View], View]:
    """Declare a view that is opened by a signed or fresh link of one of these purposes; the view verifies it."""
    return partial(declare, right="link:" + ",".join(purposes))


def machine(view: View) -> View:
    """Declare a view for machines (health, one-click unsubscribe): exempt from the check of origin."""
    return declare(view, "machine")


def right_of(app: Flask, endpoint: str | None) -> str:
    """Give the declared right of an endpoint, or an empty text."""
    return str(getattr(app.view_functions.get(endpoint or ""), "right", ""))


def check_rights(app: Flask) -> None:
    """Refuse to start when a view has no declared right: deny by default."""
    missing = sorted(name for name in app.view_functions if not right_of(app, name))
    if missing:
        raise RuntimeError(f"these views do not declare who may use them: {', '.join(missing)}")


def signer() -> Signer:
    """Give the app's signer of links."""
    made: Signer = current_app.extensions["gatherings.signer"]
    return made


def claim_of(token: str, *purposes: str) -> tuple[str, Claim]:
    """Verify a link's token for one of the purposes and give (purpose, claim); raises NotFound."""
    for purpose in purposes:
        claim = signer().verify(purpose, token)
        if claim is not None:
            return purpose, claim
    raise NotFound()
