"""A presenter's minute and way in, as it stands in their calendar: it shows, leads in, and changes nothing."""

from typing import Any

from flask import Response, request

from gatherings.accounts.links import wrong_links_counted
from gatherings.core.clock import utc_now
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.registration.links import door_to_meeting
from gatherings.registration.rules import JOIN_OPENS, JOIN_OPENS_MINUTES
from gatherings.slots.facts import zone_of
from gatherings.slots.own import event_of, get_by_slot_link, own_minute
from gatherings.slots.routes.blueprint import bp
from gatherings.web.answers import answer
from gatherings.web.rights import by_link, claim_of


@bp.route("/slot/<token>", methods=["GET", "POST"])
@by_link("slot")
def slot(token: str) -> Response:
    """Show one's minute, the host and the neighbours; a press while the way is open leads into the meeting."""
    session, now = current_session(), utc_now()
    with wrong_links_counted():
        _purpose, claim = claim_of(token, "slot")
        row = get_by_slot_link(session, claim.public_id, claim.version)
    event = event_of(session, row.submission)
    # Who withdrew is let in by this link no longer, even before the worker has told their calendar.
    left = row.submission.state == "withdrawn" or row.submission.erased_at is not None
    state = _state(event, speaks=row.cancelled_at is None and not left)
    values: dict[str, Any] = {
        "title": event.title,
        "community": event.community,
        "event": event,
        "slot": row,
        "submission": row.submission,
        "minute": own_minute(session, event, row.submission, person_id=row.person_id),
        "zone": zone_of(row, event),
        "now": now,
        "state": state,
        "opens_at": event.starts_at - JOIN_OPENS,
        "minutes_before": JOIN_OPENS_MINUTES,
        "look_again": None,  # who waits here opens it again: the live screens move by themselves
    }
    if request.method == "POST" and state == "open":
        return answer("registration/entering.html", url=event.join_url, **values)
    return answer("slots/slot.html", path=f"/slot/{token}", status=409 if request.method == "POST" else 200, **values)


def _state(event: Event, *, speaks: bool) -> str:
    if event.status == "cancelled":
        return "called off"
    if not speaks or event.status == "draft":
        return "gone"
    stands = door_to_meeting(event)
    if event.mode == "in person" and stands != "over":
        return "in person"
    return "no link" if stands == "open" and not event.join_url else stands
