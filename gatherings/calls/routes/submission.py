"""One's own slot by its private link: see it, change it while the call is open, withdraw it. Opening never acts."""

from collections.abc import Callable
from typing import Any

from flask import Response, make_response, redirect, request
from sqlalchemy.orm import Session

from gatherings.accounts.links import wrong_links_counted
from gatherings.calls.actions import drafts, receipts, submitting
from gatherings.calls.actions.choosing import withdraw
from gatherings.calls.actions.drafts import get_call
from gatherings.calls.forms import offer_form
from gatherings.calls.links import PURPOSES, path_of
from gatherings.calls.models import CoPresenter, Submission
from gatherings.calls.queries.submissions import find_by_key, get_by_link, get_co_by_link, was_sent
from gatherings.calls.routes.blueprint import bp
from gatherings.calls.routes.offering import (
    limits,
    renewed,
    rows_changed,
    sent_path,
    take_draft,
    told_saved,
    told_too_long,
    typed_now,
    who,
)
from gatherings.calls.routes.showing import NOTES, page, zone_of
from gatherings.calls.rules.call import CallState, state_of
from gatherings.calls.rules.submitting import Saved
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, InvalidInput, NotFound
from gatherings.core.tokens import Claim
from gatherings.core.words import say
from gatherings.db import current_session, transact
from gatherings.web.answers import answer, go
from gatherings.web.i18n import language_now
from gatherings.web.requests import settings
from gatherings.web.rights import by_link, claim_of

BOTH = ["GET", "POST"]
Mine = Submission | CoPresenter


def find(session: Session, purpose: str, claim: Claim) -> Mine | None:
    """Read what a link names; None for the address of a draft that was sent since. Raises NotFound."""
    if purpose == "co-presenter":
        return get_co_by_link(session, claim)
    try:
        return get_by_link(session, claim)
    except NotFound:
        if was_sent(session, claim) is None:
            raise
        return None


def look(token: str) -> Mine | Response:
    """Read what a link names, for showing it; wrong links are counted. A draft that was sent leads to the thanks."""
    session = current_session()
    with wrong_links_counted():
        purpose, claim = claim_of(token, *PURPOSES)
        mine = find(session, purpose, claim)
        if mine is not None:
            return mine
        before = was_sent(session, claim)
    return go(sent_path(before.call.event)) if before is not None else only_shown(token)


def only_shown(token: str) -> Response:
    """Lead somebody who opened the address of a button to the page it stands on."""
    return make_response(redirect(f"/submissions/{token}", code=302))


@bp.route("/submissions/<token>", methods=BOTH)
@by_link(*PURPOSES)
def mine(token: str) -> Response:
    """Show one's own slot; take its form."""
    thing = look(token)
    if isinstance(thing, Response):
        return thing
    if request.method != "POST" or isinstance(thing, CoPresenter):
        return page(thing, note=NOTES.get(request.args.get("done", "")))
    form = offer_form(thing.call, thing.call.event, submission=thing)

    def show(form: Any, *, status: int = 200, elsewhere: bool = False) -> Response:
        newest = look(token)
        if not isinstance(newest, Submission):
            return only_shown(token)
        form.call, form.event = newest.call, newest.call.event
        return page(newest, form=form, status=status, elsewhere=elsewhere)

    if thing.state == "draft":
        return take_draft(form, thing.call, thing.call.event, thing.public_id, show)
    return _save(form, thing, token, show)


def _save(form: Any, submission: Submission, token: str, show: Callable[..., Response]) -> Response:
    """Save changes of what was sent."""
    call, event = submission.call, submission.call.event
    if rows_changed(form):
        return show(form)
    key, now = submission.public_id, utc_now()
    try:
        typed = typed_now()
        if state_of(call, event, now) is not CallState.OPEN:
            saved = transact(drafts.keep_changes, key, typed, now=now, pressed=True, **who(form))
        elif not form.check():
            return show(form, status=422)
        else:
            offer = form.offer(language_now(), submission)
            saved = transact(submitting.change, key, offer, typed, settings().site, now=utc_now(), **who(form))
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return show(form, status=422)
    if saved is Saved.ELSEWHERE:
        return show(renewed(form, key), status=409, elsewhere=True)
    return go(f"/submissions/{token}?done={'late' if saved is Saved.LATE else 'kept'}")


