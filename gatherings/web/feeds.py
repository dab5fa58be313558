"""Answers that calendars read."""

from flask import Response, make_response, request


def calendar_answer(data: bytes, etag: str, name: str) -> Response:
    """Answer with calendar bytes, or 304 (calendars.md 23): never compressed, never indexed, no cookie."""
    response = make_response(data)
    response.content_type = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = f'inline; filename="{name}.ics"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["ETag"] = etag
    response.make_conditional(request)
    return response
