"""My account: how colleagues see me, what I organise, where I am signed in."""

from flask import Response, request

from gatherings.accounts.actions.people import rename
from gatherings.accounts.actions.signing_in import end_sessions
from gatherings.accounts.guard import signed_in, signed_in_only
from gatherings.accounts.queries import list_sign_ins
from gatherings.communities.actions.roles import By, leave_role
from gatherings.communities.queries import list_roles_of
from gatherings.communities.rules import ROLE_WORDS
from gatherings.core.clock import utc_now
from gatherings.core.errors import NotFound
from gatherings.db import current_session, transact
from gatherings.organise.access import organiser
from gatherings.organise.forms.team import OwnNameForm
from gatherings.organise.routes.blueprint import bp
from gatherings.web.answers import answer, go
from gatherings.web.i18n import words
from gatherings.web.visitor import visitor_zone

PATH = "/organise/account"


@bp.get("/account")
@signed_in_only
def account() -> Response:
    """Show what is known of somebody who organises, and where they are signed in."""
    return _account(OwnNameForm(data={"name": organiser().name}))


def _account(form: OwnNameForm, *, status: int = 200) -> Response:
    session, person, here = current_session(), organiser(), signed_in()
    assert here is not None
    roles = list_roles_of(session, person.id)
    return answer(
        "organise/account.html",
        status=status,
        form=form,
        person=person,
        roles=[(role, *(words(sentence) for sentence in ROLE_WORDS[role.role])) for role in roles],
        sessions=list_sign_ins(session, person.id, now=utc_now()),
        here=here.id,
        zone=visitor_zone() or (roles[0].community.zone if roles else "UTC"),
        now=utc_now(),
        done=request.args.get("done", ""),
    )


@bp.post("/account/name")
@signed_in_only
def set_name() -> Response:
    """Set the name by which colleagues see one."""
    form = OwnNameForm()
    if not form.validate():
        return _account(form, status=422)
    transact(rename, organiser().id, form.name.clean)
    return go(f"{PATH}?done=name")


@bp.post("/account/sessions/<public_id>/end")
@signed_in_only
def end_one_session(public_id: str) -> Response:
    """End one of one's own sessions: a browser that one has no more, or somewhere else."""
    transact(end_sessions, organiser().id, only=public_id)
    return go(f"{PATH}?done=session")


@bp.post("/account/sessions/end-others")
@signed_in_only
def end_other_sessions() -> Response:
    """End all of one's own sessions but this one."""
    here = signed_in()
    assert here is not None
    transact(end_sessions, here.person_id, but=here.id)
    return go(f"{PATH}?done=sessions")


@bp.route("/account/roles/<public_id>/leave", methods=["GET", "POST"])
@signed_in_only
def leave(public_id: str) -> Response:
    """Give one's own role back; GET asks first."""
    person = organiser()
    held = next((role for role in list_roles_of(current_session(), person.id) if role.public_id == public_id), None)
    if held is None:
        raise NotFound()
    if request.method != "POST":
        return answer("organise/leave.html", role=held, role_words=words(ROLE_WORDS[held.role][0]))
    transact(leave_role, public_id, by=By.of(person), now=utc_now())
    return go(f"{PATH}?done=left")
