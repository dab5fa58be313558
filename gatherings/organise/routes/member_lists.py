"""Bringing over a list of people: sent, looked at, and then taken in with one press."""

from typing import Any

from flask import Response, request
from sqlalchemy import select

from gatherings.communities.actions.member_lists import MOST_ROWS, bring_list, look_at_list, read_list
from gatherings.communities.actions.roles import By
from gatherings.communities.member_forms import consent_words
from gatherings.communities.models import Community
from gatherings.core.clock import utc_now
from gatherings.core.text import TextProblem
from gatherings.db import current_session, transact
from gatherings.organise.access import may, organiser
from gatherings.organise.forms.members import ListForm, list_text
from gatherings.organise.routes.blueprint import bp
from gatherings.web.answers import answer, go
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import words
from gatherings.web.requests import big_body, settings

SHOWN = 20  # people of a list in its preview; of bad rows, five times as many
MOST_BYTES = 5 * 1024 * 1024


@bp.route("/communities/<community>/members/import", methods=["GET", "POST"])
@may("people")
@big_body(MOST_BYTES)
def import_members(community: Community) -> Response:
    """Take a list and show what it would do; a second press does it."""
    form, slug = ListForm(data={"way": "inviting"}), community.slug
    if request.method != "POST":
        return _ask(community, form)
    try:
        text = list_text(form)
        if not form.validate():
            return _ask(community, form, status=422)
        if request.form.get("sure") == "yes":
            return _bring(community, form, text)
        preview = look_at_list(current_session(), community.id, *read_list(text))
    except TextProblem as problem:
        form.text.errors = [words(problem.sentence)]
        return _ask(_again(slug), form, status=422)
    return answer(
        "organise/members_preview.html", community=community, form=form, preview=preview, text=text, shown=SHOWN,
        consent=consent_words(community),
    )  # fmt: skip


def _bring(community: Community, form: ListForm, text: str) -> Response:
    agreed = ""
    if form.agreed.data and not form.inviting:
        agreed = _("Said by the organisers who brought the list: %(consent)s", consent=consent_words(community))
    slug = community.slug
    transact(
        bring_list, community.id, *read_list(text),
        inviting=form.inviting, agreed=agreed, by=By.of(organiser()), site=settings().site, now=utc_now(),
    )  # fmt: skip
    return go(f"/organise/communities/{slug}/members?sort=newest&done=brought")


def _again(slug: str) -> Community:
    """Read the community once more: a transaction that was given up forgets what was read before it."""
    return current_session().scalars(select(Community).where(Community.slug == slug)).one()


def _ask(community: Community, form: Any, *, status: int = 200) -> Response:
    return answer("organise/members_import.html", status=status, community=community, form=form, most=MOST_ROWS)
