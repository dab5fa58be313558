"""One order: everything about it, and what a treasurer can do with it."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.audit.models import LogEntry
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict
from gatherings.core.words import Sentence, say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.mail.queries import list_about
from gatherings.organise import money_words
from gatherings.organise.access import may, organiser
from gatherings.organise.log_queries import name_actors
from gatherings.organise.log_words import sentence_of
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.money.orders import path_of
from gatherings.organise.routes.registrations.telling import Deed, told_of
from gatherings.payments.models import Dispute
from gatherings.payments.queries.orders import get_order_of_event, moved_of, registrations_of
from gatherings.tickets.models import Order
from gatherings.tickets.rules.states import CONFIRMED, LIVE
from gatherings.web.answers import answer, go
from gatherings.web.i18n import words

ONE = "/events/<event>/orders/<order>"
_MOST = 100  # lines of the log
NOTES: Mapping[str, Sentence] = {
    "noted": say("Noted as paid. The buyer gets the receipt by mail."),
    "given": say("The money goes back. The buyer is told by mail."),
    "hand": say("Noted, and the buyer is told. Please send the money, and say so below when it is done."),
    "back": say("Noted as given back."),
    "again": say("The refund is sent once more."),
    "mine": say("Please send the money by hand, and say so below when it is done."),
    "looked": say("Nothing of this order needs you any more."),
    "before": say("That was done before, so nothing more was needed."),
}


@bp.get(ONE)
@may("money")
def order(event: Event, order: str) -> Response:
    """Show everything about one order."""
    return show(event, order, note=request.args.get("done", ""))


def show(event: Event, public_id: str, *, status: int = 200, note: str = "", **more: Any) -> Response:
    """Show an order's page; `more` is a form with its problems, or a refusal (`problem`)."""
    session, now = current_session(), utc_now()
    mine = get_order_of_event(session, event.id, public_id)
    moved = moved_of(session, mine.id)
    disputes = session.scalars(select(Dispute).where(Dispute.order_id == mine.id).order_by(Dispute.id)).all()
    today = zones.to_local(now, event.zone).date()
    noted_by = {one.noted_by for one in moved.payments} | {one.asked_by for one in moved.refunds}
    values = {
        "order": mine,
        "event": mine.event,
        "community": mine.event.community,
        "list_path": path_of(event),
        "path": f"{path_of(event)}/{mine.public_id}",
        "state": money_words.state_words(mine, today),
        "way": money_words.WAYS[mine.way],
        "need": money_words.need_words(mine.attention),
        "registrations": registrations_of(session, mine.tickets),
        "moved": moved,
        "disputes": disputes,
        "people": _people(session, {one for one in noted_by if one is not None}),
        "payments": {one.id: one for one in moved.payments},
        "papers": [(one, money_words.document_words(one.kind, one.number)) for one in moved.documents],
        "mails": [told_of(mail) for mail in list_about(session, f"order:{mine.public_id}")[:_MOST]],
        "deeds": _deeds(session, mine),
        "can_note": can_note(mine),
        "can_give": can_give(mine),
        "w": money_words,
        "note": NOTES.get(note),
        "problem": None,
        "now": now,
        **more,
    }
    return answer("organise/money/order.html", status=status, **values)


def can_note(order: Order) -> bool:
    """Tell whether money can be noted for an order by hand: it is owed, or came though the order is closed."""
    return order.owed > 0 if order.state in LIVE else order.state in ("expired", "cancelled")


def can_give(order: Order) -> bool:
    """Tell whether something of an order can be given back, or taken off what is to be paid."""
    return order.state in (*CONFIRMED, "cancelled") and any(one.gross > one.comes_back for one in order.tickets)


def press(event: Event, public_id: str, act: Callable[[Session, int, Person], str]) -> Response:
    """Do what a button asks for in one transaction, and show the page again; a refusal is said there."""
    actor, event_id, slug = organiser().id, event.id, event.slug

    def run(session: Session) -> str:
        mine = get_order_of_event(session, event_id, public_id)
        return act(session, mine.id, session.get_one(Person, actor))

    try:
        done = transact(run)
    except Conflict as refusal:
        again = current_session().get_one(Event, event_id)
        return show(again, public_id, status=409, problem=refusal.sentence)
    return go(f"/organise/events/{slug}/orders/{public_id}?done={done}")


def _people(session: Session, ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    rows = session.execute(select(Person.id, Person.name, Person.address).where(Person.id.in_(ids)))
    return {id: name or address for id, name, address in rows}


def _deeds(session: Session, order: Order) -> list[Deed]:
    """List what the log says about an order, newest first."""
    lines = session.scalars(
        select(LogEntry).where(LogEntry.about == f"order:{order.public_id}").order_by(LogEntry.id.desc()).limit(_MOST)
    ).all()
    names = name_actors(session, {line.actor for line in lines})
    what = say("this order")
    return [
        Deed(line.at, words(sentence_of(line.action, line.actor, line.details, who=names[line.actor], what=what)))
        for line in lines
    ]
