"""What `gatherings check` says of tickets and money: quotas, codes, sums, refunds and numbers of documents."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain, groupby
from typing import cast

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from gatherings.communities.models import Community
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.payments.models import Document, Payment, Refund, Seller
from gatherings.registration.models import Registration
from gatherings.registration.rules import HOLDING as REGISTERED
from gatherings.tickets.actions.orders import sums_of
from gatherings.tickets.models import Code, Order, Ticket, TicketKind
from gatherings.tickets.rules.states import HOLDING

_REPORT = "Please report this."


def wrong_money(session: Session) -> Iterator[str]:
    """Name everything about tickets and money that does not add up."""
    yield from chain(
        wrong_quotas(session),
        wrong_codes(session),
        wrong_sums(session),
        wrong_payments(session),
        wrong_people(session),
        wrong_numbers(session),
    )


def wrong_quotas(session: Session) -> Iterator[str]:
    """Name every kind whose quota counts other than its held and valid tickets."""
    held = (
        select(Ticket.kind_id, func.count(Ticket.id).label("held"))
        .where(Ticket.state.in_(HOLDING))
        .group_by(Ticket.kind_id)
        .subquery()
    )
    rows = session.execute(
        select(TicketKind.name, Event.slug, Places.taken, func.coalesce(held.c.held, 0))
        .join(Places, Places.id == TicketKind.places_id)
        .join(Event, Event.id == TicketKind.event_id)
        .outerjoin(held, held.c.kind_id == TicketKind.id)
        .where(Places.taken != func.coalesce(held.c.held, 0))
        .order_by(TicketKind.id)
    )
    for name, slug, taken, count in rows:
        yield f"The tickets “{name}” of {slug} count {taken} taken, but {count} are held or valid. {_REPORT}"


def wrong_codes(session: Session) -> Iterator[str]:
    """Name every code whose uses differ from the held and valid tickets that used it."""
    found = _miscounted(session)
    again = _miscounted(session) if found else []  # somebody may have ordered between the two reads
    for code, slug, taken, uses in (one for one in found if one in again):
        yield f"The code {code} of {slug} counts {taken} uses, but {uses} tickets used it. {_REPORT}"


def _miscounted(session: Session) -> list[tuple[str, str, int, int]]:
    codes = session.execute(
        select(Code.id, Code.code, Event.slug, Places.taken)
        .join(Places, Places.id == Code.places_id)
        .join(Event, Event.id == Code.event_id)
        .order_by(Code.id)
    ).all()
    uses: Counter[int] = Counter()
    if codes:
        for ids in session.scalars(select(Ticket.code_ids).where(Ticket.state.in_(HOLDING))):
            uses.update(ids)
    return [(code, slug, taken, uses[id]) for id, code, slug, taken in codes if taken != uses[id]]


def wrong_sums(session: Session) -> Iterator[str]:
    """Name every order whose total, VAT or discount is not that of its tickets."""
    rows = session.execute(
        select(
            Order.reference, Order.total, Order.vat.label("order_vat"), Order.discount.label("order_discount"),
            Ticket.gross, Ticket.vat, Ticket.discount, Ticket.comes_back,
        )
        .outerjoin(Ticket, Ticket.order_id == Order.id)
        .order_by(Order.id)
    )  # fmt: skip
    for reference, lines in groupby(rows, key=lambda row: row.reference):
        order = list(lines)
        tickets = cast("list[Ticket]", [row for row in order if row.gross is not None])
        if (order[0].total, order[0].order_vat, order[0].order_discount) != sums_of(tickets):
            yield f"The sums of order {reference} are not those of its tickets. {_REPORT}"


def wrong_payments(session: Session) -> Iterator[str]:
    """Name every order whose money is not that of its payments and refunds, and payments given back wrong."""
    counting = case((Payment.counts.is_(True), Payment.amount), else_=0)
    back = case((Payment.counts.is_(True), Payment.given_back), else_=0)
    paid = (
        select(Payment.order_id, func.sum(counting).label("received"), func.sum(back).label("given_back"))
        .group_by(Payment.order_id)
        .subquery()
    )
    received, given = func.coalesce(paid.c.received, 0), func.coalesce(paid.c.given_back, 0)
    for reference in session.scalars(
        select(Order.reference)
        .outerjoin(paid, paid.c.order_id == Order.id)
        .where(or_(Order.received != received, Order.given_back != given))
        .order_by(Order.id)
    ):
        yield f"The money of order {reference} is not that of its payments. {_REPORT}"
    refunds = (
        select(Refund.payment_id, func.sum(Refund.amount).label("amount"))
        .where(Refund.state != "failed")
        .group_by(Refund.payment_id)
        .subquery()
    )
    amount = func.coalesce(refunds.c.amount, 0)
    for reference in session.scalars(
        select(Order.reference)
        .join(Payment, Payment.order_id == Order.id)
        .outerjoin(refunds, refunds.c.payment_id == Payment.id)
        .where(or_(Payment.given_back < amount, Payment.given_back > Payment.amount))
        .order_by(Payment.id)
    ):
        yield f"A payment of order {reference} was given back more than once, or more than it was. {_REPORT}"


def wrong_people(session: Session) -> Iterator[str]:
    """Name orders that are paid, and a ticket of theirs that counts has nobody who is registered."""
    rows = session.execute(
        select(Order.reference, func.count(Ticket.id))
        .join(Ticket, Ticket.order_id == Order.id)
        .outerjoin(Registration, Registration.id == Ticket.registration_id)
        .where(Ticket.state.in_(HOLDING), or_(Registration.id.is_(None), Registration.state.not_in(REGISTERED)))
        .group_by(Order.reference)
    )
    for reference, count in rows:
        yield f"{count} tickets of order {reference} count, but nobody is registered with them. {_REPORT}"


def wrong_numbers(session: Session) -> Iterator[str]:
    """Name every series of documents with a gap, or whose last number is not the newest document's."""
    rows = session.execute(
        select(
            Document.community_id, Document.kind, func.count(Document.id), func.min(Document.number),
            func.max(Document.number),
        ).group_by(Document.community_id, Document.kind)
    )  # fmt: skip
    found = {(community, kind): (count, least, most) for community, kind, count, least, most in rows}
    sellers = session.execute(select(Seller, Community.slug).join(Community, Community.id == Seller.community_id))
    for seller, slug in sellers:
        for kind in ("invoice", "receipt", "credit"):
            count, least, most = found.get((seller.community_id, kind), (0, 1, 0))
            last = getattr(seller, f"last_{kind}")
            if most != last or (count and count != most - least + 1):
                yield f"The numbers of {slug}'s documents ({kind}) have a gap: {count} up to {last}. {_REPORT}"
