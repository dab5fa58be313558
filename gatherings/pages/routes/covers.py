"""Covers, drawn when they are asked for, and the pictures that are shown where a page is shared."""

import base64
import hashlib

import brotli
from flask import Response, make_response, request

from gatherings.communities.models import Community
from gatherings.core import covers
from gatherings.core.clock import utc_now
from gatherings.db.session import current_session
from gatherings.events.models import Event, Series
from gatherings.pages import faces, previews
from gatherings.pages.routes.blueprint import bp
from gatherings.web.headers import CONTENT_SECURITY_POLICY
from gatherings.web.i18n import gettext as _
from gatherings.web.requests import settings
from gatherings.web.rights import public
from gatherings.web.times import when
from gatherings.web.visitor import checked_slug

_YEAR = "public, max-age=31536000, immutable"
_HOUR = "public, max-age=3600"


@bp.app_template_global("cover_url")
def cover_url(thing: Event | Series | Community) -> str:
    """Give the address of the cover of an event, series or community."""
    return faces.face_of(thing).cover_url


@bp.get("/events/<slug>/cover.svg")
@public
def event_cover(slug: str) -> Response:
    """Give an event's cover."""
    return _cover(faces.face_of(faces.get_event(current_session(), checked_slug(slug))))


@bp.get("/series/<slug>/cover.svg")
@public
def series_cover(slug: str) -> Response:
    """Give a series' cover."""
    return _cover(faces.face_of(faces.get_series(current_session(), checked_slug(slug))))


@bp.get("/communities/<slug>/cover.svg")
@public
def community_cover(slug: str) -> Response:
    """Give a community's cover."""
    return _cover(faces.face_of(faces.get_community(current_session(), checked_slug(slug))))


def _cover(face: faces.Face) -> Response:
    svg = face.cover
    packed = request.accept_encodings["br"] > 0
    data = brotli.compress(svg.encode(), quality=9) if packed else svg.encode()
    response = _picture(data, "image/svg+xml", kept=request.args.get("v") == face.version)
    response.vary.add("Accept-Encoding")
    if packed:
        response.headers["Content-Encoding"] = "br"
    # Its one style, for the dark, is allowed by its hash: nothing else can be in there.
    digest = base64.b64encode(hashlib.sha256(covers.style_of(svg).encode()).digest()).decode()
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace(
        "style-src 'self'", f"style-src 'sha256-{digest}'"
    )
    return response


@bp.get("/events/<slug>/preview.png")
@public
def event_preview(slug: str) -> Response:
    """Give the picture shown where an event's page is shared: title, date and community over its cover."""
    event = faces.get_event(current_session(), checked_slug(slug))
    if event.approximate:
        said = str(event.edition_year or event.starts_local.year)
    else:
        clock = when(event, None, utc_now()).host
        said = clock.span if event.all_day else _("%(span)s in %(city)s", span=clock.span, city=clock.city)
    return preview(faces.face_of(event), event.title, said, event.community.name)


@bp.get("/series/<slug>/preview.png")
@public
def series_preview(slug: str) -> Response:
    """Give the picture shown where a series' page is shared."""
    series = faces.get_series(current_session(), checked_slug(slug))
    return preview(faces.face_of(series), series.title, series.summary, series.community.name)


@bp.get("/communities/<slug>/preview.png")
@public
def community_preview(slug: str) -> Response:
    """Give the picture shown where a community's page is shared."""
    community = faces.get_community(current_session(), checked_slug(slug))
    return preview(faces.face_of(community), community.name, community.tagline, "")


@bp.get("/preview.png")
@public
def site_preview() -> Response:
    """Give the picture shown where the site itself is shared."""
    said = _("Gatherings across time zones, told on your own clock.")
    return preview(faces.Face("community", "circle-of-everybody", "ink"), _("Gatherings"), said, settings().host)


def preview(face: faces.Face, title: str, said: str, above: str) -> Response:
    """Answer with the picture of a page: its cover and these words."""
    words = previews.Words(title, said, above)
    png = previews.picture(settings().instance / "previews", face, words)
    return _picture(png, "image/png", kept=False)


def _picture(data: bytes, kind: str, *, kept: bool) -> Response:
    response = make_response(data)
    response.content_type = kind
    response.headers["Cache-Control"] = _YEAR if kept else _HOUR
    response.set_etag(hashlib.sha256(data).hexdigest()[:24])
    if kind == "image/png":
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # that is what a preview is for
    response.make_conditional(request)
    return response
