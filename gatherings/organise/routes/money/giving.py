"""Giving money back, in two presses: which tickets and how much, then what that means, then it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict
from gatherings.core.text import TextProblem
from gatherings.core.words import Sentence, say
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.organise.access import may
from gatherings.organise.forms.money import amount_of, amount_typed
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.money.one import ONE, can_give, press
from gatherings.organise.routes.money.orders import path_of
from gatherings.payments.actions.money import lock_for_money
from gatherings.payments.actions.refunding import give_back
from gatherings.payments.queries.orders import get_order_of_event, get_sale, moved_of
from gatherings.payments.rules.giving import Line, Paid, Way, problems_of, way_of
from gatherings.tickets.models import Order, Ticket
from gatherings.tickets.rules.comes_back import percent_back
from gatherings.tickets.rules.pricing import part_back
from gatherings.web.answers import answer
from gatherings.web.i18n import words
from gatherings.web.requests import settings

_NONE = say("Please tick at least one ticket.")
_NOTHING = say("Please write how much goes back, or choose that the ticket is cancelled.")
_MOVED = say("Something about this order changed meanwhile. Please look at it again before you give anything back.")


@dataclass
class Asked:
    """What was typed: the amount for each ticket that was ticked, whether they leave, and what cannot be."""

    typed: dict[str, str]
    ticked: set[str]
    leave: bool
    amounts: dict[str, int]
    problems: dict[str, Sentence]
    refusal: Sentence | None = None

    @property
    def total(self) -> int:
        """Give what goes back in all."""
        return sum(self.amounts.values())


@bp.get(f"{ONE}/give-back")
@may("money", fresh=True)
def ask_give_back(event: Event, order: str) -> Response:
    """Ask which tickets, and how much of each."""
    mine = get_order_of_event(current_session(), event.id, order)
    rows = [one for one in mine.tickets if one.gross > one.comes_back]
    typed = {one.public_id: amount_typed(one.gross - one.comes_back, mine.currency) for one in rows}
    ticked = {one.public_id for one in rows} if len(rows) == 1 else set()
    return _ask(event, mine, Asked(typed, ticked, any(one.state == "valid" for one in rows), {}, {}))


@bp.post(f"{ONE}/give-back")
@may("money", fresh=True)
def look_give_back(event: Event, order: str) -> Response:
    """Say what it means, and ask once more; nothing is done yet."""
    mine = get_order_of_event(current_session(), event.id, order)
    asked = _read(mine)
    if asked.refusal or asked.problems or request.form.get("back"):
        return _ask(event, mine, asked, status=200 if request.form.get("back") else 422)
    return answer("organise/money/sure.html", **_values(event, mine), asked=asked, way=_way(mine, asked.total))


@bp.post(f"{ONE}/give-back/do")
@may("money", fresh=True)
def do_give_back(event: Event, order: str) -> Response:
    """Give it back."""
    mine = get_order_of_event(current_session(), event.id, order)
    asked = _read(mine)
    if asked.refusal or asked.problems:
        return _ask(event, mine, asked, status=422)
    seen = request.form.get("seen", "")
    event_id, by_hand = event.id, _way(mine, asked.total).by_hand > 0

    def act(session: Session, order_id: int, person: Person) -> str:
        lock_for_money(session, order_id)
        locked = get_order_of_event(session, event_id, order)
        session.refresh(locked)
        now_there = {one.public_id: one for one in locked.tickets}
        for one in now_there.values():
            session.refresh(one)
        if seen != _seen(locked):
            if all(_done(now_there[ticket], amount, asked.leave, seen) for ticket, amount in asked.amounts.items()):
                return "before"  # pressed twice
            raise Conflict(_MOVED)
        wanted = {ticket: now_there[ticket].comes_back + amount for ticket, amount in asked.amounts.items()}
        give_back(session, order_id, wanted, person=person, leave=asked.leave, site=settings().site, now=utc_now())
        return "hand" if by_hand else "given"

    return press(event, order, act)


def _done(ticket: Ticket, amount: int, leave: bool, seen: str) -> bool:
    """Tell whether a ticket stands as this very press would have it: pressed twice, and not a colleague's doing."""
    before = dict(part.split(":", 1) for part in seen.split() if ":" in part).get(ticket.public_id, "")
    wanted = int(before) + amount if before.isascii() and before.isdigit() and len(before) < 12 else -1
    return ticket.comes_back == wanted and (not leave or ticket.state == "cancelled")


def _seen(order: Order) -> str:
    """Write down what was given back of each ticket when the question was asked."""
    return " ".join(f"{one.public_id}:{one.comes_back}" for one in order.tickets)


def _read(order: Order) -> Asked:
    form = request.form
    ticked = set(form.getlist("ticket")[:500])
    typed, amounts, problems = {}, {}, {}
    lines = [Line(one.public_id, one.gross - one.comes_back) for one in order.tickets]
    read = amount_of(order.currency)
    for one in order.tickets:
        text = typed[one.public_id] = form.get(f"amount-{one.public_id}", "")[:60]
        if one.public_id not in ticked:
            continue
        try:
            amounts[one.public_id] = read(text) or 0
        except TextProblem as problem:
            problems[one.public_id] = problem.sentence
    problems |= {one.field: one.sentence for one in problems_of(lines, amounts, order.currency)}
    leave = form.get("leave") == "yes"
    refusal = None
    if not can_give(order):
        refusal = say("There is nothing of this order left to give back.")
    elif not ticked & set(typed):
        refusal = _NONE
    elif not problems and not leave and not sum(amounts.values()):
        refusal = _NOTHING
    return Asked(typed, ticked, leave, amounts, problems, refusal)


def _way(order: Order, amount: int) -> Way:
    payments = moved_of(current_session(), order.id).payments
    paid = [Paid(one.provider, one.amount - one.given_back) for one in payments if one.counts]
    return way_of(amount, order.owed, paid)


def _by_rules(event: Event, order: Order) -> Mapping[str, int]:
    """Give what would come back of each ticket today, if its holder left by themselves."""
    steps = get_sale(current_session(), event.id).comes_back
    today = zones.to_local(utc_now(), event.zone).date()
    percent = percent_back(steps, today=today, first_day=event.starts_local.date())
    return {one.public_id: part_back(one.gross, percent, order.currency) for one in order.tickets}


def _values(event: Event, order: Order) -> dict[str, Any]:
    return {
        "event": order.event,
        "community": order.event.community,
        "order": order,
        "rows": [one for one in order.tickets if one.gross > one.comes_back],
        "path": f"{path_of(event)}/{order.public_id}",
        "seen": _seen(order),
        "can": can_give(order),
    }


def _ask(event: Event, order: Order, asked: Asked, status: int = 200) -> Response:
    problems = [(f"amount-{ticket}", words(said)) for ticket, said in asked.problems.items()]
    if asked.refusal is not None:
        problems.insert(0, ("tickets", words(asked.refusal)))
    return answer(
        "organise/money/give.html", status=status, **_values(event, order), asked=asked, problems=problems,
        by_rules=_by_rules(event, order), typed_now=amount_typed,
    )  # fmt: skip
