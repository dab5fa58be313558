"""Answers that are pictures of our own making (core/pictures.py): named by what is in them, and never run."""

from flask import Response, make_response, request


def picture_answer(name: str, data: bytes, *, private: bool = True) -> Response:
    """Give a WebP by its unguessable name; `private`: kept by nobody on the way, for it is not for everybody."""
    response = make_response(data)
    response.content_type = "image/webp"
    response.headers["Cache-Control"] = "no-store" if private else "public, max-age=31536000, immutable"
    response.headers["Content-Disposition"] = f'inline; filename="{name}.webp"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    if not private:
        response.set_etag(name)
        response.make_conditional(request)
    return response
