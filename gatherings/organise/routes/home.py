"""Where an organiser arrives: their communities, what is next, what needs them."""

from flask import Response

from gatherings.communities.models import Community
from gatherings.communities.queries import list_roles_of
from gatherings.core.clock import utc_now
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.organise.access import may, may_here, organiser, signed_in_only
from gatherings.organise.routes.blueprint import bp
from gatherings.web.answers import answer


@bp.app_template_global("may_here")
def _may_here(right: str) -> bool:
    return may_here(right)


@bp.get("", strict_slashes=False)
@signed_in_only
def home() -> Response:
    """Show all that somebody organises."""
    roles = list_roles_of(current_session(), organiser().id)
    return answer("organise/home.html", roles=roles, now=utc_now())


@bp.get("/communities/<community>")
@may("look")
def community(community: Community) -> Response:
    """Show a community: what is next, what needs somebody."""
    return answer("organise/community.html", community=community, now=utc_now())


@bp.get("/events/<event>")
@may("look")
def event(event: Event) -> Response:
    """Show one event: how it stands, what can be done."""
    return answer("organise/event.html", event=event, community=event.community, now=utc_now())
