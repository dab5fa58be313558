"""Leaving the news of a community: opening the link asks, a button (or a mail programme's one click) acts."""

from flask import Blueprint, Response, make_response, redirect, request

from gatherings.accounts.links import wrong_links_counted
from gatherings.core.clock import utc_now
from gatherings.db import current_session, transact
from gatherings.letters.actions import leave_news, return_to_news
from gatherings.letters.links import PURPOSE, read_news_token
from gatherings.letters.queries import get_reader, stops_news
from gatherings.web.answers import answer, go
from gatherings.web.origin import refuse_other_sites
from gatherings.web.rights import by_link, machine

bp = Blueprint("letters", __name__)


@bp.get("/unsubscribe/<token>")
@by_link(PURPOSE)
def unsubscribe(token: str) -> Response:
    """Show whether the news of a community still comes, and the button that changes it."""
    with wrong_links_counted():
        community, person = get_reader(current_session(), *read_news_token(token))
    stopped = stops_news(current_session(), community.id, person.id)
    return answer("letters/unsubscribe.html", community=community, stopped=stopped, path=f"/unsubscribe/{token}")


@bp.post("/unsubscribe/<token>")
@machine
def stop(token: str) -> Response:
    """End the news: by our button, or by a mail programme that presses for its reader (RFC 8058).

    Where a programme's press comes from is not asked: it has no page of ours, the link is nobody else's, and what it
    does is undone with one press. It is not led elsewhere either (RFC 8058 3.1).
    """
    one_click = request.form.get("List-Unsubscribe") == "One-Click"
    if not one_click:
        refuse_other_sites()
    with wrong_links_counted():
        transact(leave_news, *read_news_token(token), now=utc_now())
    if one_click:
        return make_response("You get no more of this news.\n", 200, {"Content-Type": "text/plain; charset=utf-8"})
    return go(f"/unsubscribe/{token}")


@bp.post("/unsubscribe/<token>/undo")
@by_link(PURPOSE)
def undo(token: str) -> Response:
    """Let the news come again."""
    with wrong_links_counted():
        transact(return_to_news, *read_news_token(token), now=utc_now())
    return go(f"/unsubscribe/{token}")


@bp.get("/unsubscribe/<token>/undo")
@by_link(PURPOSE)
def undone(token: str) -> Response:
    """Lead whoever reloads the page of a press back to the page that asks."""
    with wrong_links_counted():
        get_reader(current_session(), *read_news_token(token))
    return make_response(redirect(f"/unsubscribe/{token}", code=302))
