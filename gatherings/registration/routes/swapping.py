"""Swapping to the other sitting of a gathering by one's own link, in one press."""

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.core.clock import utc_now
from gatherings.db import transact
from gatherings.registration.actions.swapping import swap_to
from gatherings.registration.links import manage_path
from gatherings.registration.models import Registration
from gatherings.registration.routes.blueprint import bp
from gatherings.registration.routes.managing import BOTH, only_shown
from gatherings.registration.routes.showing import back, look, managed
from gatherings.web.answers import go
from gatherings.web.requests import settings
from gatherings.web.rights import by_link


@bp.route("/registrations/<token>/swap", methods=BOTH)
@by_link("manage", "manage-series")
def swap_sitting(token: str) -> Response:
    """Swap to the other sitting; a press leads to the registration there, a repeated one says that it was done."""
    thing = look(token)
    if request.method != "POST" or not isinstance(thing, Registration):
        return only_shown(thing)

    def act(session: Session) -> str | None:
        mine = managed(session, token)
        assert isinstance(mine, Registration)  # looked at above, by the same token
        there = swap_to(session, mine, settings().site, now=utc_now())
        return manage_path(there) if there is not None else None

    path = transact(act)
    return go(f"{path}?done=swapped") if path is not None else back(token, "before")
