"""A community is made, and what it says of itself is edited."""

from collections.abc import Sequence

from flask import Response, request

from gatherings.communities.models import Community
from gatherings.communities.queries import list_roles_of
from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput
from gatherings.core.tokens import PUBLIC_ID, new_public_id
from gatherings.db import current_session, transact
from gatherings.organise.access import may, organiser, signed_in_only
from gatherings.organise.conflicts import Row, labelled
from gatherings.organise.forms.community import EMPTY, CommunityForm, community_form
from gatherings.organise.routes.blueprint import bp
from gatherings.planning.actions import communities as actions
from gatherings.planning.rules.conflicts import Overtaken, pack, unpack
from gatherings.web.answers import answer, go
from gatherings.web.i18n import gettext as _
from gatherings.web.requests import settings


@bp.route("/communities/new", methods=["GET", "POST"])
@signed_in_only
def new_community() -> Response:
    """Show the form of a new community, or make it: for somebody who is owner of one already."""
    by = organiser()
    owner = any(role.role == "owner" for role in list_roles_of(current_session(), by.id))
    form = community_form(EMPTY)
    if request.method != "POST":
        form.key.data = new_public_id()
        return _page(form, None, owner=owner)
    form.key.data = form.key.data if PUBLIC_ID.fullmatch(form.key.data or "") else new_public_id()
    if _acted(form):
        return _page(form, None, owner=owner)
    if not form.validate() or form.problems:
        return _page(form, None, owner=owner, status=422)
    try:
        slug = transact(actions.create_community, form.values, key=form.key.data, by=by.id, now=utc_now())
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _page(form, None, owner=owner, status=422)
    return go(f"/organise/communities/{slug}?done=made")


@bp.route("/communities/<community>/edit", methods=["GET", "POST"])
@may("edit")
def edit_community(community: Community) -> Response:
    """Show what a community says of itself, or save it; nothing that somebody else saved is lost."""
    present = actions.values_of(community)
    form = community_form(present)
    if request.method != "POST":
        form.base.data = pack(present)
        return _page(form, community, done=request.args.get("done"))
    if _acted(form):
        return _page(form, community)
    if not form.validate() or form.problems:
        return _page(form, community, status=422)
    community_id, actor, base = community.id, organiser().public_id, unpack(form.base.data)
    try:
        slug = transact(
            actions.edit_community,
            community_id,
            form.values,
            settings().site,
            base=base,
            actor=actor,
            now=utc_now(),
        )
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _page(form, _again(community_id), status=422)
    except Overtaken as news:
        rows = labelled(_labels(), news.rows, base)
        form.fill({row.name: row.now for row in news.rows if not row.both})
        form.base.data = pack(news.present)
        return _page(form, _again(community_id), rows=rows, status=409)
    return go(f"/organise/communities/{slug}/edit?done=saved")


def _again(community_id: int) -> Community:
    return current_session().get_one(Community, community_id)


def _acted(form: CommunityForm) -> bool:
    """Do what a button inside the form asks, such as adding a row; tell whether there was one."""
    what, _colon, rest = request.form.get("do", "").partition(":")
    name, _colon, number = rest.partition(":")
    if what not in ("add", "drop", "up", "down") or name != "asked_often":
        return False
    form.asked_often.act(what, int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else -1)
    return True


def _labels() -> dict[str, str]:
    return {
        "name": _("Name"),
        "slug": _("Address of the page"),
        "tagline": _("In one sentence"),
        "about": _("About"),
        "accent": _("Colour"),
        "zone": _("Time zone"),
        "website": _("Website"),
        "sender": _("Name that mails come from"),
        "code_of_kindness": _("Code of kindness"),
        "access_notes": _("Accessibility"),
        "asked_often": _("Questions people ask"),
        "joining": _("What joining means"),
    }


def _page(
    form: CommunityForm,
    community: Community | None,
    *,
    owner: bool = True,
    status: int = 200,
    rows: Sequence[Row] = (),
    done: str | None = None,
) -> Response:
    return answer(
        "organise/community_edit.html",
        status=status,
        form=form,
        community=community,
        labels=_labels(),
        rows=rows,
        owner=owner,
        done=done,
    )
