"""`gatherings check` names each thing about tickets and money that does not add up, and nothing where all does."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gatherings.cli.checking import wrong_counts
from gatherings.cli.checking_money import wrong_money
from gatherings.core.tokens import new_public_id
from gatherings.db.places import Places
from gatherings.payments.models import Payment, Refund, Seller
from gatherings.registration.models import Registration
from gatherings.tickets.models import Code, Order, TicketKind
from tests.factories import NOW
from tests.ticket_orders import make_order
from tests.ticketing import festival, make_code


@pytest.fixture
def order(session: Session) -> Order:
    """An order of one ticket with a code; nothing is wrong."""
    event, kind = festival(session)
    order = make_order(session, event, kind, "ada@example.org", state="due", codes=(make_code(session, event),))
    session.flush()
    assert list(wrong_money(session)) == list(wrong_counts(session)) == []
    return order


def _quota(session: Session, order: Order) -> None:
    session.execute(
        update(Places).where(Places.id == session.scalars(select(TicketKind.places_id)).one()).values(taken=3)
    )


def _code(session: Session, order: Order) -> None:
    session.execute(update(Places).where(Places.id == session.scalars(select(Code.places_id)).one()).values(taken=0))


def _sums(session: Session, order: Order) -> None:
    order.vat += 1


def _money(session: Session, order: Order) -> None:
    order.received = 5


def _people(session: Session, order: Order) -> None:
    session.execute(update(Registration).values(state="cancelled", places_id=None))


def _numbers(session: Session, order: Order) -> None:
    seller = session.scalar(select(Seller))
    if seller is None:
        session.add(seller := Seller(community_id=1))
    seller.last_invoice = (seller.last_invoice or 0) + 1


def _twice(session: Session, order: Order) -> None:
    payment = Payment(
        public_id=new_public_id(), order_id=order.id, provider="door", reference="1", amount=500, currency="SEK",
        counts=False, why_not="twice", received_at=NOW, created_at=NOW, given_back=500,
    )  # fmt: skip
    session.add(payment)
    session.flush()
    for _twice in range(2):
        session.add(
            Refund(
                public_id=new_public_id(), order_id=order.id, payment_id=payment.id, amount=500, currency="SEK",
                reason="twice", state="done", due_at=NOW, created_at=NOW,
            )
        )  # fmt: skip


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (_quota, "count 3 taken, but 1 are held or valid"),
        (_code, "counts 0 uses, but 1 tickets used it"),
        (_sums, "are not those of its tickets"),
        (_money, "is not that of its payments"),
        (_people, "nobody is registered with them"),
        (_numbers, "documents (invoice) have a gap"),
        (_twice, "given back more than once"),
    ],
)
def test_each_thing_that_does_not_add_up_is_named(
    session: Session, order: Order, break_it: Callable[[Session, Order], None], said: str
) -> None:
    break_it(session, order)
    session.flush()
    session.expire_all()
    found = list(wrong_money(session))
    assert len(found) == 1, found
    assert said in found[0]
