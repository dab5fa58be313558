"""A member's own page, behind the link in their mail: change, leave, come back. Opening it never acts."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, make_response, redirect, request
from sqlalchemy.orm import Session

from gatherings.accounts.links import wrong_links_counted
from gatherings.communities.actions.members import accept, change_details, get_member_by_link, leave, not_me
from gatherings.communities.member_forms import consent_words, member_form
from gatherings.communities.models import Member
from gatherings.communities.routes.blueprint import bp
from gatherings.core.clock import utc_now
from gatherings.core.words import Sentence, say
from gatherings.db import current_session, transact
from gatherings.web.answers import answer, go
from gatherings.web.markdown import render
from gatherings.web.rights import by_link, claim_of, public

BOTH = ["GET", "POST"]
NOTES: Mapping[str, Sentence] = {
    "kept": say("Your changes are kept."),
    "welcome": say("You are a member now. It is good to have you with us."),
    "left": say("You have left. We write you nothing more, and what you typed is erased within a month."),
    "before": say("That was done before, so nothing more was needed."),
}


def _mine(session: Session, token: str) -> Member:
    return get_member_by_link(session, claim_of(token, "member")[1])


def _look(token: str) -> Member:
    with wrong_links_counted():
        return _mine(current_session(), token)


def _press(token: str, act: Callable[[Session, Member], str]) -> str:
    with wrong_links_counted():
        return transact(lambda session: act(session, _mine(session, token)))


@bp.get("/members/<token>")
@by_link("member")
def member(token: str) -> Response:
    """Show one's membership with all that can be done about it."""
    return _page(token, _look(token))


@bp.route("/members/<token>/details", methods=BOTH)
@by_link("member")
def member_details(token: str) -> Response:
    """Change name, zone, country, language, news."""
    mine = _look(token)
    if request.method != "POST":
        return _only_shown(token)
    form = member_form(mine, read=True)
    if not form.validate():
        return _page(token, mine, form=form, status=422)
    details = form.details(mine.community)

    def act(session: Session, mine: Member) -> str:
        change_details(session, mine, details, now=utc_now())
        return "kept"

    return _back(token, _press(token, act))


@bp.route("/members/<token>/accept", methods=BOTH)
@by_link("member")
def member_accept(token: str) -> Response:
    """Say yes to an invitation, or come back."""
    mine = _look(token)
    if request.method != "POST":
        return _only_shown(token)
    consent = consent_words(mine.community) if request.form.get("news") == "yes" else ""

    def act(session: Session, mine: Member) -> str:
        done = accept(session, mine, news=bool(consent), consent=consent, now=utc_now())
        return "welcome" if done else "before"

    return _back(token, _press(token, act))


@bp.route("/members/<token>/leave", methods=BOTH)
@by_link("member")
def member_leave(token: str) -> Response:
    """Leave, with one press."""
    _look(token)
    if request.method != "POST":
        return _only_shown(token)

    def act(session: Session, mine: Member) -> str:
        return "left" if leave(session, mine, now=utc_now()) else "before"

    return _back(token, _press(token, act))


@bp.route("/members/<token>/not-me", methods=BOTH)
@by_link("member")
def member_not_me(token: str) -> Response:
    """Undo what a stranger did with this address, or what a list brought; GET asks, a press acts."""
    mine = _look(token)
    if request.method != "POST":
        return answer("communities/not_me.html", member=mine, community=mine.community, token=token)

    def act(session: Session, mine: Member) -> str:
        not_me(session, mine, now=utc_now())
        return "forgotten"

    _press(token, act)
    return go("/members/forgotten")


@bp.get("/members/forgotten")
@public
def member_forgotten() -> Response:
    """Say that the membership is gone; nothing personal stands here."""
    return answer("communities/forgotten.html")


def _only_shown(token: str) -> Response:
    """Lead somebody who opened the address of a button to the page it stands on."""
    return make_response(redirect(f"/members/{token}", code=302))


def _back(token: str, note: str) -> Response:
    return go(f"/members/{token}?done={note}")


def _page(token: str, mine: Member, *, form: Any = None, status: int = 200) -> Response:
    community = mine.community
    return answer(
        "communities/member.html",
        status=status,
        member=mine,
        community=community,
        token=token,
        form=form or member_form(mine, read=False),
        note=NOTES.get(request.args.get("done", "")),
        meaning=render(community.joining) if community.joining.strip() else None,
        consent=consent_words(community),
    )
