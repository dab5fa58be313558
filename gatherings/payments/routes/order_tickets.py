"""Single tickets of an order: the page to print, another name, and leaving."""

from collections.abc import Sequence

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, InvalidInput, NotFound
from gatherings.db import current_session
from gatherings.payments.actions.leaving import (
    LEAVABLE,
    Less,
    farewell_to,
    leave,
    percent_now,
    refuse_leaving,
    today_at,
)
from gatherings.payments.actions.naming import change_name
from gatherings.payments.forms.order_page import LeaveForm, NameForm, name_form
from gatherings.payments.queries.orders import get_sale, registrations_of, ticket_in, with_a_code
from gatherings.payments.routes.blueprint import bp
from gatherings.payments.routes.paying import BOTH
from gatherings.payments.routes.showing import PURPOSE, back_to, frame_of, look, press, pressed
from gatherings.payments.rules.leaving import steps_left
from gatherings.registration.tickets import ticket_of
from gatherings.tickets.models import Order, Ticket
from gatherings.tickets.rules.states import HOLDING
from gatherings.web.answers import answer
from gatherings.web.i18n import words
from gatherings.web.requests import settings
from gatherings.web.rights import by_link


@bp.get("/orders/<token>/tickets/<ticket>")
@by_link(PURPOSE)
def ticket_page(token: str, ticket: str) -> Response:
    """Show one ticket, to print or to hand over: whose it is, when and where, and the code for the door."""
    order = look(token)
    one = ticket_in(order, ticket)
    session = current_session()
    if one.id not in with_a_code(session, order):
        raise NotFound()
    registration = registrations_of(session, [one]).get(one.registration_id or 0)
    code = ticket_of(registration, order.event) if registration is not None else None
    return answer("payments/ticket.html", ticket=one, code=code, **frame_of(order))


@bp.route("/orders/<token>/tickets/<ticket>/name", methods=BOTH)
@by_link(PURPOSE)
def ticket_name(token: str, ticket: str) -> Response:
    """Ask for another name, or another person; a press keeps it."""
    order = look(token)
    one = ticket_in(order, ticket)
    form = name_form(one, read=request.method == "POST")
    if request.method != "POST":
        return _naming(order, one, form)
    if not form.validate():
        return _naming(order, one, form, status=422)

    def act(session: Session, mine: Order) -> str:
        return change_name(session, mine.id, ticket, form.name.clean, form.address, settings().site, now=utc_now())

    try:
        return back_to(token, press(token, act))
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _naming(*_again(token, ticket), form, status=422)
    except Conflict as refusal:
        form.email.errors = [*form.email.errors, words(refusal.sentence)]
        return _naming(*_again(token, ticket), form, status=409)


def _again(token: str, ticket: str) -> tuple[Order, Ticket]:
    current_session().expunge_all()
    order = look(token)
    return order, ticket_in(order, ticket)


def _naming(order: Order, ticket: Ticket, form: NameForm, *, status: int = 200) -> Response:
    can = ticket.state in HOLDING
    return answer("payments/name.html", status=status, ticket=ticket, form=form, can=can, **frame_of(order))


@bp.route("/orders/<token>/tickets/<ticket>/cancel", methods=BOTH)
@by_link(PURPOSE)
def cancel_ticket(token: str, ticket: str) -> Response:
    """Say what comes back for one ticket; a press cancels it."""
    order = look(token)
    ticket_in(order, ticket)
    return _leaving(token, order, [ticket], f"/tickets/{ticket}/cancel")


@bp.route("/orders/<token>/cancel", methods=BOTH)
@by_link(PURPOSE)
def cancel_order(token: str) -> Response:
    """Say what comes back for all tickets; a press cancels the order."""
    return _leaving(token, look(token), None, "/cancel")


def _leaving(token: str, order: Order, tickets: Sequence[str] | None, where: str) -> Response:
    if request.method != "POST":
        return _goodbye(order, tickets, where)
    said = LeaveForm().amount

    def act(session: Session, mine: Order) -> str:
        return leave(session, mine.id, tickets, said, settings().site, now=utc_now())

    try:
        return pressed(token, order, act, money=True)
    except Less as less:
        current_session().expunge_all()
        return _goodbye(look(token), tickets, where, status=409, problem=less)


def _goodbye(
    order: Order, tickets: Sequence[str] | None, where: str, *, status: int = 200, problem: Conflict | None = None
) -> Response:
    """Show what cancelling would mean in money, with the button that does it."""
    sale, now, event = get_sale(current_session(), order.event_id), utc_now(), order.event
    leaving = [one for one in order.tickets if one.state in LEAVABLE and (tickets is None or one.public_id in tickets)]
    refusal = None
    try:
        refuse_leaving(order, now)
    except Conflict as found:
        refusal = found.sentence
    return answer(
        "payments/leave.html", status=status, leaving=leaving, all=tickets is None, action=where,
        goodbye=farewell_to(order, sale, leaving, now), percent=percent_now(order, sale, now), refusal=refusal,
        steps=steps_left(sale.comes_back, today=today_at(event, now), first_day=event.starts_local.date()),
        problem=problem.sentence if problem is not None else None, **frame_of(order),
    )  # fmt: skip
