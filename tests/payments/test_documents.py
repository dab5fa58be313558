"""Lawful numbers without gaps, and papers that agree with the tickets whatever happens."""

import random
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from gatherings.db import transact
from gatherings.payments.actions import documents
from gatherings.payments.models import Document, Payment, Seller
from gatherings.tickets.actions.orders import lock_order, recount
from gatherings.tickets.models import Order, Ticket
from tests.factories import NOW, make_community, make_event
from tests.races import at_once
from tests.ticket_orders import make_order
from tests.ticketing import festival, make_code, make_kind, make_sale


def issue_invoice(session, order, *, now=NOW):
    return documents.issue_invoice(session, order, now=now)


def issue_receipt(session, order, payment, *, now=NOW):
    return documents.issue_receipt(session, order, payment, now=now)


@pytest.fixture
def fair(session):
    """The festival, and who sells for it."""
    event, kind = festival(session)
    seller = Seller(
        community_id=event.community_id, name="Föreningen Microsystem", zone="Europe/Stockholm", country="SE",
        address="Barnarpsgatan 39\n551 11 Jönköping", vat_number="SE802456123401", bank="Bankgiro 5050-1055",
    )  # fmt: skip
    session.add(seller)
    session.flush()
    return event, kind


def due(session, fair, *people, codes=()):
    order = make_order(session, *fair, *(people or ("ada@example.org",)), state="due", way="invoice", codes=codes)
    order.due_on = date(2026, 12, 20)
    return order


def papers_of(session, order, kind=None):
    found = documents.documents_of(session, order.id)
    return [one for one in found if kind in (None, one.kind)]


def agree(session, order):
    """Assert that the papers say what the order says, in gross and in VAT."""
    session.flush()
    sums = [0, 0]
    for one in papers_of(session, order):
        sign = {"invoice": 1, "credit": -1, "receipt": 0}[one.kind]
        sums = [sums[0] + sign * one.total, sums[1] + sign * one.vat]
        assert one.total == one.content["total"]
        if one.kind != "receipt":
            assert one.total == sum(line["gross"] for line in one.content["lines"])
            assert one.vat == sum(line["vat"] for line in one.content["lines"]) == sum(
                row["vat"] for row in one.content["rates"]
            )  # fmt: skip
    assert sums == [order.total, order.vat]


def tickets_of(session, order):
    return session.scalars(select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id)).all()


def test_the_festivals_invoice_is_right_to_the_oere(session, fair):
    order = due(session, fair, codes=(make_code(session, fair[0]),))
    invoice = issue_invoice(session, order, now=NOW)
    assert (invoice.number, invoice.total, invoice.vat, invoice.currency) == (1, 690_625, 138_125, "SEK")
    [line] = invoice.content["lines"]
    assert (line["price"], line["net"], line["vat"], line["gross"]) == (650_000, 552_500, 138_125, 690_625)
    assert [cut["amount"] for cut in line["cuts"]] == [97_500]
    assert line["who"] == "Ada Example"
    assert invoice.content["rates"] == [{"rate": 2500, "net": 552_500, "vat": 138_125, "gross": 690_625}]
    assert (invoice.content["due_on"], invoice.content["paid"]) == ("2026-12-20", 0)
    assert invoice.content["seller"]["name"] == "Föreningen Microsystem"
    assert (invoice.content["event"]["first_day"], invoice.content["event"]["last_day"]) == ("2027-03-02", "2027-03-04")
    assert issue_invoice(session, order, now=NOW) is invoice  # once


def test_the_day_of_a_paper_is_that_of_the_sellers_calendar(session, fair):
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert issue_invoice(session, due(session, fair), now=late).issued_on == date(2027, 1, 1)


def test_each_community_and_kind_counts_by_itself_from_one(session, fair):
    for at in range(3):
        issue_invoice(session, due(session, fair, f"p{at}@example.org"), now=NOW)
    paid = make_order(session, *fair, "paid@example.org", state="paid", way="card")
    payment = session.scalars(select(Payment).where(Payment.order_id == paid.id)).one()
    receipt = issue_receipt(session, paid, payment, now=NOW)
    assert (receipt.number, receipt.content["invoice"]["number"]) == (1, 4)
    assert issue_receipt(session, paid, payment, now=NOW) is receipt
    other = make_event(session, make_community(session), mode="in person")
    make_sale(session, other)
    order = make_order(session, other, make_kind(session, other), "x@example.org", state="due", way="door")
    assert issue_invoice(session, order, now=NOW).number == 1  # of a seller who told nothing yet
    assert papers_of(session, order)[0].content["seller"]["name"] == "Conversations for Kindness"


