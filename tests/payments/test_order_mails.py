"""What is written to buyers, and to who looks after the money."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from gatherings.mail.message import build
from gatherings.mail.models import OutboxMail
from gatherings.payments.actions import documents, telling
from gatherings.payments.mails import COMPOSERS
from gatherings.payments.mails.notices import WHY
from gatherings.payments.models import Payment, Seller
from gatherings.tickets.actions.orders import recount
from gatherings.tickets.models import Ticket
from gatherings.web.i18n import speaking
from gatherings.wiring import MAILS
from tests.factories import NOW, SITE
from tests.signing import make_role
from tests.ticket_orders import make_order
from tests.ticketing import festival, make_code

pytestmark = pytest.mark.one_database("of what is said")


def issue_invoice(session, order, *, now=NOW):
    return documents.issue_invoice(session, order, now=now)


def issue_receipt(session, order, payment, *, now=NOW):
    return documents.issue_receipt(session, order, payment, now=now)


@pytest.fixture
def fair(session):
    event, kind = festival(session, place_name="Qulturum")
    session.add(
        Seller(
            community_id=event.community_id, name="Föreningen Microsystem", zone="Europe/Stockholm",
            bank="Bankgiro 5050-1055\nIBAN SE45 5000 0000 0583 9825 7466",
        )
    )  # fmt: skip
    session.flush()
    return event, kind


@pytest.fixture
def letter(app, session):
    """Compose the newest mail of a kind, as the worker does."""

    def compose(kind):
        session.commit()
        mail = session.scalars(
            select(OutboxMail).where(OutboxMail.kind == kind).order_by(OutboxMail.id.desc()).limit(1)
        ).one()
        with app.test_request_context(), speaking(mail.language):
            made = MAILS[kind](mail)
        mime = build(
            made, sender_name="X", mail_from="gatherings@example.org", recipient=mail.recipient,
            message_id="<a@example.org>", date=NOW,
        )  # fmt: skip
        assert len(mime) < 400_000
        return made

    return compose


def ordered(session, fair, *people, state="due", way="invoice", **values):
    order = make_order(session, *fair, *(people or ("ada@example.org",)), state=state, way=way, **values)
    order.due_on = date(2026, 12, 20) if way == "invoice" else None
    return order


def test_every_kind_that_is_posted_can_be_written(session, fair, letter):
    """All of them, of a due order: none fails, each names the gathering, and links to the order's page."""
    order = ordered(session, fair, "ada@example.org", "bo@example.org", codes=(make_code(session, fair[0]),))
    issue_invoice(session, order, now=NOW)
    until = (NOW + timedelta(hours=20)).isoformat()
    for kind in telling.KINDS:
        assert telling.post_order(session, order, kind, SITE, now=NOW, amount=1200, until=until) == 1
        made = letter(kind)
        assert "Microsystem Festival" in made.subject
        assert f"/orders/{order.public_id}." in made.text
        assert "/registrations/" not in made.text + made.html  # nobody's own link
        assert "  " not in made.subject
    assert set(COMPOSERS) == {*telling.KINDS, telling.NOTICE}


def test_once_for_each_cause_and_never_to_who_was_erased(session, fair):
    order = ordered(session, fair)
    post = lambda **more: telling.post_order(session, order, "order_given_back", SITE, now=NOW, amount=5, **more)  # noqa: E731
    assert [post(key="a"), post(key="a"), post(key="b")] == [1, 0, 1]
    order.erased_at = NOW
    assert post(key="c") == 0
    with pytest.raises(KeyError):
        telling.post_order(session, order, "order_nonsense", SITE, now=NOW)


def test_the_invoice_comes_along_with_everything_that_is_needed_to_pay_it(session, fair, letter):
    order = ordered(session, fair)
    invoice = issue_invoice(session, order, now=NOW)
    telling.post_order(session, order, "order_invoice", SITE, now=NOW)
    made = letter("order_invoice")
    for said in ("8,125.00\u00a0SEK", "Bankgiro 5050-1055", order.reference, "20 December 2026",
                 f"/documents/{invoice.public_id}.pdf", "1,625.00\u00a0SEK VAT in it"):  # fmt: skip
        assert said in made.text
    [(name, pdf)] = made.papers
    assert (name, pdf[:5]) == ("invoice-1.pdf", b"%PDF-")


