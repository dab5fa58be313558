"""Letting go of buyers: at once who asks for it, the rest by itself; what tax law asks for is kept for seven years.

What was sold, for how much and to whom (the buyer's name, whom an invoice was made out to, the papers with their
numbers) is kept until seven full years have passed; the link, the clock, the names of those who came and what
organisers noted go long before. Amounts and numbers stay for ever.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.events.models import Event
from gatherings.mail.actions import forget
from gatherings.payments.actions.following import follow
from gatherings.payments.actions.noticing import forget_worked
from gatherings.payments.models import Attempt, Document, Payment
from gatherings.registration.actions.ticketed import let_go
from gatherings.tickets.models import Application, Order, Ticket
from gatherings.tickets.rules.applications import KEPT as APPLICATIONS_KEPT

# A refund and what became of it is still told, then that mail is emptied too.
LAST_WORDS = ("order_given_back",)
KEPT_AFTER_EVENT = timedelta(days=365)  # as registrations
NOTHING_CAME_OF_IT = timedelta(days=30)  # an order that expired or was left, and nothing was ever paid
NOTICES_KEPT = timedelta(days=90)
YEARS_KEPT = 7
AT_ONCE = 1000


def forget_buyer(session: Session, person: Person, site: Site, *, now: datetime) -> None:
    """Erase what somebody who asks for it bought; what tax law asks for stays, and their open ends are tied.

    What they still wait for goes on to the next, what they had begun to pay ends, and money that is theirs goes back.
    Their registrations are cancelled already, their address is still known.
    """
    orders = session.scalars(
        select(Order)
        .where(Order.person_id == person.id, Order.erased_at.is_(None))
        .order_by(Order.id)
        .options(joinedload(Order.event).joinedload(Event.community))
    ).all()
    for order in orders:
        if order.state == "wished":
            wished = session.scalars(select(Ticket).where(Ticket.order_id == order.id, Ticket.state == "wished")).all()
            let_go(session, wished, order.event, site, by="person", now=now)
        elif order.state == "open":
            order.expires_at = min(order.expires_at or now, now)  # the worker asks the provider first, then lets go
        if order.follow_at is not None:
            follow(session, order.id, site, now=now)
    for order in orders:
        _cut_down(session, order, now=now)
    session.execute(update(Ticket).where(Ticket.person_id == person.id).values(name=""))
    for application in session.scalars(select(Application).where(Application.person_id == person.id)):
        _empty(application, now=now)
    session.flush()


def abouts_of(session: Session, person_id: int) -> list[str]:
    """Name the orders and applications of a person that mails can be about."""
    orders = session.scalars(select(Order.public_id).where(Order.person_id == person_id))
    applications = session.scalars(select(Application.public_id).where(Application.person_id == person_id))
    return [*(f"order:{one}" for one in orders), *(f"application:{one}" for one in applications)]


def _cut_down(session: Session, order: Order, *, now: datetime) -> None:
    """Take out of an order what tax law does not ask for; all of it where no money moved and no paper was written."""
    if not _was_money(session, order.id):
        order.name, order.bill_to = "", {}
    order.zone, order.erased_at = "UTC", now
    order.link_version += 1
    session.execute(update(Ticket).where(Ticket.order_id == order.id).values(name=""))
    session.execute(update(Attempt).where(Attempt.order_id == order.id).values(url=None))
    session.execute(update(Payment).where(Payment.order_id == order.id).values(note=""))
    session.flush()
    forget(session, [f"order:{order.public_id}"], last_words=LAST_WORDS)


def _was_money(session: Session, order_id: int) -> bool:
    papers = select(Document.id).where(Document.order_id == order_id)
    payments = select(Payment.id).where(Payment.order_id == order_id)
    return session.scalar(papers.limit(1)) is not None or session.scalar(payments.limit(1)) is not None


def _empty(application: Application, *, now: datetime) -> None:
    if application.state in ("asked", "approved"):
        application.state = "withdrawn"
    application.name = application.about = application.answer = ""
    application.zone, application.erased_at = "UTC", now
    application.link_version += 1


def let_go_of_money(session: Session, *, now: datetime) -> dict[str, int]:
    """Let go of what was kept long enough; give how many of each, for the log."""
    return {
        "applications": _applications(session, now),
        "orders": _orders(session, now),
        "old_orders": _old_orders(session, now),
        "notices": _notices(session, now),
    }


def _applications(session: Session, now: datetime) -> int:
    over = select(Event.id).where(Event.ends_at < now - APPLICATIONS_KEPT)
    old = select(Application).where(Application.erased_at.is_(None), Application.event_id.in_(over)).limit(AT_ONCE)
    rows = session.scalars(old.order_by(Application.id)).all()
    for application in rows:
        _empty(application, now=now)
    session.flush()
    return len(rows)


def _orders(session: Session, now: datetime) -> int:
    """Cut down the orders of long ago; those of which nothing came, sooner. Who still owes is still known."""
    nothing = and_(
        Order.state.in_(("expired", "cancelled")),
        Order.closed_at < now - NOTHING_CAME_OF_IT,
        Order.follow_at.is_(None),
        ~_has_money(),
    )
    owes = and_(Order.state.in_(("due", "open", "waiting")), Order.total - Order.received + Order.given_back > 0)
    long_ago = and_(Event.ends_at < now - KEPT_AFTER_EVENT, ~owes)
    rows = session.scalars(
        select(Order)
        .join(Event, Event.id == Order.event_id)
        .where(Order.erased_at.is_(None), or_(nothing, long_ago))
        .order_by(Order.id)
        .limit(AT_ONCE)
    ).all()
    for order in rows:
        _cut_down(session, order, now=now)
    return len(rows)


def _has_money() -> ColumnElement[bool]:
    return or_(exists().where(Document.order_id == Order.id), exists().where(Payment.order_id == Order.id))


def _old_orders(session: Session, now: datetime) -> int:
    """Take names and papers' words out of what has been kept for seven full years after its own."""
    before = datetime(now.year - YEARS_KEPT, 1, 1, tzinfo=UTC)
    later = exists().where(Document.order_id == Order.id, Document.issued_at >= before)
    old = select(Order).where(Order.name != "", Order.placed_at < before, ~later).order_by(Order.id).limit(AT_ONCE)
    rows = session.scalars(old).all()
    for order in rows:
        _cut_down(session, order, now=now)
        order.name, order.bill_to = "", {}
        session.execute(update(Document).where(Document.order_id == order.id).values(content={}))
    session.flush()
    return len(rows)


def _notices(session: Session, now: datetime) -> int:
    return forget_worked(session, before=now - NOTICES_KEPT)
