"""Money that goes back: on an organiser's word, sent by the worker, and what the provider says became of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.errors import Conflict
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.db.session import current_session, transact
from gatherings.events.models import Event
from gatherings.jobs.actions import LEASE_SECONDS, backoff
from gatherings.payments.actions.following import follow
from gatherings.payments.actions.money import count_back, lock_for_money, log_money, notify
from gatherings.payments.actions.telling import post_order
from gatherings.payments.models import Payment, Refund
from gatherings.payments.providers import Away, Provider, Refused, Returned
from gatherings.registration.actions.handing import part
from gatherings.registration.actions.leaving import cancel
from gatherings.registration.actions.ticket_places import registrations_of
from gatherings.registration.actions.ticketed import close_tickets, live_tickets
from gatherings.registration.actions.waiting import free_place
from gatherings.registration.models import Registration
from gatherings.tickets.actions.orders import lock_order, recount
from gatherings.tickets.models import Order, Ticket
from gatherings.tickets.rules.states import HOLDING

LONG = 12  # tries, about a day and a half: then somebody is told, and the worker goes on


def give_back(
    session: Session,
    order_id: int,
    tickets: Mapping[str, int],
    *,
    person: Person,
    leave: bool,
    site: Site,
    now: datetime,
) -> list[Refund]:
    """Let so much of each ticket come back in all (public id → minor units; never less than before).

    With `leave` these people do not come any more: their places go to the waiting list, and they are told. The refunds
    and credit notes are written in this transaction. Raises Conflict for a ticket of another order, or too much.
    """
    order, event = lock_for_money(session, order_id)
    rows = session.scalars(select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id)).all()
    chosen = [one for one in rows if one.public_id in tickets]
    if len(chosen) != len(tickets) or any(not 0 <= tickets[one.public_id] <= one.gross for one in chosen):
        raise Conflict(say("This order has changed meanwhile. Please look at it again."))
    for ticket in chosen:
        ticket.comes_back = max(ticket.comes_back, tickets[ticket.public_id])
    session.flush()
    before = order.attention
    left = _let_leave(session, chosen, event, site, person=person, now=now) if leave else 0
    session.refresh(order)
    # Who decides here about the money need not be told that it is theirs to decide.
    order.attention = before if before != "left-by-host" else ""
    recount(session, order, now=now)
    log_money(session, order, "give_back", now=now, actor=person.public_id, left=left)
    return follow(session, order.id, site, now=now, person_id=person.id)


def _let_leave(
    session: Session, tickets: list[Ticket], event: Event, site: Site, *, person: Person, now: datetime
) -> int:
    """Cancel tickets; who has no other one is told that they do not come any more. Gives how many were cancelled."""
    leaving = [one for one in tickets if one.state in (*HOLDING, "wished")]
    for registration_id in sorted({one.registration_id for one in leaving if one.registration_id is not None}):
        theirs = [one for one in leaving if one.registration_id == registration_id]
        (mine,) = registrations_of(session, [registration_id])
        if mine.by_itself or len(live_tickets(session, registration_id)) > len(theirs):
            had = any(one.state == "valid" for one in theirs)
            close_tickets(session, theirs, site, by="host", now=now, percent=0)
            _go_on(session, registration_id, site, had=had, now=now)
            continue
        registration = session.scalars(
            select(Registration)
            .where(Registration.id == registration_id)
            .options(
                joinedload(Registration.person),
                joinedload(Registration.invite),
                joinedload(Registration.event).joinedload(Event.community),
                joinedload(Registration.event).joinedload(Event.series),
                joinedload(Registration.event).joinedload(Event.series_rule),
            )
            .execution_options(populate_existing=True)
        ).one()
        cancel(session, registration, site, now=now, by="host", actor=person.public_id)
    return len(leaving)


def _go_on(session: Session, registration_id: int, site: Site, *, had: bool, now: datetime) -> None:
    """Let somebody who keeps another ticket go on with it; one that is not valid yet does not let them come."""
    left = live_tickets(session, registration_id)
    enough = ("valid",) if had else HOLDING
    (registration,) = registrations_of(session, [registration_id])
    if registration.by_itself or registration.places_id is None or any(one.state in enough for one in left):
        return
    free = part(session, registration, site, left=left, kind="cancelled", by="host", now=now)
    if free is not None:
        free_place(session, free, site, now=now)


def lease(session: Session, *, now: datetime, limit: int) -> list[int]:
    """Take up to so many refunds that are to be sent; each counts as one try."""
    due = (
        select(Refund.id)
        .where(Refund.state == "due", Refund.due_at <= now)
        .where(or_(Refund.leased_until.is_(None), Refund.leased_until <= now))
        .order_by(Refund.due_at, Refund.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    leased = (
        update(Refund)
        .where(Refund.id.in_(select(due.c.id)))
        .values(leased_until=now + timedelta(seconds=LEASE_SECONDS), tries=Refund.tries + 1)
        .returning(Refund.id)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(leased))


def send(provider: Provider, refund_id: int, site: Site, *, now: datetime) -> bool:
    """Ask the provider for one refund, once for its key, and write down what it says; outside of any transaction.

    Raises Away; the refund is put off then, and goes out when the provider is back.
    """
    row = current_session().execute(
        select(Refund.public_id, Refund.amount, Refund.currency, Refund.state, Payment.reference, Payment.provider)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.id == refund_id)
    )
    public_id, amount, currency, state, payment, by = row.one()
    if state != "due" or by != provider.name:
        return False
    try:
        returned = provider.refund(
            key=f"refund-{public_id}", payment=payment, amount=amount, currency=currency, ours=public_id
        )
    except Away as error:
        transact(put_off, refund_id, str(error), site, now=now)
        raise
    except Refused as error:
        transact(refuse, refund_id, str(error), site, now=now)
        return True
    transact(note_returned, returned, provider.name, site, now=now, refund_id=refund_id)
    return True


def put_off(session: Session, refund_id: int, words: str, site: Site, *, now: datetime) -> None:
    """Try a refund again later; who looks after money is told when it takes long."""
    refund = _locked(session, refund_id)
    if refund.state != "due":
        return
    refund.due_at, refund.leased_until, refund.error = now + backoff(refund.tries), None, words[:300]
    if refund.tries == LONG:
        order = session.get_one(Order, refund.order_id)
        notify(session, order, "refund", site, now=now, key=f"{refund.public_id}-waits", amount=refund.amount,
               currency=refund.currency, error=words[:300])  # fmt: skip


def refuse(session: Session, refund_id: int, words: str, site: Site, *, now: datetime) -> None:
    """Write down that the provider will not give money back: a person must look."""
    refund = _locked(session, refund_id)
    if refund.state == "due":
        _fail(session, refund, words, site, now=now)


def _locked(session: Session, refund_id: int) -> Refund:
    order_id = session.scalars(select(Refund.order_id).where(Refund.id == refund_id)).one()
    lock_order(session, order_id)
    return session.get_one(Refund, refund_id, populate_existing=True)


def _fail(session: Session, refund: Refund, words: str, site: Site, *, now: datetime) -> None:
    order = session.get_one(Order, refund.order_id)
    payment = session.get_one(Payment, refund.payment_id, populate_existing=True)
    refund.state, refund.error, refund.leased_until, refund.done_at = "failed", words[:300], None, None
    count_back(order, payment, -refund.amount)
    order.attention = "refund-failed"
    session.flush()
    log_money(session, order, "refund_failed", now=now)
    notify(session, order, "refund", site, now=now, key=refund.public_id, amount=refund.amount,
           currency=refund.currency, error=words[:300])  # fmt: skip


def note_returned(
    session: Session, returned: Returned, provider: str, site: Site, *, now: datetime, refund_id: int | None = None
) -> str:
    """Write down how a refund stands at the provider; gives "noted", or "ignored" for one that is not about us.

    One that somebody made at the provider's own screens is noted as well: it lowers what the order's tickets cost.
    """
    found = _find_refund(session, returned, refund_id)
    if found is None:
        return _note_elsewhere(session, returned, provider, site, now=now)
    refund = _locked(session, found)
    if returned.state == "failed":
        if refund.state != "failed":
            refund.reference = refund.reference or returned.reference
            _fail(session, refund, returned.error, site, now=now)
        return "noted"
    if refund.state == "failed":  # it went through after all
        payment = session.get_one(Payment, refund.payment_id, populate_existing=True)
        count_back(session.get_one(Order, refund.order_id), payment, refund.amount)
    elif refund.state == "done":
        return "noted"
    refund.reference, refund.leased_until, refund.error = returned.reference, None, ""
    refund.state = returned.state
    refund.done_at = now if returned.state == "done" else None
    session.flush()
    return "noted"


def _find_refund(session: Session, returned: Returned, refund_id: int | None) -> int | None:
    known = session.scalars(select(Refund.id).where(Refund.reference == returned.reference)).one_or_none()
    if known is not None or refund_id is not None:
        return known or refund_id
    if not returned.ours:
        return None
    named = select(Refund.id).where(Refund.public_id == returned.ours, Refund.reference.is_(None))
    return session.scalars(named).one_or_none()


def _note_elsewhere(session: Session, returned: Returned, provider: str, site: Site, *, now: datetime) -> str:
    """Note a refund that was not asked for by us: by a person at the provider's own screens."""
    payment = session.scalars(
        select(Payment).where(Payment.provider == provider, Payment.reference == returned.payment)
    ).one_or_none()
    if payment is None or returned.state == "failed" or returned.amount <= 0:
        return "ignored"
    order = lock_order(session, payment.order_id)
    session.refresh(payment)
    if session.scalars(select(Refund.id).where(Refund.reference == returned.reference)).first() is not None:
        return "noted"
    same = session.scalars(
        select(Refund).where(Refund.payment_id == payment.id, Refund.state == "due", Refund.tries == 0)
    ).all()
    waiting = next((one for one in same if one.amount == returned.amount), None)
    done_at = now if returned.state == "done" else None
    if waiting is not None:  # the very one that was about to be sent
        waiting.reference, waiting.state, waiting.done_at = returned.reference, returned.state, done_at
        session.flush()
        return "noted"
    refund = Refund(
        public_id=new_public_id(), order_id=order.id, payment_id=payment.id, amount=returned.amount,
        currency=payment.currency, reason="asked", tickets={}, state=returned.state, reference=returned.reference,
        due_at=now, created_at=now, done_at=done_at,
    )  # fmt: skip
    session.add(refund)
    count_back(order, payment, returned.amount)
    session.flush()
    if payment.counts:
        refund.tickets = _lower(session, order, returned.amount, now=now)
    order.attention = order.attention or "given-back-elsewhere"
    session.flush()
    post_order(session, order, "order_given_back", site, now=now, key=refund.public_id, amount=refund.amount,
               currency=refund.currency, by_hand=False)  # fmt: skip
    notify(session, order, "elsewhere", site, now=now, key=refund.public_id, amount=refund.amount)
    return "noted"


def _lower(session: Session, order: Order, back: int, *, now: datetime) -> dict[str, int]:
    """Lower what tickets cost by what went back of a paid order, so that nothing seems to be owed again."""
    excess = min(back, order.owed) if order.state in ("paid", "cancelled") else 0
    shares: dict[str, int] = {}
    for ticket in session.scalars(select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id)):
        part = min(excess, ticket.gross - ticket.comes_back)
        if part > 0:
            ticket.comes_back += part
            shares[ticket.public_id] = part
            excess -= part
    if shares:
        recount(session, order, now=now)
    return shares
