"""What a treasurer notes by hand: that an invoice was paid, that money was given back, that all is well again."""

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.text import TextProblem
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.organise.access import may
from gatherings.organise.forms.money import amount_of, amount_typed
from gatherings.organise.forms.reading import line_of, read_day
from gatherings.organise.money_words import state_words
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.money.one import ONE, can_note, press
from gatherings.organise.routes.money.orders import path_of
from gatherings.payments.actions import by_hand
from gatherings.payments.actions.money import lock_for_money
from gatherings.payments.actions.settling import note_by_hand
from gatherings.payments.queries.orders import get_order_of_event
from gatherings.tickets.models import Order
from gatherings.web.answers import answer, go
from gatherings.web.forms import ChoiceField, CleanField, PlainForm
from gatherings.web.i18n import words
from gatherings.web.requests import settings

_HOWS = {"bank": say("To the bank account"), "door": say("At the door")}


class PaidForm(PlainForm):
    """That money came: how much, which way, on which day, and a word about it. `key`: of this very form."""

    how = ChoiceField("", [])
    amount = CleanField("", str)
    came = CleanField("", read_day)
    note = CleanField("", line_of(200))
    key = CleanField("", line_of(40))


def paid_form(order: Order, today: date, *, typed: bool) -> Any:
    """Make the form for an order, with what is owed as the amount."""

    def needed(text: str) -> int:
        amount = amount_of(order.currency)(text)
        if not amount:
            raise TextProblem(say("Please write how much came."))
        return amount

    def lately(text: str) -> date:
        day = read_day(text)
        if day is None or not order.placed_at.date() - timedelta(days=1) <= day <= today:
            raise TextProblem(say("Please choose a day from when it was ordered until today."))
        return day

    class Form(PaidForm):
        amount = CleanField("", needed)
        came = CleanField("", lately)

    first = {
        "how": "door" if order.way == "door" else "bank", "came": today.isoformat(), "note": "",
        "amount": amount_typed(order.owed, order.currency) if order.owed > 0 else "", "key": new_public_id(),
    }  # fmt: skip
    made = Form() if typed else Form(formdata=None, data=first)
    made.how.choices = [(key, words(said)) for key, said in _HOWS.items()]
    return made


@bp.route(f"{ONE}/paid", methods=["GET", "POST"])
@may("money")
def note_paid(event: Event, order: str) -> Response:
    """Note that an order was paid to the bank account or at the door; GET asks, a press notes."""
    now = utc_now()
    today = zones.to_local(now, event.zone).date()
    mine = get_order_of_event(current_session(), event.id, order)
    form = paid_form(mine, today, typed=request.method == "POST")
    if request.method == "POST" and not can_note(mine):  # pressed twice, or a colleague was quicker
        return go(f"{path_of(event)}/{mine.public_id}?done=before")
    if request.method != "POST" or not form.validate():
        return answer(
            "organise/money/paid.html", event=mine.event, community=mine.event.community, order=mine, form=form,
            path=f"{path_of(event)}/{mine.public_id}", can=can_note(mine), state=state_words(mine, today),
            status=422 if form.problems else 200,
        )  # fmt: skip
    amount, how, note, key = form.amount.clean, form.how.data, form.note.clean, form.key.clean
    came, _how = zones.to_utc_rfc(datetime.combine(form.came.clean, time(12)), event.zone)
    owed = request.form.get("owed", "")

    def act(session: Session, order_id: int, person: Person) -> str:
        locked, _event = lock_for_money(session, order_id)
        if owed != str(locked.owed):  # pressed twice, or a colleague was quicker
            return "before"
        note_by_hand(
            session, order_id, amount, how, person, note, settings().site, now=now, key=key, received_at=min(came, now)
        )
        return "noted"

    return press(event, order, act)


@bp.post(f"{ONE}/refunds/<refund>/done")
@may("money")
def refund_done(event: Event, order: str, refund: str) -> Response:
    """Note that money was given back by hand."""

    def act(session: Session, order_id: int, person: Person) -> str:
        return by_hand.note_given_back(session, order_id, refund, person=person, now=utc_now())

    return press(event, order, act)


@bp.post(f"{ONE}/refunds/<refund>/again")
@may("money", fresh=True)
def refund_again(event: Event, order: str, refund: str) -> Response:
    """Send a refund that failed once more, or take it over by hand."""
    mine = request.form.get("by_hand") == "yes"

    def act(session: Session, order_id: int, person: Person) -> str:
        return by_hand.try_again(session, order_id, refund, person=person, by_hand=mine, now=utc_now())

    return press(event, order, act)


@bp.post(f"{ONE}/looked-after")
@may("money")
def order_looked_after(event: Event, order: str) -> Response:
    """Say that what an order needed was looked after."""
    attention = request.form.get("attention", "")[:40]

    def act(session: Session, order_id: int, person: Person) -> str:
        return by_hand.looked_after(session, order_id, attention, person=person, now=utc_now())

    return press(event, order, act)
