"""The blueprint that the public screens of buying hang on: choosing, the order's page, papers, providers' notices."""

from flask import Blueprint, Response

from gatherings.web.visitor import HEADER

bp = Blueprint("payments", __name__)


@bp.after_request
def vary_by_zone(response: Response) -> Response:
    """Tell caches that a page depends on the zone that was chosen."""
    response.vary.update(("Cookie", HEADER))
    return response
