"""The way in: opens in time, notes who came, hands over to the meeting. Its link can only join."""

import math
import secrets
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.accounts.links import wrong_links_counted
from gatherings.core.clock import utc_now
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.registration.actions.arriving import join_online
from gatherings.registration.door_rules import counts_since
from gatherings.registration.links import door_to_meeting
from gatherings.registration.models import Registration
from gatherings.registration.queries import get_by_link, get_date_of, get_series_by_link, list_dates_of
from gatherings.registration.routes.blueprint import bp
from gatherings.registration.rules import JOIN_CLOSES, JOIN_OPENS, JOIN_OPENS_MINUTES
from gatherings.web.answers import answer
from gatherings.web.rights import by_link, claim_of

# Who waits at the door looks again when it opens, and now and then before: its hosts may change their minds.
_LOOK_AT_MOST = 300  # seconds
_LOOK_FOR_LINK = 20
_SPREAD = 5  # so that not everybody comes in the very same second


@bp.route("/join/<token>", methods=["GET", "POST"])
@by_link("join", "join-series")
def join(token: str) -> Response:
    """Show how the way in stands; a press while it is open leads to the meeting and notes that one came."""
    with wrong_links_counted():
        registration, zone, title, community = _find(current_session(), token)
    values: dict[str, Any] = {
        "title": title, "community": community, "zone": zone, "now": utc_now(), "path": f"/join/{token}",
    }  # fmt: skip
    if registration is None:
        return _door("none", event=None, **values)
    event = registration.event
    state = _state(registration, event)
    values |= {"event": event, "opens_at": event.starts_at - JOIN_OPENS, "minutes_before": JOIN_OPENS_MINUTES}
    if request.method != "POST":
        return _door(state, **values)
    if state != "open":
        return answer(
            "registration/join.html", status=409, state=state, look_again=_look_again(state, values), **values
        )
    now = utc_now()
    transact(join_online, registration.id, since=counts_since(event, now), now=now)
    # A transaction forgets what was read before it; and the link may have been changed while somebody waited.
    entered, _zone, _title, community = _find(current_session(), token)
    values["community"] = community
    return answer("registration/entering.html", url=entered.event.join_url if entered else "", **values)


def _door(state: str, **values: Any) -> Response:
    return answer(
        "registration/join.html",
        "registration/_join.html",
        state=state,
        look_again=_look_again(state, values),
        **values,
    )


def _look_again(state: str, values: dict[str, Any]) -> int | None:
    """Give the seconds after which the page of somebody who waits looks again; None when nothing will change."""
    if state == "no link":
        return _LOOK_FOR_LINK + secrets.randbelow(_SPREAD)
    if state != "early":
        return None
    until = math.ceil((values["opens_at"] - values["now"]).total_seconds()) + 1
    return min(until + secrets.randbelow(_SPREAD), _LOOK_AT_MOST)


def _find(session: Session, token: str) -> tuple[Registration | None, str, str, Any]:
    """Find what a join link leads to: its registration, or the present or next date of an "every month"."""
    purpose, claim = claim_of(token, "join", "join-series")
    if purpose == "join":
        one = get_by_link(session, claim)
        return one, one.zone, one.event.title, one.event.community
    every = get_series_by_link(session, claim)
    dates = list_dates_of(session, every.id, now=utc_now() - JOIN_CLOSES)
    coming = [row for event, row in dates if row.state == "confirmed" and event.status == "published"]
    chosen = coming[0] if coming else dates[0][1] if dates else None
    found = get_date_of(session, every, chosen.public_id) if chosen is not None else None
    return found, every.zone, every.series.title, every.series.community


def _state(registration: Registration, event: Event) -> str:
    """Say how the way in stands: a word that the page has a sentence for."""
    if event.status == "cancelled":
        return "called off"
    if registration.state == "waitlisted":
        return "waiting"
    if registration.state != "confirmed":
        return "cancelled"
    way = door_to_meeting(event)
    if way == "over":
        return "over"
    if event.mode == "in person":
        return "in person"
    if way == "early":
        return "early"
    return "open" if is_web_link(event.join_url) else "no link"


def is_web_link(url: str | None) -> bool:
    """Tell whether an organiser's link leads to a web page, and nowhere else."""
    return bool(url) and str(url).lower().startswith(("https://", "http://"))
