"""Every view declares who may use it; one without a declaration stops the start."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app

from gatherings.core.errors import NotFound
from gatherings.core.tokens import Claim, Signer

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Declare a view that anybody may use."""
    view.right = "public"  # type: ignore[attr-defined]
    return view


def by_link(*purposes: str) -> Callable[[View], View]:
    """Declare a view that is opened by a signed or fresh link of one of these purposes; the view verifies it."""

    def declare(view: View) -> View:
        view.right = "link:" + ",".join(purposes)  # type: ignore[attr-defined]
        return view

    return declare


def machine(view: View) -> View:
    """Declare a view for machines (health, one-click unsubscribe): exempt from the check of origin."""
    view.right = "machine"  # type: ignore[attr-defined]
    return view


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
