"""The blueprint that the public screens of running orders hang on."""

from flask import Blueprint, Response
from flask.blueprints import BlueprintSetupState

from gatherings.slots.own import own_minute
from gatherings.web.visitor import HEADER

bp = Blueprint("slots", __name__)


@bp.record_once
def _offer_minute(state: BlueprintSetupState) -> None:
    """Let a presenter's own page, which stands below running orders, show their minute."""
    state.app.extensions["gatherings.own_minute"] = own_minute


@bp.after_request
def vary_by_zone(response: Response) -> Response:
    """Tell caches that a page depends on the zone that was chosen."""
    response.vary.update(("Cookie", HEADER))
    return response
