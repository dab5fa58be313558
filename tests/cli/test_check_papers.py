"""`gatherings check` names orders whose papers say another sum than their tickets."""

from sqlalchemy import select

from gatherings.cli.checking_papers import wrong_papers
from gatherings.payments.actions import documents
from gatherings.payments.models import Document
from gatherings.tickets.actions.orders import recount
from gatherings.tickets.models import Ticket
from tests.factories import NOW
from tests.ticket_orders import make_order
from tests.ticketing import festival


def test_papers_that_agree_are_not_spoken_of_and_those_that_do_not_are_named(session):
    order = make_order(session, *festival(session), "ada@example.org", state="due", way="invoice")
    assert list(wrong_papers(session)) == []
    documents.issue_invoice(session, order, now=NOW)
    assert list(wrong_papers(session)) == []
    session.scalars(select(Ticket)).one().comes_back = 100_000
    recount(session, order, now=NOW)
    session.flush()
    assert list(wrong_papers(session)) == []  # the worker has still to follow
    documents.follow(session, order, now=NOW)
    order.follow_at = None
    session.flush()
    assert list(wrong_papers(session)) == []
    session.scalars(select(Document).where(Document.kind == "credit")).one().vat -= 1
    session.flush()
    [said] = wrong_papers(session)
    assert said.startswith(
        f"The invoices of order {order.reference} less its credit notes say 7125.00 with 1425.01 VAT"
    )
    assert "7125.00 with 1425.00 VAT (SEK)" in said
