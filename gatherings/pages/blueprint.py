"""The blueprint that all public screens hang on."""

import re

from flask import Blueprint, Response

from gatherings.core.errors import NotFound
from gatherings.web.visitor import HEADER

bp = Blueprint("pages", __name__)
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


def checked(slug: str) -> str:
    """Give a slug that could be one; raises NotFound before a database sees what it may choke on."""
    if _SLUG.fullmatch(slug) is None:
        raise NotFound()
    return slug


@bp.after_request
def vary_by_zone(response: Response) -> Response:
    """Tell caches that a page depends on the zone that was chosen."""
    response.vary.update(("Cookie", HEADER))
    return response