@bp.route("/submissions/<token>/typed", methods=BOTH)
@by_link(*PURPOSES)
def keep_typing(token: str) -> Response:
    """Keep what stands in the form as one types; the hosts see it once it is saved."""
    with wrong_links_counted():
        purpose, claim = claim_of(token, *PURPOSES)
        thing = find(current_session(), purpose, claim)
    if request.method != "POST" or isinstance(thing, CoPresenter):
        return only_shown(token)
    before = was_sent(current_session(), claim) if thing is None else thing
    if before is None:
        raise NotFound()
    call, event = before.call, before.call.event
    zone, path = zone_of(before, event), f"/submissions/{token}"
    if thing is None:
        return told_saved(Saved.BEFORE, call, event, zone, path=path)
    form = offer_form(call, event, submission=thing)
    try:
        typed = typed_now()
    except InvalidInput as refusal:
        return told_too_long(refusal)
    if thing.state == "draft":
        saved = transact(drafts.keep_draft, call.id, claim.public_id, typed, now=utc_now(), **who(form), **limits())
    else:
        saved = transact(drafts.keep_changes, claim.public_id, typed, now=utc_now(), **who(form))
    newest = find_by_key(current_session(), claim.public_id)
    if newest is None:
        raise NotFound()
    call, event = get_call(current_session(), newest.call_id)
    return told_saved(saved, call, event, zone, path=path)


@bp.route("/submissions/<token>/as-sent", methods=BOTH)
@by_link(*PURPOSES)
def forget_typed(token: str) -> Response:
    """Forget what was typed and not saved: the form shows again what was sent."""
    return _press(token, lambda session, thing: drafts.forget_typed(session, thing.public_id), "as-sent")


@bp.route("/submissions/<token>/late", methods=BOTH)
@by_link(*PURPOSES)
def offer_late(token: str) -> Response:
    """Show the hosts what was not sent before the call closed."""

    def act(session: Session, thing: Submission) -> None:
        drafts.offer_late(session, thing.public_id, now=utc_now())

    return _press(token, act, "late", drafts_too=True)


@bp.route("/submissions/<token>/return", methods=BOTH)
@by_link(*PURPOSES)
def offer_again(token: str) -> Response:
    """Undo a withdrawal while the call is open."""
    return _press(token, lambda session, thing: submitting.offer_again(session, thing.public_id, now=utc_now()), "back")


@bp.route("/submissions/<token>/send-again", methods=BOTH)
@by_link(*PURPOSES)
def send_link_again(token: str) -> Response:
    """Mail the private link again."""

    def act(session: Session, thing: Submission) -> None:
        receipts.send_link_again(session, thing.id, settings().site, now=utc_now())

    return _press(token, act, "sent")


@bp.route("/submissions/<token>/withdraw", methods=BOTH)
@by_link(*PURPOSES)
def withdraw_it(token: str) -> Response:
    """Withdraw a slot; GET asks, a press acts."""
    thing = look(token)
    if isinstance(thing, Response):
        return thing
    if isinstance(thing, CoPresenter) or thing.state == "draft":
        return only_shown(token)
    if request.method != "POST":
        event = thing.call.event
        open_now = state_of(thing.call, event, utc_now()) is CallState.OPEN
        return answer(
            "calls/withdraw.html", submission=thing, event=event, community=event.community, path=path_of(thing),
            open_now=open_now,
        )  # fmt: skip

    def act(session: Session, mine: Submission) -> None:
        now, site = utc_now(), settings().site
        if withdraw(session, mine.id, now=now, site=site):
            receipts.post_withdrawn(session, mine.id, site, now=now)

    return _press(token, act, "withdrawn")


def _press(
    token: str, act: Callable[[Session, Submission], object], note: str, *, drafts_too: bool = False
) -> Response:
    """Do what a button of a presenter's own page asks for, in one transaction."""
    if request.method != "POST":
        looked = look(token)
        return looked if isinstance(looked, Response) else only_shown(token)

    def run(session: Session) -> None:
        purpose, claim = claim_of(token, *PURPOSES)
        mine = find(session, purpose, claim)
        if not isinstance(mine, Submission) or (mine.state == "draft" and not drafts_too):
            raise Conflict(say("This cannot be done here."))
        act(session, mine)

    with wrong_links_counted():
        transact(run)
    return go(f"/submissions/{token}?done={note}")
