"""Pictures behind doors: at an address that cannot be guessed, and not before the door is open for anybody."""

from flask import Response, make_response, request

from gatherings.core.clock import utc_now
from gatherings.core.errors import NotFound
from gatherings.core.tokens import PUBLIC_ID
from gatherings.db import current_session
from gatherings.doors.queries import days_of, find_picture
from gatherings.doors.routes.blueprint import bp
from gatherings.web.rights import public
from gatherings.web.visitor import checked_slug


@bp.get("/events/<slug>/doors/pictures/<picture_id>.webp")
@public
def picture(slug: str, picture_id: str) -> Response:
    """Give a picture as we wrote it anew; its address stands on the page of its open door alone."""
    if PUBLIC_ID.fullmatch(picture_id) is None:
        raise NotFound()
    door = find_picture(current_session(), checked_slug(slug), picture_id)
    if door is None or door.kind != "picture" or days_of(door.calendar).opens_first(door.number) > utc_now():
        raise NotFound()
    response = make_response(door.picture)
    response.content_type = "image/webp"
    # For a day: an organiser may take it back.
    response.headers["Cache-Control"] = "private, max-age=86400"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Robots-Tag"] = "noindex"
    response.set_etag(picture_id)
    response.make_conditional(request)
    return response
