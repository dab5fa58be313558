"""Asking the provider how things stand, outside of any transaction, and settling what it says."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from gatherings.config import Site
from gatherings.db import changed
from gatherings.db.session import current_session, transact
from gatherings.payments.actions.settling import settle
from gatherings.payments.models import Attempt, Payment
from gatherings.payments.providers import Away, Missing, Provider, Refused
from gatherings.payments.rules.settling import DEAD_AFTER
from gatherings.tickets.models import Order

log = logging.getLogger(__name__)

AT_MOST = timedelta(seconds=3)  # between two questions about one attempt, however many pages ask
SOON = timedelta(minutes=5)  # between two of the worker, while places are held
LATER = timedelta(hours=1)  # … and for what takes days
LONGEST = timedelta(days=45)  # a delayed payment is settled or has failed long before


def look_at(provider: Provider | None, order_id: int, site: Site, *, now: datetime) -> str:
    """Ask how an order's newest session stands, settle it, and give the order's state; outside of any transaction.

    At most every three seconds for each attempt. A provider that is away changes nothing: the page goes on waiting.
    """
    session = current_session()
    newest = select(Attempt).where(Attempt.order_id == order_id, Attempt.session_id.is_not(None))
    attempt = session.scalars(newest.order_by(Attempt.number.desc()).limit(1)).one_or_none()
    if provider is not None and attempt is not None and _is_undecided(session, attempt):
        attempt_id, reference = attempt.id, str(attempt.session_id)
        if transact(_ask, attempt_id, now - AT_MOST, now=now):
            try:
                return transact(settle, order_id, provider.look(reference), site, now=now, provider=provider.name)
            except (Away, Refused) as error:
                log.warning("the provider did not say how attempt %s stands: %s", attempt_id, error)
    return current_session().scalars(select(Order.state).where(Order.id == order_id)).one()


def _is_undecided(session: Session, attempt: Attempt) -> bool:
    if attempt.state == "complete":
        return session.scalars(select(Payment.id).where(Payment.attempt_id == attempt.id).limit(1)).first() is None
    return attempt.state == "open"


def _ask(session: Session, attempt_id: int, before: datetime, *, now: datetime) -> bool:
    """Write down that the provider is asked about an attempt now; False where it was a moment ago."""
    fresh = or_(Attempt.asked_at.is_(None), Attempt.asked_at <= before, Attempt.asked_at > now)
    return changed(session, update(Attempt).where(Attempt.id == attempt_id, fresh).values(asked_at=now)) == 1


def close_attempts(provider: Provider | None, order_id: int, site: Site, *, now: datetime) -> str:
    """End all sessions of an order that could be paid, at the provider; one that was paid meanwhile is settled.

    Gives the order's state: afterwards nobody can pay it by card any more, or it is paid, or its money is on the way.
    Outside of any transaction. Raises Away where the provider cannot be asked and a session may still be paid.
    """
    for attempt_id, reference, ends in transact(_open_attempts, order_id):
        try:
            if provider is None:
                raise Away("no provider is set")
            seen = provider.expire(reference)
        except Missing:
            transact(_forget, attempt_id)  # not the provider's that we have a key of now: nobody can be asked
            continue
        except (Away, Refused) as error:
            if now < ends + DEAD_AFTER:
                raise error if isinstance(error, Away) else Away(str(error)) from error
            continue  # it ended by itself; the sweep goes on asking whether it was paid before
        transact(settle, order_id, seen, site, now=now, provider=provider.name)
    return current_session().scalars(select(Order.state).where(Order.id == order_id)).one()


def _open_attempts(session: Session, order_id: int) -> list[tuple[int, str, datetime]]:
    """List the sessions of an order that may be paid; what was begun and has none is over with this."""
    starting = update(Attempt).where(Attempt.order_id == order_id, Attempt.state == "starting")
    changed(session, starting.values(state="expired"))
    rows = session.execute(
        select(Attempt.id, Attempt.session_id, Attempt.expires_at)
        .where(Attempt.order_id == order_id, Attempt.state == "open", Attempt.session_id.is_not(None))
        .order_by(Attempt.number)
    )
    return [(id, str(reference), ends) for id, reference, ends in rows]


def _forget(session: Session, attempt_id: int) -> None:
    changed(
        session,
        update(Attempt)
        .where(Attempt.id == attempt_id, Attempt.state == "open")
        .values(state="expired", error="The provider does not know this session."),
    )


@dataclass(frozen=True)
class Due:
    """An attempt that is to be asked about; `idle`: nothing is to be paid for its order any more, so it is ended."""

    attempt_id: int
    order_id: int
    session_id: str
    idle: bool


def list_due_looks(session: Session, now: datetime, limit: int) -> list[Due]:
    """List what is undecided and was not asked about for a while, oldest first."""
    asked = func.coalesce(Attempt.asked_at, Attempt.created_at)
    # By its order as well, which is indexed: this is asked again and again.
    paid = select(Payment.id).where(Payment.order_id == Attempt.order_id, Payment.attempt_id == Attempt.id)
    held = and_(Attempt.state == "open", Order.state == "open")
    # Paid by hand meanwhile, called off, or given back while the provider was away: nobody is to pay for that.
    idle = and_(Attempt.state == "open", Order.state.in_(("paid", "cancelled", "expired")))
    rows = session.execute(
        select(Attempt.id, Attempt.order_id, Attempt.session_id, idle)
        .join(Order, Order.id == Attempt.order_id)
        .where(Attempt.session_id.is_not(None), Attempt.created_at > now - LONGEST)
        .where(or_(Attempt.state == "open", and_(Attempt.state == "complete", ~paid.exists())))
        .where(
            or_(
                asked <= now - LATER,
                and_(held, asked <= now - SOON),
                and_(idle, or_(Attempt.asked_at.is_(None), asked <= now - SOON)),
            )
        )
        .order_by(asked)
        .limit(limit)
    )
    return [Due(id, order_id, str(reference), bool(ends)) for id, order_id, reference, ends in rows]


def look_again(provider: Provider, due: Due, site: Site, *, now: datetime) -> bool:
    """Ask about one attempt that nobody told us anything of, and settle it. Raises Away."""
    if not transact(_ask, due.attempt_id, now - SOON, now=now):
        return False
    try:
        seen = provider.expire(due.session_id) if due.idle else provider.look(due.session_id)
    except Missing:
        transact(_forget, due.attempt_id)
        return True
    except Refused as error:
        log.warning("the provider does not say how attempt %s stands: %s", due.attempt_id, error)
        return False
    transact(settle, due.order_id, seen, site, now=now, provider=provider.name)
    return True
