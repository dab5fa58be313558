"""What is held about buyers: seen, taken along, erased but for what tax law asks for, and let go in time."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from gatherings.accounts.actions import find_person
from gatherings.accounts.rules import normalise_address
from gatherings.cli.checking_money import wrong_money
from gatherings.db.places import Places
from gatherings.mail.models import OutboxMail
from gatherings.own_data.actions import erase_person
from gatherings.own_data.queries import export_of, read_own_data
from gatherings.own_data.retention import KNOWN, let_go
from gatherings.payments.actions.documents import issue_invoice
from gatherings.payments.models import Document, Payment, Refund
from gatherings.registration.jobs import tidy
from gatherings.registration.models import Registration
from gatherings.tickets.actions.applications import apply_for
from gatherings.tickets.models import Application, Order, Ticket
from gatherings.tickets.rules.applications import Asking
from tests.factories import SITE
from tests.ticket_orders import make_order
from tests.ticketing import festival, make_kind


@pytest.fixture(autouse=True)
def still(now, clock_at):
    with clock_at(now):
        yield


@pytest.fixture
def bought(session, now):
    """Ada bought for herself and for Ben, and paid; Ada asked for a bursary too, and Cleo waits in her order."""
    event, kind = festival(session)
    order = make_order(session, event, kind, "ada@example.org", "ben@example.org", way="card")
    order.bill_to = {"name": "Ada Example", "organisation": "Region Jönköping"}
    session.flush()
    issue_invoice(session, order, now=now)
    bursary = make_kind(session, event, name="Bursary", price="free", amount=0, by_application=True)
    asking = Asking(bursary.public_id, normalise_address("ada@example.org"), "Ada Example", "UTC", "I nurse at night")
    apply_for(session, event.id, asking, SITE, now=now)
    day = make_kind(session, event, 0, name="One day")
    wished = make_order(session, event, day, "ada@example.org", "cleo@example.org", state="wished")
    session.flush()
    return event, order, wished


def ada(session):
    person = find_person(session, "ada@example.org")
    assert person is not None
    return person


def erase(session, now):
    erase_person(session, ada(session), SITE, now=now)
    session.flush()
    session.expire_all()


def test_everything_is_shown_and_taken_along(session, bought, now):
    _event, order, _wished = bought
    told = export_of(read_own_data(session, ada(session)), now=now)
    first = told["orders"][0]
    assert (first["reference"], first["total"], first["currency"]) == (order.reference, "16250.00", "SEK")
    assert [one["name"] for one in first["tickets"]] == ["Ada Example", "Ben Example"]
    assert first["invoice_to"]["organisation"] == "Region Jönköping"
    assert first["papers"][0]["number"] == 1
    assert told["applications"][0]["what_you_wrote"] == "I nurse at night"
    ben = find_person(session, "ben@example.org")
    assert ben is not None
    theirs = export_of(read_own_data(session, ben), now=now)
    assert theirs["orders"] == []
    assert [one["name"] for one in theirs["tickets_from_others"]] == ["Ben Example"]
    assert "Ada" not in str(theirs)


def test_erased_but_for_what_tax_law_asks_for(session, bought, now):
    _event, order, wished = bought
    paper = session.scalars(select(Document)).one().content
    erase(session, now)
    # Ada left in time: all of hers comes back, Ben keeps his ticket and his place.
    assert (order.state, order.total, order.given_back) == ("paid", 812_500, 812_500)
    assert session.scalars(select(Refund)).one().amount == 812_500
    assert (order.name, order.bill_to["organisation"]) == ("Ada Example", "Region Jönköping")
    assert order.erased_at == now
    assert (order.zone, order.link_version) == ("UTC", 2)
    assert {ticket.name for ticket in session.scalars(select(Ticket).where(Ticket.order_id == order.id))} == {""}
    assert session.scalars(select(Document).order_by(Document.id)).first().content == paper
    # What brought no money is gone, and nobody waits in the name of who is nobody.
    assert (wished.state, wished.name, wished.bill_to) == ("cancelled", "", {})
    states = {one.name.split()[0]: one.state for one in session.scalars(select(Registration)) if one.name}
    assert states == {"Ben": "confirmed", "Cleo": "cancelled"}
    application = session.scalars(select(Application)).one()
    assert (application.state, application.name, application.about) == ("withdrawn", "", "")
    assert find_person(session, "ada@example.org") is None
    for mail in session.scalars(select(OutboxMail)):
        assert "nurse at night" not in str(mail.facts)
        if not mail.forget:
            assert "ada@example.org" not in f"{mail.recipient} {mail.facts}"
    assert list(wrong_money(session)) == []


def test_an_open_order_of_somebody_erased_ends_soon(session, now):
    event, kind = festival(session)
    order = make_order(session, event, kind, "ada@example.org", "ben@example.org", state="open")
    erase(session, now)
    assert order.expires_at == now
    assert (order.state, order.name) == ("open", "")
    assert list(wrong_money(session)) == []


def test_let_go_in_time(session, bought, now):
    event, order, wished = bought
    session.get_one(Places, event.room_id)
    free = make_kind(session, event, name="Volunteer", price="free", amount=0)
    left = make_order(session, event, free, "dora@example.org", state="open")
    left.state, left.closed_at = "expired", now
    for ticket in session.scalars(select(Ticket).where(Ticket.order_id == left.id)):
        ticket.state = "cancelled"
    session.flush()

    def at(moment: datetime) -> tuple[bool, str, str, bool]:
        let_go(session, {}, moment)
        session.flush()
        session.expire_all()
        application = session.scalars(select(Application)).one()
        paper = session.scalars(select(Document)).one()
        return application.about != "", left.name, order.name, bool(paper.content)

    day = timedelta(days=1)
    assert at(now + 29 * day) == (True, "Dora Example", "Ada Example", True)
    assert at(now + 31 * day) == (True, "", "Ada Example", True)
    assert at(event.ends_at + 31 * day) == (False, "", "Ada Example", True)
    assert order.erased_at is None
    at(event.ends_at + 366 * day)
    assert order.erased_at is not None
    assert (order.name, wished.name) == ("Ada Example", "")
    assert at(datetime(2033, 12, 31, tzinfo=now.tzinfo))[2:] == ("Ada Example", True)
    assert at(datetime(2034, 1, 1, tzinfo=now.tzinfo))[2:] == ("", False)
    assert session.scalars(select(Payment.amount)).one() == 1_625_000


def test_a_buyer_is_known_as_long_as_the_order_is(session, bought, now):
    event, _order, _wished = bought
    for moment, known in ((event.ends_at + timedelta(days=300), True), (event.ends_at + timedelta(days=400), False)):
        tidy(session, {}, moment, site=SITE, known=KNOWN)
        let_go(session, {}, moment)
        tidy(session, {}, moment, site=SITE, known=KNOWN)
        assert (find_person(session, "ada@example.org") is not None) is known


def test_the_page_and_the_question_say_it(client, session, bought, now):
    from gatherings.accounts.actions import make_fresh_link

    token = make_fresh_link(session, ada(session), "my-data", now=now)
    page = client.get(f"/my-data/{token}").text
    assert "I nurse at night" in page
    assert "Region Jönköping" in page
    assert "seven years" in client.get(f"/my-data/{token}/erase").text
    assert session.scalars(select(Order.erased_at)).first() is None
