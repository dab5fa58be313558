"""The one slide of a submission: sent, shown, taken away by the presenter's own link."""

from typing import Any

from flask import Response, make_response, redirect, request

from gatherings.accounts.links import wrong_links_counted
from gatherings.calls.actions import slides as actions
from gatherings.calls.models import Submission
from gatherings.calls.queries import slides as queries
from gatherings.calls.queries.submissions import get_by_link
from gatherings.calls.routes.blueprint import bp
from gatherings.calls.rules.slides import is_asked, is_needed, why_not
from gatherings.calls.slide_form import ROOM, sent_slide, shown_slide
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict
from gatherings.core.pictures import MOST_BYTES
from gatherings.core.tokens import Claim
from gatherings.core.words import Sentence, say
from gatherings.db import current_session, transact
from gatherings.web.answers import answer, go, wants_fragment
from gatherings.web.i18n import words
from gatherings.web.pictures import picture_answer
from gatherings.web.requests import big_body
from gatherings.web.rights import by_link, claim_of

_SET = say("Your slide is in. Send another one to replace it.")
_SAID = say("Saved.")
_DROPPED = say("Your slide is taken away.")


@bp.get("/submissions/<token>/slide")
@by_link("submission")
def slide(token: str) -> Response:
    """Show a submission's slide and the form to send another; co-presenters see the picture on their own page."""
    _claim, submission = _opened(token)
    return _page(token, submission)


@bp.post("/submissions/<token>/slide")
@by_link("submission")
@big_body(ROOM)
def send_slide(token: str) -> Response:
    """Take a picture, or the words that go with it."""
    claim, submission = _opened(token)
    reason = why_not(submission, submission.call, submission.call.event, utc_now())
    if reason is not None:
        return _page(token, submission, note=reason, status=409)
    has_one, form = submission.slide is not None, sent_slide()
    if not form.file_errors:
        transact(actions.count_try, claim, now=utc_now())
        form.read(has_one=has_one)
    if form.problems:
        return _page(token, _read_again(claim), form=form, status=422)
    try:
        transact(actions.set_slide, claim, form.written, form.alt.clean, now=utc_now())
    except Conflict as refusal:  # it closed, or somebody else took the slide away, while the picture was on its way
        return _page(token, _read_again(claim), form=form, note=refusal.sentence, status=409)
    return _done(token, claim, _SET if form.written is not None else _SAID)


@bp.route("/submissions/<token>/slide/remove", methods=["GET", "POST"])
@by_link("submission")
def remove_slide(token: str) -> Response:
    """Take the slide away; who only opens this address comes to the slide."""
    claim, _submission = _opened(token)
    if request.method != "POST":  # some mail scanners ask with HEAD
        return make_response(redirect(f"/submissions/{token}/slide"))
    try:
        transact(actions.drop_slide, claim, now=utc_now())
    except Conflict as refusal:
        return _page(token, _read_again(claim), note=refusal.sentence, status=409)
    return _done(token, claim, _DROPPED)


@bp.get("/submissions/<token>/slide.webp")
@by_link("submission", "co-presenter")
def slide_picture(token: str) -> Response:
    """Give the picture to whoever presents it."""
    session = current_session()
    with wrong_links_counted():
        purpose, claim = claim_of(token, "submission", "co-presenter")
        find = queries.slide_of_presenter if purpose == "submission" else queries.slide_of_co_presenter
        name, data = find(session, claim)
    return picture_answer(name, data)


@bp.app_template_global("slide_told")
def slide_told(submission: Submission) -> dict[str, Any]:
    """Give what templates/calls/_slide.html shows of a submission (call and slide loaded)."""
    return {
        "asked": is_asked(submission.call),
        "needed": is_needed(submission.call),
        "may": why_not(submission, submission.call, submission.call.event, utc_now()) is None,
        "form": shown_slide(submission.slide.alt if submission.slide is not None else ""),
        "most": MOST_BYTES,
    }


def _opened(token: str) -> tuple[Claim, Submission]:
    """Give what a presenter's link names: the claim and the submission."""
    with wrong_links_counted():
        _purpose, claim = claim_of(token, "submission")
        return claim, _read_again(claim)


def _read_again(claim: Claim) -> Submission:
    return get_by_link(current_session(), claim)


def _done(token: str, claim: Claim, note: Sentence) -> Response:
    if not wants_fragment():
        return go(f"/submissions/{token}#slide")
    return _page(token, _read_again(claim), note=note, good=True)


def _page(
    token: str,
    submission: Submission,
    *,
    form: Any = None,
    note: Sentence | str = "",
    good: bool = False,
    status: int = 200,
) -> Response:
    event = submission.call.event
    reason = why_not(submission, submission.call, event, utc_now())
    return answer(
        "calls/slide.html",
        "calls/_slide.html",
        submission=submission,
        event=event,
        community=event.community,
        path=f"/submissions/{token}",
        can_edit=reason is None,
        slide_form=form,
        slide_note=words(note),
        slide_good=good,
        status=status,
    )
