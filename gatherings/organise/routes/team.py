"""The team of a community: who has which role, who is invited. All who edit see it, owners change it."""

from flask import Response, make_response, redirect, request

from gatherings.accounts.guard import is_fresh, signed_in
from gatherings.communities.actions.inviting import invite, invite_again, take_back
from gatherings.communities.actions.roles import By, change_role, remove_role
from gatherings.communities.models import Community
from gatherings.communities.queries.team import find_role, list_invitations, list_team
from gatherings.communities.rules import ROLE_WORDS, ROLES
from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput
from gatherings.db import current_session, transact
from gatherings.organise.access import may, organiser
from gatherings.organise.forms.team import InviteForm, role_choices
from gatherings.organise.routes.blueprint import bp
from gatherings.web.answers import answer, go
from gatherings.web.i18n import language_now, words
from gatherings.web.requests import settings
from gatherings.web.visitor import visitor_zone


@bp.get("/communities/<community>/team")
@may("edit")
def team(community: Community) -> Response:
    """List who has which role, and who was invited."""
    return _team(community, InviteForm())


def _team(community: Community, form: InviteForm, *, status: int = 200) -> Response:
    session, here = current_session(), signed_in()
    assert here is not None
    return answer(
        "organise/team.html",
        status=status,
        community=community,
        form=form,
        team=list_team(session, community.id),
        invitations=list_invitations(session, community.id),
        names={role: words(ROLE_WORDS[role][0]) for role in ROLES},
        meanings={role: words(ROLE_WORDS[role][1]) for role in ROLES},
        choices=role_choices(),
        me=here.person_id,
        fresh=is_fresh(here),
        zone=visitor_zone() or community.zone,
        now=utc_now(),
        done=request.args.get("done", ""),
    )


def _path(community: Community, done: str) -> str:
    return f"/organise/communities/{community.slug}/team?done={done}"


@bp.route("/communities/<community>/team/invite", methods=["GET", "POST"])
@may("roles", fresh=True)
def invite_colleague(community: Community) -> Response:
    """Invite a colleague by mail."""
    if request.method != "POST":
        return make_response(redirect(_path(community, "")))
    form = InviteForm()
    if not form.validate():
        return _team(community, form, status=422)
    community_id, then = community.id, _path(community, "invited")  # an action lets go of what was read before
    try:
        transact(
            invite,
            community_id,
            form.address,
            form.role.data,
            by=By.of(organiser()),
            site=settings().site,
            now=utc_now(),
            language=language_now(),
        )
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _team(current_session().get_one(Community, community_id), form, status=422)
    return go(then)


@bp.post("/communities/<community>/team/invitations/<public_id>/again")
@may("roles", fresh=True)
def send_invitation_again(community: Community, public_id: str) -> Response:
    """Send an invitation again, with a new link."""
    by, then = By.of(organiser()), _path(community, "invited")
    transact(invite_again, community.id, public_id, by=by, site=settings().site, now=utc_now(), language=language_now())
    return go(then)


@bp.post("/communities/<community>/team/invitations/<public_id>/take-back")
@may("roles", fresh=True)
def take_invitation_back(community: Community, public_id: str) -> Response:
    """Take an invitation back."""
    then = _path(community, "taken-back")
    transact(take_back, community.id, public_id, by=By.of(organiser()), now=utc_now())
    return go(then)


@bp.post("/communities/<community>/team/<public_id>/role")
@may("roles", fresh=True)
def set_role(community: Community, public_id: str) -> Response:
    """Give a colleague another role."""
    role = request.form.get("role", "")
    then = _path(community, "changed")
    transact(change_role, community.id, public_id, role, by=By.of(organiser()), now=utc_now())
    return go(then)


@bp.route("/communities/<community>/team/<public_id>/remove", methods=["GET", "POST"])
@may("roles", fresh=True)
def remove_colleague(community: Community, public_id: str) -> Response:
    """Take a colleague's role away; GET asks first."""
    if request.method != "POST":
        held = find_role(current_session(), community.id, public_id)
        return answer(
            "organise/team_remove.html", community=community, role=held, role_words=words(ROLE_WORDS[held.role][0])
        )
    then = _path(community, "removed")
    transact(remove_role, community.id, public_id, by=By.of(organiser()), now=utc_now())
    return go(then)
