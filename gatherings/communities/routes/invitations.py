"""The page behind the link of an invitation: who invites to what; a press takes the role and signs in."""

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.accounts.actions.signing_in import open_session
from gatherings.accounts.cookies import browser_words, keep_session, present_session
from gatherings.accounts.guard import stored_of
from gatherings.accounts.links import wrong_links_counted
from gatherings.accounts.rules import shorten
from gatherings.communities.actions.inviting import Accepted, accept
from gatherings.communities.forms import JoinTeamForm
from gatherings.communities.queries import list_roles_of
from gatherings.communities.queries.team import find_invitation, name_of_inviter
from gatherings.communities.routes.blueprint import bp
from gatherings.communities.rules import ROLE_WORDS
from gatherings.core.clock import utc_now
from gatherings.core.errors import NotFound
from gatherings.core.tokens import new_secret
from gatherings.core.words import say
from gatherings.db import current_session, transact
from gatherings.web.answers import answer, go
from gatherings.web.i18n import words
from gatherings.web.rights import by_link


@bp.route("/invitations/<token>", methods=["GET", "POST"])
@by_link("invitation")
def invitation(token: str) -> Response:
    """Say who invites to what. The press signs in as well, but only who has no other role.

    The link lives for days and may be forwarded: it must not be worth the ownership of something else.
    """
    try:
        with wrong_links_counted():
            return _invitation(token)
    except NotFound as refusal:
        return answer("communities/invitation_over.html", status=404, sentence=words(refusal.sentence))


def _invitation(token: str) -> Response:
    session = current_session()
    found, person, community = find_invitation(session, token, now=utc_now())
    form = JoinTeamForm(data={"name": person.name})
    if request.method == "POST" and form.validate():
        return _accepted(token, form.name.clean)
    inviter = name_of_inviter(session, found)
    return answer(
        "communities/invitation.html",
        status=422 if request.method == "POST" else 200,
        form=form,
        token=token,
        community=community,
        address=shorten(person.address),
        role=[words(sentence) for sentence in ROLE_WORDS[found.role]],
        inviter=(inviter.name or shorten(inviter.address)) if inviter else words(say("Somebody who organises")),
        accent=community.accent,
    )


def _accepted(token: str, name: str) -> Response:
    secret, now = new_secret(), utc_now()

    def act(session: Session) -> tuple[Accepted, bool]:
        taken = accept(session, token, name, now=now)
        if len(list_roles_of(session, taken.person_id)) > 1:
            return taken, False
        open_session(
            session,
            taken.person_id,
            stored=stored_of(secret),
            present=present_session(),
            browser=browser_words(),
            now=now,
        )
        return taken, True

    _taken, opened = transact(act)
    response = go("/organise")  # which leads to the sign-in page first, where nobody is signed in
    if opened:
        keep_session(response, secret)
    return response
