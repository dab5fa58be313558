"""The one function that settles what a provider says of a session, asked by everybody who learns something.

Webhook, the page one comes back to, polling and the worker's sweeps all come here with what the provider said when it
was asked; coming again, at once or out of order, changes nothing more. Money is noted whatever the order's state:
it pays for the order, or it goes back.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.errors import Conflict
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.events.models import Event
from gatherings.payments.actions.documents import issue_invoice, issue_receipt
from gatherings.payments.actions.money import BY_HAND, lock_for_money, log_money, make_refund, notify
from gatherings.payments.actions.seating import seat_again
from gatherings.payments.actions.telling import post_order
from gatherings.payments.models import Attempt, Payment
from gatherings.payments.providers import Seen
from gatherings.payments.rules.settling import held_again, why_not
from gatherings.registration.actions.ticketed import confirm_tickets
from gatherings.tickets.models import Order, Ticket

_FINAL = ("complete", "failed")


def settle(
    session: Session,
    order_id: int,
    seen: Seen,
    site: Site,
    *,
    now: datetime,
    attempt_id: int | None = None,
    provider: str = "stripe",
) -> str:
    """Bring an order up to what the provider says of one of its sessions; gives the order's state.

    `seen` was asked for outside of any transaction, and is true whenever it comes here.
    """
    order, event = lock_for_money(session, order_id)
    attempt = _attempt_of(session, order, seen, attempt_id)
    if seen.paid:
        if attempt is not None:
            attempt.state = "complete"
        _take(
            session, order, event, site, provider=provider, reference=seen.payment or seen.session_id,
            amount=seen.amount, currency=seen.currency, attempt=attempt, received_at=seen.paid_at or now, now=now,
        )  # fmt: skip
    elif attempt is not None and seen.state == "complete":
        (_fail if seen.failed else _wait)(session, order, event, attempt, site, now=now)
    elif attempt is not None and seen.state == "expired" and attempt.state not in _FINAL:
        attempt.state = "expired"
    session.flush()
    return order.state


def _attempt_of(session: Session, order: Order, seen: Seen, attempt_id: int | None) -> Attempt | None:
    """Find the attempt that a session is of, and write down the session where that was not done yet."""
    attempts = session.scalars(select(Attempt).where(Attempt.order_id == order.id)).all()
    found = next((one for one in attempts if one.session_id == seen.session_id), None)
    if found is None and attempt_id is not None:
        found = next((one for one in attempts if one.id == attempt_id and one.session_id is None), None)
    if found is not None and found.session_id is None:
        found.session_id, found.url = seen.session_id, seen.url
        found.state = "open" if found.state == "starting" else found.state
    return found


def _wait(session: Session, order: Order, event: Event, attempt: Attempt, site: Site, *, now: datetime) -> None:
    """Keep the places for money that is on its way: a delayed way of paying."""
    if attempt.state in _FINAL:
        return
    attempt.state = "complete"
    if order.state == "expired":
        seat_again(session, order, event, site, now=now)
    if order.state != "open":
        return
    order.state, order.way, order.expires_at = "waiting", "card", None
    session.flush()
    post_order(session, order, "order_waiting", site, now=now, key=str(attempt.number))


def _fail(session: Session, order: Order, event: Event, attempt: Attempt, site: Site, *, now: datetime) -> None:
    """Let somebody whose delayed payment failed try again; the places are kept for that, for a while."""
    if attempt.state == "failed":
        return
    attempt.state = "failed"
    if order.state not in ("open", "waiting") or attempt.number != order.attempts:
        return
    order.state, order.expires_at = "open", held_again(now, order.attempts, event.starts_at, event.ends_at)
    session.flush()
    post_order(session, order, "order_failed", site, now=now, key=str(attempt.number))


def _take(
    session: Session,
    order: Order,
    event: Event,
    site: Site,
    *,
    provider: str,
    reference: str,
    amount: int,
    currency: str,
    now: datetime,
    received_at: datetime,
    attempt: Attempt | None = None,
    person: Person | None = None,
    note: str = "",
) -> Payment:
    """Note money once for each reference; it pays for the order, or is written to go back."""
    known = session.scalars(
        select(Payment).where(Payment.provider == provider, Payment.reference == reference)
    ).one_or_none()
    if known is not None:
        return known
    late = order.state == "expired" and amount > 0 and currency == order.currency
    twice = late and not seat_again(session, order, event, site, now=now) and _bought_again(session, order)
    why = "twice" if twice else why_not(
        order.state, order.owed, order.currency, amount=amount, of=currency,
        asked=(attempt.amount, attempt.currency) if attempt else None, by_hand=provider in BY_HAND,
    )  # fmt: skip
    payment = Payment(
        public_id=new_public_id(), order_id=order.id, attempt_id=attempt.id if attempt else None, provider=provider,
        reference=reference, amount=amount, currency=currency, counts=not why, why_not=why, given_back=0,
        noted_by=person.id if person else None, note=note, received_at=received_at, created_at=now,
    )  # fmt: skip
    session.add(payment)
    session.flush()
    if why:
        _send_back(session, order, payment, site, now=now)
    else:
        _pay(session, order, payment, site, now=now)
        if late:
            log_money(session, order, "late_payment", now=now)
            notify(session, order, "late", site, now=now, key=payment.public_id, amount=amount)
    return payment


def _bought_again(session: Session, order: Order) -> bool:
    """Tell whether somebody's place is there by another order of the same buyer: they paid for it twice."""
    kinds = select(Ticket.kind_id).where(Ticket.order_id == order.id)
    other = (
        select(Ticket.id)
        .join(Order, Order.id == Ticket.order_id)
        .where(Order.person_id == order.person_id, Order.id != order.id, Order.event_id == order.event_id)
        .where(Order.state == "paid", Ticket.state == "valid", Ticket.kind_id.in_(kinds))
    )
    return session.scalars(other.limit(1)).first() is not None


