"""Where an organiser arrives: what is next, what needs somebody, how registrations came in."""

from datetime import date

from flask import Response

from gatherings.communities.models import Community
from gatherings.communities.queries import list_roles_of
from gatherings.communities.rules import ROLE_WORDS, allows
from gatherings.core.clock import utc_now
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.organise import growth, queries, rules
from gatherings.organise.access import may, may_here, organiser, signed_in_only
from gatherings.organise.routes.blueprint import bp
from gatherings.web.answers import answer
from gatherings.web.i18n import date_words
from gatherings.web.visitor import visitor_zone


@bp.app_template_global("may_here")
def _may_here(right: str) -> bool:
    return may_here(right)


@bp.app_template_global("short_day")
def _short_day(day: date) -> str:
    return date_words(day, "d MMM")


@bp.get("", strict_slashes=False)
@signed_in_only
def home() -> Response:
    """Show all that somebody organises: what is next, what needs them, their communities."""
    session, now = current_session(), utc_now()
    roles = list_roles_of(session, organiser().id)
    role_of = {role.community_id: role.role for role in roles}
    seen = [one for one, role in role_of.items() if allows(role, "look")]
    helped = [one for one, role in role_of.items() if not allows(role, "look")]
    needs = queries.list_needs(session, seen, now) if seen else []
    return answer(
        "organise/home.html",
        roles=roles,
        role_words=ROLE_WORDS,
        coming=queries.list_coming(session, seen, now) if seen else [],
        doors=queries.list_coming(session, helped, now, drafts=False, limit=6) if helped else [],
        needs=[need for need in needs if allows(role_of[need.community_id], need.right)],
        zone=visitor_zone(),
        now=now,
    )


@bp.get("/communities/<community>")
@may("look")
def community(community: Community) -> Response:
    """Show a community: what is next, what needs somebody, its series, drafts and past."""
    session, now = current_session(), utc_now()
    needs = queries.list_needs(session, [community.id], now)
    return answer(
        "organise/community.html",
        community=community,
        coming=queries.list_coming(session, [community.id], now, limit=10),
        past=queries.list_past(session, community.id, now),
        series_list=queries.list_series(session, community.id),
        members=queries.count_members(session, community.id),
        needs=[need for need in needs if may_here(need.right)],
        bars=rules.bars_of(growth.growth_of_community(session, community.id, community.zone, now)),
        zone=visitor_zone(),
        now=now,
    )


@bp.get("/events/<event>")
@may("look")
def event(event: Event) -> Response:
    """Show one event: how it stands, what needs somebody, how registrations came in."""
    session, now = current_session(), utc_now()
    needs = queries.list_needs(session, [event.community_id], now, event_id=event.id)
    return answer(
        "organise/event.html",
        event=event,
        community=event.community,
        stands=queries.stands(session, event),
        needs=[need for need in needs if may_here(need.right)],
        bars=rules.bars_of(growth.growth_of_event(session, event, now)),
        zone=visitor_zone(),
        now=now,
    )
