"""The living style page: every component in every state, for whoever works on the site."""

from flask import Response

from gatherings.communities.models import ACCENTS
from gatherings.core import covers
from gatherings.core.errors import NotFound
from gatherings.pages.routes.blueprint import bp
from gatherings.web.answers import answer
from gatherings.web.requests import settings
from gatherings.web.rights import public

ICONS = (
    "calendar", "clock", "place", "online", "room", "share", "link", "search", "check", "warning", "external", "play",
)  # fmt: skip
# One slug for each family of covers.
_SLUGS = ("festival", "kindness", "advent", "conversation", "journey", "circle", "garden")


@bp.get("/style")
@public
def style() -> Response:
    """Show all components (only in development: GATHERINGS_DEVELOPMENT=1)."""
    _in_development()
    return answer(
        "pages/style.html",
        noindex=True,
        accents=ACCENTS,
        icons=ICONS,
        covers=[(covers.family("event", slug), slug, ACCENTS[5 * at % 12]) for at, slug in enumerate(_SLUGS)],
    )


@bp.get("/style/<accent>/<slug>.svg")
@public
def style_cover(accent: str, slug: str) -> Response:
    """Give a cover as it would be for an event of this slug (only in development)."""
    _in_development()
    if accent not in ACCENTS:
        raise NotFound()
    response = Response(covers.cover("event", slug, accent))
    response.content_type = "image/svg+xml"
    return response


def _in_development() -> None:
    if not settings().development:
        raise NotFound()
