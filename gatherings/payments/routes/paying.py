"""Paying an order: by card on the provider's own page, by invoice, or at the door."""

from flask import Response, make_response, redirect, request
from sqlalchemy.orm import Session

from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.db import current_session
from gatherings.payments.actions.choosing import change_bill_to, choose_way, count_mails
from gatherings.payments.forms.order_page import BillForm, bill_form
from gatherings.payments.providers import Away, Refused
from gatherings.payments.queries.orders import get_sale
from gatherings.payments.routes import asking
from gatherings.payments.routes.blueprint import bp
from gatherings.payments.routes.showing import (
    PURPOSE,
    due_words,
    frame_of,
    look,
    not_now,
    out_of_reach,
    page,
    pressed,
    ways_of,
)  # fmt: skip
from gatherings.registration.links import order_path
from gatherings.tickets.models import Order
from gatherings.tickets.rules.states import CONFIRMED
from gatherings.web.answers import answer
from gatherings.web.requests import settings
from gatherings.web.rights import by_link

BOTH = ["GET", "POST"]


def only_shown(order: Order) -> Response:
    """Lead somebody who opened the address of a button to the page it stands on."""
    return make_response(redirect(order_path(order), code=302))


@bp.route("/orders/<token>/pay", methods=BOTH)
@by_link(PURPOSE)
def pay(token: str) -> Response:
    """Pay by card, on the provider's own page; or at the door."""
    order = look(token)
    if request.method != "POST":
        return only_shown(order)
    way = request.form.get("way", "")
    if way == "door":
        return _book(token, order, "door", {})
    if way != "card":
        return not_now(order, Conflict(say("Please choose again how you would like to pay.")))
    try:
        url = asking.start(order)
    except Conflict as refusal:
        current_session().expunge_all()
        return not_now(look(token), refusal)
    except Away as away:
        return out_of_reach(token, away)
    except Refused:
        current_session().expunge_all()
        return page(look(token), status=409, note="refused")
    # To the provider's own page: `go` leads to paths of our own alone.
    return make_response(redirect(url, code=303))


@bp.route("/orders/<token>/invoice", methods=BOTH)
@by_link(PURPOSE)
def invoice(token: str) -> Response:
    """Ask whom the invoice is for; a press books the places, or makes the invoice out anew."""
    order = look(token)
    form = bill_form(order, read=request.method == "POST")
    if request.method != "POST":
        return _bill(order, form)
    if not form.validate():
        return _bill(order, form, status=422)
    if order.state == "open":
        return _book(token, order, "invoice", form.bill_to)

    def act(session: Session, mine: Order) -> str:
        return change_bill_to(session, mine.id, form.bill_to, settings().site, now=utc_now())

    return pressed(token, order, act)


def _bill(order: Order, form: BillForm, *, status: int = 200) -> Response:
    sale = get_sale(current_session(), order.event_id)
    ways = ways_of(order, sale, "open") if order.state == "open" else ()
    return answer(
        "payments/bill.html", status=status, form=form, choosing="invoice" in ways, days=sale.invoice_days,
        can_change=order.state in (*CONFIRMED, "waiting"), due=due_words(order), **frame_of(order),
    )  # fmt: skip


def _book(token: str, order: Order, way: str, bill_to: dict[str, str]) -> Response:
    """Confirm an order that is paid later; what could still be paid by card is closed first."""

    def act(session: Session, mine: Order) -> str:
        count_mails(session, mine.id, now=utc_now())
        return choose_way(session, mine.id, way, bill_to, settings().site, now=utc_now())

    return pressed(token, order, act, money=True)