def test_who_paid_gets_the_receipt_and_who_had_nothing_to_pay_none(session, fair, letter):
    order = ordered(session, fair, state="paid", way="card")
    payment = session.scalars(select(Payment)).one()
    issue_receipt(session, order, payment, now=NOW)
    telling.post_order(session, order, "order_confirmed", SITE, now=NOW)
    made = letter("order_confirmed")
    assert [name for name, _pdf in made.papers] == ["receipt-1.pdf"]
    assert "Thank you: it is paid" in made.text
    [ticket] = session.scalars(select(Ticket))
    ticket.net = ticket.vat = ticket.gross = 0
    recount(session, order, now=NOW)
    for paper in documents.documents_of(session, order.id):
        session.delete(paper)
    telling.post_order(session, order, "order_confirmed", SITE, now=NOW, key="free")
    made = letter("order_confirmed")
    assert made.papers == ()
    assert "nothing to pay" in made.text
    assert "SEK" not in made.text


def test_a_part_that_was_paid_says_what_is_left(session, fair, letter):
    order = ordered(session, fair)
    order.received = 500_000
    telling.post_order(session, order, "order_paid", SITE, now=NOW)
    text = letter("order_paid").text
    assert "a part of your payment" in text
    assert "3,125.00\u00a0SEK" in text


def test_what_was_cancelled_says_what_comes_back_and_what_is_left(session, fair, letter):
    order = ordered(session, fair, "ada@example.org", "bo@example.org", state="paid", way="card")
    first = session.scalars(select(Ticket).order_by(Ticket.id)).first()
    first.state, first.comes_back = "cancelled", first.gross // 2
    recount(session, order, now=NOW)
    telling.post_order(session, order, "order_left", SITE, now=NOW, amount=first.comes_back)
    text = letter("order_left").text
    assert "Some of your tickets" in text
    assert "Bo Example" in text
    assert "Ada Example: " not in text
    assert "4,062.50\u00a0SEK" in text
    order.state = "cancelled"
    telling.post_order(session, order, "order_left", SITE, now=NOW, key="all", amount=0)
    assert "Your order is cancelled" in letter("order_left").text


def test_money_that_goes_back_says_how(session, fair, letter):
    order = ordered(session, fair)
    telling.post_order(session, order, "order_given_back", SITE, now=NOW, key="a", amount=12_345, by_hand=True)
    assert "hosts send it" in letter("order_given_back").text
    telling.post_order(session, order, "order_gone", SITE, now=NOW, key="a", amount=12_345, currency="EUR")
    text = letter("order_gone").text
    assert "123.45\u00a0EUR" in text
    assert "card or account" in text


def test_organisers_who_look_after_money_are_told_and_nobody_else(session, fair, letter):
    order = ordered(session, fair)
    community = fair[0].community
    for role in ("owner", "organiser", "host", "helper", "editor"):
        make_role(session, community, role)
    for why in [*WHY, "something new"]:
        more = {"amount": 100, "error": "No such charge: ch_1"} if why == "refund" else {}
        assert telling.post_order(session, order, telling.NOTICE, SITE, now=NOW, why=why, key="x", **more) == 2
        made = letter(telling.NOTICE)
        assert order.reference in made.subject
        assert f"/organise/events/{fair[0].slug}/orders/{order.public_id}" in made.text
        assert f"/orders/{order.public_id}." not in made.text  # the buyer's own link is the buyer's
        assert ("No such charge" in made.text) == (why == "refund")


def test_names_stay_text(session, fair, letter):
    order = ordered(session, fair)
    order.name = "Zoë <b>& Sons</b> <3"
    session.scalars(select(Ticket)).one().name = "محمد"
    telling.post_order(session, order, "order_door", SITE, now=NOW)
    made = letter("order_door")
    assert "<b>& Sons" not in made.html
    assert "محمد" in made.html


def test_a_paper_that_cannot_be_made_holds_no_mail_up(session, fair, letter, monkeypatch):
    order = ordered(session, fair)
    issue_invoice(session, order, now=NOW)
    telling.post_order(session, order, "order_invoice", SITE, now=NOW)
    monkeypatch.setattr("gatherings.payments.mails.frame.pdf_of", lambda document: 1 / 0)
    made = letter("order_invoice")
    assert made.papers == ()
    assert "/documents/" in made.text
