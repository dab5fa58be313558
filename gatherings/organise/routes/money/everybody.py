"""Everybody's money back when a gathering is cancelled: said before, asked for once, and how far it is."""

from flask import Response, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict
from gatherings.core.words import Sentence
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.events.queries import WITH_ALL
from gatherings.organise.access import may, organiser
from gatherings.organise.routes.blueprint import bp
from gatherings.payments.actions import giving_all
from gatherings.payments.models import GivingBack, Refund
from gatherings.payments.queries import treasury
from gatherings.tickets.models import Order
from gatherings.web.answers import answer, go


@bp.get("/events/<event>/everybody-back")
@may("money", fresh=True)
def ask_everybody_back(event: Event) -> Response:
    """Say what goes back to whom, and ask; afterwards, how far it is."""
    return _page(event)


@bp.post("/events/<event>/everybody-back")
@may("money", fresh=True)
def everybody_back(event: Event) -> Response:
    """Ask the worker to give everybody their money back."""
    event_id, slug, actor = event.id, event.slug, organiser().id

    def run(session: Session) -> bool:
        return giving_all.ask(session, event_id, person=session.get_one(Person, actor), now=utc_now())

    try:
        transact(run)
    except Conflict as refusal:
        again = current_session().get_one(Event, event_id, options=WITH_ALL, populate_existing=True)
        return _page(again, status=409, problem=refusal.sentence)
    return go(f"/organise/events/{slug}/everybody-back?done=asked")


def _page(event: Event, *, status: int = 200, problem: Sentence | None = None) -> Response:
    session, now = current_session(), utc_now()
    asked = session.scalars(select(GivingBack).where(GivingBack.event_id == event.id)).one_or_none()
    mine = (Order.event_id == event.id, giving_all.to_close())
    orders, paid, back, unpaid = session.execute(
        select(
            func.count(Order.id),
            func.count(Order.id).filter(Order.received > Order.given_back),
            func.coalesce(func.sum(Order.received - Order.given_back), 0),
            func.count(Order.id).filter(Order.received <= Order.given_back),
        ).where(*mine)
    ).one()
    states = session.execute(
        select(Refund.state, func.count(), func.sum(Refund.amount))
        .join(Order, Order.id == Refund.order_id)
        .where(Order.event_id == event.id)
        .group_by(Refund.state)
    ).all()
    return answer(
        "organise/money/everybody.html", "organise/money/_everybody.html", status=status, event=event,
        community=event.community, currency=treasury.currency_of(session, event) or "", asked=asked, orders=orders,
        paid=paid, back=int(back), unpaid=unpaid, states={state: (number, int(sum)) for state, number, sum in states},
        problem=problem, now=now, path=f"/organise/events/{event.slug}/everybody-back",
        done=request.args.get("done") == "asked",
    )  # fmt: skip
