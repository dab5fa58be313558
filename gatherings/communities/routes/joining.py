"""Joining a community: the form, and the same answer for everybody."""

from flask import Response

from gatherings.communities.actions.members import join
from gatherings.communities.member_forms import JoinForm, consent_words
from gatherings.communities.models import Community
from gatherings.communities.queries.members import get_community_to_join
from gatherings.communities.routes.blueprint import bp
from gatherings.core.clock import utc_now
from gatherings.db import current_session, transact
from gatherings.web.answers import answer, go
from gatherings.web.markdown import render
from gatherings.web.requests import asking_network, settings
from gatherings.web.rights import public
from gatherings.web.visitor import checked_slug, visitor_zone


@bp.route("/communities/<slug>/join", methods=["GET", "POST"])
@public
def join_community(slug: str) -> Response:
    """Show what joining means and the form, or take it."""
    community = get_community_to_join(current_session(), checked_slug(slug))
    form = JoinForm(data={"zone": visitor_zone() or community.zone})
    if not form.is_submitted():
        return _form(form, community)
    if not form.caught:
        if not form.validate():
            return _form(form, community, status=422)
        transact(
            join, community.id, form.joining(community), settings().site,
            now=utc_now(), network=asking_network(), network_limit=settings().network_limit,
        )  # fmt: skip
    return go(f"/communities/{slug}/joined")


@bp.get("/communities/<slug>/joined")
@public
def joined(slug: str) -> Response:
    """Say what comes next: the same for everybody, nothing personal in it."""
    community = get_community_to_join(current_session(), checked_slug(slug))
    return answer("communities/joined.html", community=community, noindex=True)


def _form(form: JoinForm, community: Community, *, status: int = 200) -> Response:
    return answer(
        "communities/join.html", status=status, form=form, community=community, zone=visitor_zone(),
        meaning=render(community.joining), consent=consent_words(community),
    )  # fmt: skip
