"""What a co-presenter does by a link of their own: name, zone, stepping away; and "this was not me" for all."""

from flask import Response, request

from gatherings.accounts.links import wrong_links_counted
from gatherings.calls.actions import disowning, together
from gatherings.calls.forms import OwnForm
from gatherings.calls.links import PURPOSES
from gatherings.calls.models import CoPresenter, Submission
from gatherings.calls.routes.blueprint import bp
from gatherings.calls.routes.showing import page
from gatherings.calls.routes.submission import BOTH, look, only_shown
from gatherings.core.clock import utc_now
from gatherings.db import transact
from gatherings.web.answers import answer, go
from gatherings.web.requests import settings
from gatherings.web.rights import by_link, public


@bp.route("/submissions/<token>/details", methods=BOTH)
@by_link(*PURPOSES)
def own_details(token: str) -> Response:
    """Change a co-presenter's own name and zone."""
    thing = look(token)
    if isinstance(thing, Response):
        return thing
    if request.method != "POST" or isinstance(thing, Submission):
        return only_shown(token)
    form = OwnForm()
    if not form.validate():
        return page(thing, form=form, status=422)
    with wrong_links_counted():
        transact(together.change_own, thing.public_id, name=form.name.clean, zone=form.zone.clean)
    return go(f"/submissions/{token}?done=kept")


@bp.route("/submissions/<token>/leave", methods=BOTH)
@by_link(*PURPOSES)
def leave(token: str) -> Response:
    """Step away from a slot that one presents with others; GET asks, a press acts."""
    thing = look(token)
    if isinstance(thing, Response):
        return thing
    if isinstance(thing, Submission):
        return only_shown(token)
    if request.method != "POST":
        return _ask(thing, token, "leave")
    with wrong_links_counted():
        transact(together.step_away, thing.public_id)
    return go("/submissions/left")


@bp.route("/submissions/<token>/not-me", methods=BOTH)
@by_link(*PURPOSES)
def was_not_me(token: str) -> Response:
    """Undo what a stranger did with this address; GET asks, a press acts."""
    thing = look(token)
    if isinstance(thing, Response):
        return thing
    if isinstance(thing, Submission) and thing.state == "draft":
        return only_shown(token)
    if request.method != "POST":
        return _ask(thing, token, "not-me")
    with wrong_links_counted():
        if isinstance(thing, CoPresenter):
            transact(disowning.co_presenter_not_me, thing.public_id, now=utc_now())
        else:
            transact(disowning.not_me, thing.public_id, settings().site, now=utc_now())
    return go("/submissions/forgotten")


def _ask(thing: Submission | CoPresenter, token: str, what: str) -> Response:
    submission = thing.submission if isinstance(thing, CoPresenter) else thing
    event = submission.call.event
    return answer(
        "calls/ask.html", what=what, submission=submission, event=event, community=event.community,
        path=f"/submissions/{token}",
    )  # fmt: skip


@bp.get("/submissions/left")
@public
def left() -> Response:
    """Say that one is not named any more; nothing personal stands here."""
    return answer("calls/gone.html", what="left")


@bp.get("/submissions/forgotten")
@public
def forgotten() -> Response:
    """Say that all of it is gone; nothing personal stands here."""
    return answer("calls/gone.html", what="forgotten")
