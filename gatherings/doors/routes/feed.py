"""The feed of a calendar: one all-day entry a day, which gains its title and link when its door opens.

Of an event that was called off each entry says so for some weeks, without what was behind its door.
"""

from datetime import datetime, time, timedelta

from flask import Response, make_response, request

from gatherings import ics
from gatherings.core.clock import utc_now
from gatherings.db import current_session
from gatherings.doors.models import Door, DoorCalendar
from gatherings.doors.queries import Moved, days_of, get_public, goes_on, thing_of
from gatherings.doors.routes.blueprint import bp, moved_to, next_door
from gatherings.doors.rules import Days, sequence_of
from gatherings.events.queries import public_stamp
from gatherings.web.cache import kept
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import number_words
from gatherings.web.requests import absolute
from gatherings.web.rights import public
from gatherings.web.visitor import checked_slug, visitor_zone

_KEPT_CANCELLED = timedelta(weeks=6)  # as other feeds do (calendars.md 24)


@bp.get("/events/<slug>/doors.ics")
@public
@kept(public_stamp, next_door)
def feed(slug: str) -> Response:
    """Give the calendar's days as a feed; `?zone=` is whose midnight counts, where the organisers chose so."""
    now, zone = utc_now(), visitor_zone()
    found = get_public(current_session(), checked_slug(slug))
    if isinstance(found, Moved):
        return moved_to(f"/events/{found.slug}/doors.ics")
    days = days_of(found)
    opened = days.opened(now, zone) if goes_on(found) else 0
    off = found.event.cancelled_at
    doors = found.doors if off is None or off > now - _KEPT_CANCELLED else []
    blocks = [ics.vevent(_entry(found, door, days, door.number <= opened, zone)) for door in doors]
    data = ics.calendar(blocks, name=found.title or found.event.title, feed=True)
    response = make_response(data)
    response.content_type = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = f'inline; filename="{slug}-doors.ics"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["ETag"] = ics.strong_etag(data)
    response.make_conditional(request)
    return response


def _entry(found: DoorCalendar, door: Door, days: Days, opened: bool, zone: str | None) -> ics.Entry:
    """Write one day: all that is known of a closed door is its number."""
    called = _("Door %(number)s", number=number_words(door.number))
    starts = datetime.combine(days.day(door.number), time())
    changed_at = max(found.changed_at, found.event.changed_at)
    stamp = max(changed_at, days.opens_at(door.number, zone)) if opened else changed_at
    title = thing_of(door).title if opened else ""
    return ics.Entry(
        uid=f"door-{found.public_id}-{door.number}",  # the day's own, whatever organisers put behind it
        sequence=sequence_of(found.edits + found.event.revision, opened),
        stamp=stamp,
        changed_at=stamp,
        created_at=found.created_at,
        summary=_("%(door)s: %(title)s", door=called, title=title) if title else called,
        description=found.title or found.event.title,
        url=absolute(f"/events/{found.event.slug}/doors/{door.number}") if opened else "",
        starts_local=starts,
        ends_local=starts + timedelta(days=1),
        zone=found.zone,
        all_day=True,
        status="CONFIRMED" if goes_on(found) else "CANCELLED",
        transparent=True,
    )
