"""What a ticket's code says to whoever scans it with a phone of their own: that it is for the door, and no more."""

from flask import Response

from gatherings.accounts.links import wrong_links_counted
from gatherings.db import current_session
from gatherings.registration.queries import get_by_link
from gatherings.registration.routes.blueprint import bp
from gatherings.registration.tickets import PURPOSE
from gatherings.web.answers import answer
from gatherings.web.rights import by_link, claim_of


@bp.get("/c/<token>")
@by_link(PURPOSE)
def ticket_code(token: str) -> Response:
    """Say what the code is for. Nothing acts here, and nothing is told but what the gathering is called."""
    with wrong_links_counted():
        _purpose, claim = claim_of(token, PURPOSE)
        event = get_by_link(current_session(), claim).event
    return answer("registration/ticket.html", event=event, community=event.community)
