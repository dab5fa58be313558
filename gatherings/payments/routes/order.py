"""The page of an order, by its link: how it stands, what it costs, what can be done. Opening a link never acts."""

from flask import Response, make_response, request

from gatherings.core.clock import utc_now
from gatherings.db import current_session
from gatherings.payments.queries.orders import find_seller
from gatherings.payments.routes import asking
from gatherings.payments.routes.blueprint import bp
from gatherings.payments.routes.showing import PURPOSE, came_back, how_it_stands, look, mark_of, page, short, time_left
from gatherings.web.answers import answer
from gatherings.web.rights import by_link


@bp.get("/orders/<token>")
@by_link(PURPOSE)
def order_page(token: str) -> Response:
    """Show an order. Whoever comes back from paying is not believed: the provider is asked."""
    back = came_back()
    if back:
        asking.ask_again(look(token))
        current_session().expunge_all()
    return page(look(token), note=request.args.get("done"), back=back)


@bp.get("/orders/<token>/state")
@by_link(PURPOSE)
def order_state(token: str) -> Response:
    """Answer a page that looks again by itself: the time that is left, or nothing (204), while all else is the same."""
    back = came_back()
    order, tried = short(token)
    if order.state == "open" and tried is not None and back:
        asking.ask_again(order)
        current_session().expunge_all()
        order, tried = short(token)
    how = how_it_stands(order, tried, find_seller(current_session(), order.event), back)
    if request.args.get("seen") != mark_of(order, tried, how):
        return page(order, back=back)
    left = time_left(order, how)
    if left is None:
        return make_response("", 204)
    response = answer("payments/_left.html", order=order, left=left, now=utc_now())
    response.headers["HX-Retarget"] = "#time-left"
    return response
