"""The blueprint that the public screens of doors hang on, and what they share."""

from datetime import datetime

from flask import Blueprint, Response, make_response, redirect, request
from sqlalchemy.orm import Session

from gatherings.doors.models import DoorCalendar
from gatherings.doors.queries import find_days
from gatherings.web.answers import answer
from gatherings.web.visitor import HEADER, checked_slug, visitor_zone

bp = Blueprint("doors", __name__)


@bp.after_request
def vary_by_zone(response: Response) -> Response:
    """Tell caches that a page depends on the zone that was chosen."""
    response.vary.update(("Cookie", HEADER))
    return response


def next_door(session: Session, now: datetime) -> datetime | None:
    """Give when the calendar of this request's address looks different to this very reader: what ends a kept page."""
    days = find_days(session, checked_slug(str((request.view_args or {}).get("slug"))))
    return days.next_change(now, visitor_zone()) if days is not None else None


def closed(found: DoorCalendar) -> Response:
    """Say in place of a door, or of all, that the event was called off: nothing that was behind one is shown."""
    event = found.event
    return answer(
        "doors/closed.html",
        title=found.title or event.title,
        event=event,
        community=event.community,
    )


def moved_to(path: str) -> Response:
    """Lead on from an old address for good."""
    return make_response(redirect(path, code=301))