def test_what_costs_nothing_and_money_that_does_not_count_need_no_papers(session, fair):
    event, _kind = fair
    free = make_kind(session, event, price="free", amount=0, vat_rate=0)
    order = make_order(session, event, free, "ada@example.org", state="paid", way="free")
    assert issue_invoice(session, order, now=NOW) is None
    assert documents.follow(session, order, now=NOW) == []
    paid = make_order(session, *fair, "bo@example.org", state="paid", way="card")
    payment = session.scalars(select(Payment).where(Payment.order_id == paid.id)).one()
    payment.counts = False
    assert issue_receipt(session, paid, payment, now=NOW) is None
    held = make_order(session, *fair, "cy@example.org", state="open")
    assert documents.follow(session, held, now=NOW) == []
    assert session.scalar(select(func.count(Document.id))) == 0


def test_a_ticket_that_leaves_is_credited_and_nothing_is_changed(session, fair):
    order = due(session, fair, "a@example.org", "b@example.org", "c@example.org")
    invoice = issue_invoice(session, order, now=NOW)
    before = dict(invoice.content)
    first, second, _third = tickets_of(session, order)
    first.comes_back, first.state = first.gross, "cancelled"
    second.comes_back = second.gross // 3
    recount(session, order, now=NOW)
    [credit] = documents.follow(session, order, now=NOW)
    assert (credit.kind, credit.number, credit.corrects_id) == ("credit", 1, invoice.id)
    assert [(line["gross"], line["whole"], line["left"]) for line in credit.content["lines"]] == [
        (812_500, True, True),
        (270_833, False, False),
    ]
    agree(session, order)
    assert documents.follow(session, order, now=NOW) == []
    session.expire_all()
    assert session.get_one(Document, invoice.id).content == before


def test_an_invoice_made_out_to_somebody_else_is_credited_and_written_anew(session, fair):
    order = due(session, fair, "a@example.org", "b@example.org")
    old = issue_invoice(session, order, now=NOW)
    order.bill_to = {"organisation": "Region Jönköpings län", "address": "Box 1024"}
    credit, new = documents.follow(session, order, now=NOW)
    assert (credit.kind, credit.corrects_id, credit.total) == ("credit", old.id, old.total)
    assert credit.content["buyer"]["name"] == "A Example"  # who the old one was made out to
    assert (new.kind, new.number, new.total, new.vat) == ("invoice", 2, old.total, old.vat)
    assert new.content["buyer"]["organisation"] == "Region Jönköpings län"
    assert new.content["lines"][0]["price"] == 650_000
    agree(session, order)
    assert documents.follow(session, order, now=NOW) == []


def test_an_order_that_is_cancelled_and_owes_nothing_is_wholly_credited_whoever_it_was_made_out_to(session, fair):
    order = due(session, fair)
    issue_invoice(session, order, now=NOW)
    [ticket] = tickets_of(session, order)
    ticket.comes_back, ticket.state, order.state = ticket.gross, "cancelled", "cancelled"
    order.bill_to = {"organisation": "Somebody else"}
    recount(session, order, now=NOW)
    [credit] = documents.follow(session, order, now=NOW)
    assert (credit.kind, credit.total) == ("credit", 812_500)
    agree(session, order)


def test_receipts_of_several_payments_hold_the_whole_vat(session, fair):
    order = due(session, fair, "a@example.org", "b@example.org", "c@example.org")
    issue_invoice(session, order, now=NOW)
    vat = 0
    for at, amount in enumerate((1_000_001, 700_000, order.total - 1_700_001)):
        payment = Payment(
            public_id=f"payment-{at}".ljust(22, "x"), order_id=order.id, provider="bank", reference=f"b{at}",
            amount=amount, currency="SEK", counts=True, received_at=NOW, created_at=NOW,
        )  # fmt: skip
        session.add(payment)
        order.received += amount
        vat += issue_receipt(session, order, payment, now=NOW).vat
    assert vat == order.vat
    assert [one.number for one in papers_of(session, order, "receipt")] == [1, 2, 3]
    assert len(papers_of(session, order, "invoice")) == 1


