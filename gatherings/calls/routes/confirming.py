"""The accepted presenter's yes: the page asks, this press acts."""

from flask import Response, make_response, redirect, request
from sqlalchemy.orm import Session

from gatherings.accounts.links import wrong_links_counted
from gatherings.calls.actions.answering import SlideMissing, confirm
from gatherings.calls.queries.submissions import get_by_link
from gatherings.calls.routes.blueprint import bp
from gatherings.calls.routes.showing import page
from gatherings.core.clock import utc_now
from gatherings.db import current_session, transact
from gatherings.web.answers import go
from gatherings.web.rights import by_link, claim_of


@bp.route("/submissions/<token>/confirm", methods=["GET", "POST"])
@by_link("submission")
def confirm_it(token: str) -> Response:
    """Note that an accepted presenter will be there; opening the address leads to the page that asks."""

    def act(session: Session) -> bool:
        _purpose, claim = claim_of(token, "submission")
        return confirm(session, get_by_link(session, claim).id, now=utc_now())

    with wrong_links_counted():
        if request.method != "POST":
            get_by_link(current_session(), claim_of(token, "submission")[1])
            return make_response(redirect(f"/submissions/{token}", code=302))
        try:
            transact(act)
        except SlideMissing as refusal:
            mine = get_by_link(current_session(), claim_of(token, "submission")[1])
            return page(mine, note=refusal.sentence, status=409)
    return go(f"/submissions/{token}?done=confirmed#answer")
