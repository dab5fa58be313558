"""Pictures that organisers sent, as we wrote them anew."""

from flask import Response, make_response, request

from gatherings.db import current_session
from gatherings.pages.queries import get_picture
from gatherings.pages.routes.blueprint import bp
from gatherings.web.rights import public

_YEAR = "public, max-age=31536000, immutable"


@bp.get("/pictures/<public_id>.webp")
@public
def picture(public_id: str) -> Response:
    """Give a picture; its name cannot be guessed, and what it names never changes."""
    response = make_response(get_picture(current_session(), public_id))
    response.content_type = "image/webp"
    response.headers["Cache-Control"] = _YEAR
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Robots-Tag"] = "noindex"
    response.set_etag(public_id)
    response.make_conditional(request)
    return response