def _pay(session: Session, order: Order, payment: Payment, site: Site, *, now: datetime) -> None:
    """Count money for an order; who comes is confirmed in this transaction, the papers and mails with it."""
    before = order.state
    order.received += payment.amount
    if before in ("open", "waiting"):
        order.way = "card" if payment.provider not in BY_HAND else order.way or payment.provider
    if before in ("open", "waiting", "due") and order.owed <= 0:
        order.state, order.paid_at, order.expires_at = "paid", payment.received_at, None
    elif before == "open" or before == "waiting":
        raise Conflict(say("This is less than the order costs. Please note the whole amount."))
    if order.owed < 0:
        order.follow_at = now
    session.flush()
    if before in ("open", "waiting"):
        tickets = session.scalars(select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id)).all()
        confirm_tickets(session, order, tickets, site, now=now)
    issue_invoice(session, order, now=now)
    issue_receipt(session, order, payment, now=now)
    kind = "order_confirmed" if before in ("open", "waiting") else "order_paid"
    key = "" if kind == "order_confirmed" else payment.public_id
    post_order(session, order, kind, site, now=now, key=key)
    if payment.noted_by is None:
        log_money(session, order, "payment", now=now)


def _send_back(session: Session, order: Order, payment: Payment, site: Site, *, now: datetime) -> None:
    """Give back the whole of a payment that does not pay for the order, loudly."""
    order.attention = "late" if payment.why_not == "gone" else "misfit"
    log_money(session, order, "late_payment" if payment.why_not == "gone" else "misfit_payment", now=now)
    if payment.amount <= 0:
        return
    refund = make_refund(session, order, payment, payment.amount, payment.why_not, now=now)
    what = {"amount": payment.amount, "currency": payment.currency}
    by_hand = refund.state == "by_hand"
    kind = "order_gone" if payment.why_not == "gone" else "order_given_back"
    post_order(session, order, kind, site, now=now, key=refund.public_id, by_hand=by_hand, **what)
    notify(session, order, payment.why_not, site, now=now, key=payment.public_id, **what)


def note_by_hand(
    session: Session,
    order_id: int,
    amount: int,
    how: str,
    person: Person,
    note: str,
    site: Site,
    *,
    now: datetime,
    key: str | None = None,
    received_at: datetime | None = None,
) -> str:
    """Note money that came by "bank" or at the "door", as an organiser says; gives the order's state.

    A part is taken where people are confirmed already. `key` is the form's: pressed twice, it is noted once. Money for
    an order that is closed is noted too: its places are taken again if there are any, else it is to go back.
    """
    if how not in BY_HAND or amount <= 0:
        raise ValueError(how, amount)
    order, event = lock_for_money(session, order_id)
    reference = f"{how}-{key or new_public_id()}"
    before = session.scalars(select(Payment.id).where(Payment.provider == how, Payment.reference == reference))
    if before.first() is not None:
        return order.state
    if order.state in ("open", "waiting") and amount < order.owed:
        raise Conflict(say("This is less than the order costs. Please note the whole amount."))
    _take(
        session, order, event, site, provider=how, reference=reference, amount=amount, currency=order.currency,
        received_at=received_at or now, now=now, person=person, note=note,
    )  # fmt: skip
    log_money(session, order, "note_payment", now=now, actor=person.public_id, how=how, amount=amount)
    session.flush()
    return order.state


def finish_free(session: Session, order: Order, site: Site, *, now: datetime) -> None:
    """Confirm an order that costs nothing, in the transaction that placed it; its tickets are held."""
    order.state, order.way, order.paid_at, order.expires_at = "paid", "free", now, None
    session.flush()
    tickets = session.scalars(select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id)).all()
    confirm_tickets(session, order, tickets, site, now=now)
    post_order(session, order, "order_confirmed", site, now=now)
