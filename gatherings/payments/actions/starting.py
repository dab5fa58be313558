"""Beginning to pay by card: the attempt is written first, then the provider is asked, then its session is kept.

However often somebody presses, and wherever a process dies in between, there is at most one session of an order that
somebody can pay: an older one is ended at the provider first, and one whose address nobody has got harms nobody.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.db.session import transact
from gatherings.events.models import Event
from gatherings.events.rules import DOOR_WORDS, Door, door
from gatherings.payments.actions.choosing import ON_ITS_WAY, TIME_IS_OVER
from gatherings.payments.actions.settling import settle
from gatherings.payments.models import Attempt
from gatherings.payments.providers import Asked, Away, Provider, Refused, Seen, Sold
from gatherings.payments.rules.settling import MOST_ATTEMPTS, STARTING, TYPING, session_ends
from gatherings.tickets.actions.orders import lock_order
from gatherings.tickets.models import Order, Ticket
from gatherings.tickets.rules.states import HOLDING

_TRIES = 4
_NEARLY_OVER = timedelta(minutes=2)


@dataclass(frozen=True)
class Begun:
    """What is to be done next: ask for a session (`asked`), or see to one that is there (`session_id`).

    `close`: that one is to be ended first, for the order is another by now, or it is nearly over.
    """

    attempt_id: int
    asked: Asked | None = None
    session_id: str | None = None
    close: bool = False


@dataclass(frozen=True)
class Started:
    """Where to pay; `url` None: there is nothing to be paid any more, and `state` says what the order is now."""

    url: str | None
    state: str


def start(provider: Provider, order_id: int, back_to: str, site: Site, *, now: datetime) -> Started:
    """Give the address at which an order is paid by card; outside of any transaction.

    `back_to` is the full address of the order's page. Raises Conflict for an order that cannot be paid, Away where
    the provider does not answer now (the places stay held; pressing again is safe), Refused where it says no.
    """
    for _turn in range(_TRIES):
        begun = transact(begin, order_id, provider.name, back_to, now=now)
        if begun.session_id is not None:
            seen = provider.expire(begun.session_id) if begun.close else provider.look(begun.session_id)
            state = transact(settle, order_id, seen, site, now=now, provider=provider.name)
            if seen.state == "open" and not begun.close and seen.url:
                return Started(seen.url, state)
            if seen.state == "complete" and not seen.failed:
                return Started(None, state)
            continue
        assert begun.asked is not None
        try:
            seen = provider.start(begun.asked)
        except Refused as error:
            again = transact(give_up, begun.attempt_id, str(error), now=now)
            if again:  # asked before with the same key, in other words: a new attempt gets its own
                continue
            raise
        if transact(keep, begun.attempt_id, seen, now=now) and seen.url:
            return Started(seen.url, "open")
        _end(provider, seen)  # another press came in between, and went on with its own
    raise Conflict(say("This order is being paid in another window. Please look at it again in a minute."))


def _end(provider: Provider, seen: Seen) -> None:
    with suppress(Away, Refused):  # nobody has its address, and it ends by itself
        provider.expire(seen.session_id)


def begin(session: Session, order_id: int, provider: str, back_to: str, *, now: datetime) -> Begun:
    """Write down that an order is about to be paid, and with what the provider is to be asked; raises Conflict."""
    order = lock_order(session, order_id)
    event = session.scalars(select(Event).where(Event.id == order.event_id)).one()
    _must_be_payable(order, event, now)
    live = session.scalars(
        select(Attempt)
        .where(Attempt.order_id == order.id, Attempt.state.in_(("starting", "open")))
        .order_by(Attempt.number)
    ).all()
    for one in live:
        fits = one.number == order.attempts and (one.amount, one.currency) == (order.owed, order.currency)
        fits = fits and one.provider == provider and one.expires_at - now > _NEARLY_OVER
        if one.session_id is not None:
            return Begun(one.id, session_id=one.session_id, close=not fits)
        if fits and now - one.created_at < STARTING:
            return Begun(one.id, asked=_asked(session, order, event, one, back_to))
        one.state = "expired"
    if order.attempts >= MOST_ATTEMPTS:
        raise Conflict(say("Paying by card was tried very often for this order. Please write to the hosts."))
    attempt = _new_attempt(session, order, provider, now=now)
    return Begun(attempt.id, asked=_asked(session, order, event, attempt, back_to))


def _must_be_payable(order: Order, event: Event, now: datetime) -> None:
    if order.state == "waiting":
        raise Conflict(ON_ITS_WAY)
    if order.state == "expired" or (order.state == "open" and order.expires_at is not None and order.expires_at <= now):
        raise Conflict(TIME_IS_OVER)
    if order.state not in ("open", "due") or order.owed <= 0:
        raise Conflict(say("There is nothing to pay for this order."))
    state = door(event, now)
    if order.state == "open" and state in (Door.OVER, Door.CANCELLED):
        raise Conflict(DOOR_WORDS[state])


def _new_attempt(session: Session, order: Order, provider: str, *, now: datetime) -> Attempt:
    if order.attempts == 0 and order.state == "open" and order.expires_at is not None:
        order.expires_at = max(order.expires_at, now + TYPING)
    order.attempts += 1
    attempt = Attempt(
        order_id=order.id, number=order.attempts, provider=provider, key=f"{order.public_id}-{order.attempts}",
        amount=order.owed, currency=order.currency, state="starting", created_at=now,
        expires_at=session_ends(now, order.expires_at if order.state == "open" else None),
    )  # fmt: skip
    session.add(attempt)
    session.flush()
    return attempt


def _asked(session: Session, order: Order, event: Event, attempt: Attempt, back_to: str) -> Asked:
    """Say what the provider is to take: the same words each time for the same attempt."""
    return Asked(
        key=attempt.key, order=order.public_id, reference=order.reference, amount=attempt.amount,
        currency=attempt.currency, lines=_lines(session, order, event, attempt.amount),
        address=session.get_one(Person, order.person_id).address, language=order.language,
        success_url=f"{back_to}?back=paid", cancel_url=f"{back_to}?back=left", expires_at=attempt.expires_at,
    )  # fmt: skip


def _lines(session: Session, order: Order, event: Event, amount: int) -> list[Sold]:
    tickets = session.scalars(
        select(Ticket)
        .where(Ticket.order_id == order.id, Ticket.state.in_(HOLDING))
        .options(joinedload(Ticket.kind))
        .order_by(Ticket.id)
    ).all()
    counts: dict[tuple[str, int], int] = {}
    for ticket in tickets:
        each = ticket.gross - ticket.comes_back
        if each > 0:
            what = f"{ticket.kind.name} – {event.title}"
            counts[what, each] = counts.get((what, each), 0) + 1
    lines = [Sold(what[:250], each, count) for (what, each), count in counts.items()]
    if sum(line.amount * line.count for line in lines) != amount:  # a part was paid before, or goes on being owed
        return [Sold(event.title[:250], amount)]
    return lines


def keep(session: Session, attempt_id: int, seen: Seen, *, now: datetime) -> bool:
    """Keep the session of an attempt; False where the attempt was given up meanwhile: its session must be ended."""
    order_id = session.scalars(select(Attempt.order_id).where(Attempt.id == attempt_id)).one()
    lock_order(session, order_id)
    attempt = session.get_one(Attempt, attempt_id, populate_existing=True)
    if attempt.session_id is None:
        attempt.session_id, attempt.url = seen.session_id, seen.url
        attempt.state = "open" if attempt.state == "starting" else attempt.state
    return attempt.state == "open"


def give_up(session: Session, attempt_id: int, words: str, *, now: datetime) -> bool:
    """Write down that the provider refused an attempt; gives whether it may have been asked with its key before."""
    attempt = session.get_one(Attempt, attempt_id)
    lock_order(session, attempt.order_id)
    session.refresh(attempt)
    if attempt.state == "starting":
        attempt.state, attempt.error = "failed", words[:300]
    return attempt.created_at < now