def test_papers_agree_whatever_happens_in_whatever_currency(session):
    for seed, (currency, included) in enumerate(
        [("SEK", False), ("GBP", True), ("JPY", True), ("KWD", False), ("ISK", True), ("KWD", True)]
    ):
        dice = random.Random(seed)
        event = make_event(session, make_community(session), mode="in person")
        make_sale(session, event, currency=currency, vat_included=included)
        kind = make_kind(session, event, amount=dice.randrange(1, 900_001), vat_rate=dice.choice((0, 600, 770, 2500)))
        code = make_code(session, event, value=dice.randrange(1, 9_999))
        people = [f"p{at}@example.org" for at in range(dice.randrange(1, 7))]
        order = make_order(session, event, kind, *people, state="due", way="invoice", codes=(code,))
        issue_invoice(session, order, now=NOW)
        for step in range(8):
            if dice.random() < 0.3:
                order.bill_to = {"organisation": f"House {step}"}
            else:
                ticket = dice.choice(tickets_of(session, order))
                ticket.comes_back = dice.randrange(ticket.comes_back, ticket.gross + 1)
                ticket.state = dice.choice((ticket.state, "cancelled"))
            recount(session, order, now=NOW)
            documents.follow(session, order, now=NOW)
            agree(session, order)
    for paper in ("invoice", "credit"):
        rows = session.execute(select(Document.community_id, Document.number).where(Document.kind == paper)).all()
        by_community: dict[int, list[int]] = {}
        for community_id, number in rows:
            by_community.setdefault(community_id, []).append(number)
        for numbers in by_community.values():
            assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_numbers_have_no_gap_and_no_double_when_many_write_at_once_and_some_fail(app, session, fair):
    orders = [due(session, fair, f"p{at}@example.org").id for at in range(24)]
    session.commit()

    class Thrown(Exception):
        pass

    def press(at, id):
        def write(session):
            issue_invoice(session, lock_order(session, id), now=NOW)
            if at % 3 == 2:  # something after it fails: the number goes back
                raise Thrown

        def go():
            with app.app_context():
                transact(write)

        return go

    found = []
    for start in range(0, 24, 8):
        found += at_once(app, [press(at, id) for at, id in enumerate(orders[start : start + 8])])
    assert sum(isinstance(one, Thrown) for one in found) == 6
    assert [one for one in found if one is not None and not isinstance(one, Thrown)] == []
    session.expire_all()
    numbers = session.scalars(select(Document.number).where(Document.kind == "invoice")).all()
    assert sorted(numbers) == list(range(1, 19))
    assert session.scalar(select(Seller.last_invoice)) == 18


def test_the_same_order_written_by_many_at_once_has_one_invoice(app, session, fair):
    order = due(session, fair)
    issue_invoice(session, order, now=NOW)
    [ticket] = tickets_of(session, order)
    ticket.comes_back = 100_000
    recount(session, order, now=NOW)
    session.commit()
    id = order.id

    def go():
        with app.app_context():
            transact(lambda session: documents.follow(session, session.get_one(Order, id), now=NOW) and None)

    assert at_once(app, [go] * 6) == [None] * 6
    session.expire_all()
    assert [one.kind for one in documents.documents_of(session, id)] == ["invoice", "credit"]
    agree(session, session.get_one(Order, id))


def test_the_first_papers_of_a_seller_without_a_row_at_once(app, session):
    event, kind = festival(session)
    orders = [make_order(session, event, kind, f"p{at}@example.org", state="due", way="door").id for at in range(6)]
    session.commit()

    def press(id):
        def go():
            with app.app_context():
                transact(lambda session: issue_invoice(session, lock_order(session, id), now=NOW) and None)

        return go

    assert at_once(app, [press(id) for id in orders]) == [None] * 6
    assert sorted(session.scalars(select(Document.number))) == [1, 2, 3, 4, 5, 6]
