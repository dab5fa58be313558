"""The page of an order: how it stands, paying by invoice and at the door, whom the invoice names, leaving."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from gatherings.accounts.actions import find_or_make_person
from gatherings.accounts.rules import normalise_address
from gatherings.core.clock import utc_now
from gatherings.db.places import Places
from gatherings.jobs.models import Job
from gatherings.mail.models import OutboxMail
from gatherings.payments.actions import gathering
from gatherings.payments.actions.following import follow
from gatherings.payments.models import Document, Seller
from gatherings.registration.actions.moving_address import hand_to
from gatherings.registration.actions.ticket_places import registrations_of
from gatherings.registration.models import Registration
from gatherings.tickets.models import Order, Sale, Ticket
from tests.factories import SITE, make_event
from tests.ordering import make_order
from tests.pages.counting import counted
from tests.races import at_once
from tests.ticketing import festival, make_code, make_kind, make_sale

BILL = {
    "organisation": "Region Jönköping", "payer": "Ada Example", "address": "Box 1\n551 11 Jönköping", "country": "SE",
    "vat_number": "SE123456789001", "mark": "Kst 4711",
}  # fmt: skip


@pytest.fixture
def at(app):
    """Give the path of an order's page."""

    def path(order, more="", version=None):
        signer = app.extensions["gatherings.signer"]
        return f"/orders/{signer.sign('order', order.public_id, version or order.link_version)}{more}"

    return path


@pytest.fixture
def kinds_of_mail(session):
    """List (kind, recipient) of the mails that wait, in order."""

    def listed(*kinds):
        session.rollback()
        rows = session.execute(select(OutboxMail.kind, OutboxMail.recipient).order_by(OutboxMail.id)).all()
        return [tuple(row) for row in rows if not kinds or row.kind in kinds]

    return listed


def again(session, order):
    session.rollback()
    return session.get_one(Order, order.id, populate_existing=True)


def test_the_page_says_what_it_costs_line_by_line(client, session, at):
    event, kind = festival(session)
    make_code(session, event)
    order = make_order(session, event, kind, codes=("PRESENTER",), now=utc_now())
    session.commit()
    answer = client.get(at(order))
    assert answer.status_code == 200
    said = " ".join(answer.text.replace("\u00a0", " ").split())
    for part in (
        "6,500.00 SEK",
        "Code PRESENTER: 15% off",
        "−975.00 SEK",
        "1,381.25 SEK",
        "6,906.25 SEK",
        order.reference,
    ):
        assert part in said, part
    assert "minutes left" in said or "29 minute" in said
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "Stripe" not in answer.text
    assert "by card" not in answer.text


def test_links_of_others_are_nothing(client, session, app, at):
    event, kind = festival(session)
    order = make_order(session, event, kind, now=utc_now())
    other = make_order(session, event, kind, address="bo@example.org", now=utc_now())
    session.commit()
    ticket = select(Ticket.public_id).where(Ticket.order_id == other.id)
    theirs = session.scalars(ticket).one()
    signer = app.extensions["gatherings.signer"]
    for path in (
        at(order, version=2), "/orders/x", f"/orders/{signer.sign('manage', order.public_id, 1)}",
        at(order, f"/tickets/{theirs}"), at(order, f"/tickets/{theirs}/name"), at(order, f"/tickets/{theirs}/cancel"),
        at(order, "/tickets/nothing"), at(order, "/documents/nothing.pdf"),
    ):  # fmt: skip
        assert client.get(path).status_code == 404, path
    for path in (f"/tickets/{theirs}/name", f"/tickets/{theirs}/cancel"):
        assert client.post(at(order, path), data={"name": "Eve", "said": "0"}).status_code == 404
    assert again(session, other).state == "open"


def test_paying_by_invoice_books_once_and_writes_the_invoice(client, session, at, kinds_of_mail):
    event, kind = festival(session)
    order = make_order(session, event, kind, now=utc_now())
    session.commit()
    asked = client.get(at(order, "/invoice"))
    assert asked.status_code == 200
    assert "Sweden" in asked.text
    assert again(session, order).state == "open"
    for _press in range(2):
        answer = client.post(at(order, "/invoice"), data=BILL)
        assert answer.status_code == 303, answer.text
    order = again(session, order)
    assert (order.state, order.way, order.bill_to["mark"]) == ("due", "invoice", "Kst 4711")
    assert order.due_on is not None
    assert order.expires_at is None
    assert session.scalars(select(Ticket.state)).all() == ["valid"]
    assert session.scalars(select(Registration.state)).all() == ["confirmed"]
    papers = session.execute(select(Document.kind, Document.total)).all()
    assert [tuple(row) for row in papers] == [("invoice", 812_500)]
    assert kinds_of_mail("confirmed", "order_invoice") == [
        ("confirmed", "ada@example.org"), ("order_invoice", "ada@example.org"),
    ]  # fmt: skip
    page = client.get(at(order))
    assert "Your place is booked" in page.text
    assert order.reference in page.text
    assert "Invoice 1" in page.text


def test_an_invoice_needs_somebody_and_an_address(client, session, at):
    event, kind = festival(session)
    order = make_order(session, event, kind, now=utc_now())
    session.commit()
    answer = client.post(at(order, "/invoice"), data=BILL | {"payer": " ", "organisation": "", "mark": "kept 'ö'"})
    assert answer.status_code == 422
    assert "whom the invoice is for" in answer.text
    assert "kept &#39;ö&#39;" in answer.text
    bad = [
        {"address": ""}, {"address": "\n".join("abcdefghi")}, {"country": "XX"}, {"organisation": "x" * 201},
        {"payer": "see www.bad.example"}, {"vat_number": "a\nb"}, {"mark": "\u202e"}, {"address": "a" * 401},
    ]  # fmt: skip
    for values in bad:
        answer = client.post(at(order, "/invoice"), data=BILL | values)
        assert answer.status_code == 422, values
        assert 'id="problems"' in answer.text
    assert again(session, order).state == "open"


def test_paying_at_the_door_books_and_asks_for_money_later(client, session, at, kinds_of_mail):
    event, kind = festival(session)
    order = make_order(session, event, kind, now=utc_now())
    session.commit()
    assert client.get(at(order, "/pay")).status_code == 302
    for _press in range(2):
        assert client.post(at(order, "/pay"), data={"way": "door"}).status_code == 303
    order = again(session, order)
    assert (order.state, order.way, order.owed, order.due_on) == ("due", "door", 812_500, None)
    assert [kind for kind, _who in kinds_of_mail("order_door", "confirmed")] == ["confirmed", "order_door"]
    assert "when you arrive" in client.get(at(order)).text
    assert client.post(at(order, "/invoice"), data=BILL).status_code == 303  # whom the invoice names, no other way
    assert again(session, order).way == "door"


def test_ways_that_are_not_offered_change_nothing(client, session, at):
    event, kind = festival(session)
    order = make_order(session, event, kind, now=utc_now())
    session.scalars(select(Sale)).one().ways = "card"
    session.commit()
    for way in ("door", "invoice", "", "free", "card", "x" * 500):
        assert client.post(at(order, "/pay"), data={"way": way}).status_code == 409, way
    assert client.post(at(order, "/invoice"), data=BILL).status_code == 409
    assert again(session, order).state == "open"
    assert "no way to pay" in client.get(at(order)).text


def test_nothing_can_be_chosen_when_the_time_is_over(client, session, at, clock_at):
    event, kind = festival(session)
    order = make_order(session, event, kind, now=utc_now())
    session.commit()
    with clock_at(utc_now() + timedelta(minutes=31)):
        page = client.get(at(order))
        assert "time to pay has run out" in page.text
        assert "Pay by invoice" not in page.text
        assert client.post(at(order, "/pay"), data={"way": "door"}).status_code == 409
        assert client.post(at(order, "/invoice"), data=BILL).status_code == 409
    assert again(session, order).state == "open"


def test_who_comes_online_alone_is_not_sent_to_the_door(client, session, at):
    event = make_event(
        session, title="A call", starts_local=datetime(2027, 3, 2, 18), ends_local=datetime(2027, 3, 2, 19)
    )
    make_sale(session, event)
    kind = make_kind(session, event)
    order = make_order(session, event, kind, now=utc_now())
    session.commit()
    assert "at the door" not in client.get(at(order)).text
    assert client.post(at(order, "/pay"), data={"way": "door"}).status_code == 409


def test_the_invoice_is_made_out_anew_never_changed(client, session, at, kinds_of_mail):
    event, kind = festival(session)
    order = make_order(session, event, kind, now=utc_now())
    session.commit()
    client.post(at(order, "/invoice"), data=BILL)
    assert client.post(at(order, "/invoice"), data=BILL).location.endswith("before")
    assert client.post(at(order, "/invoice"), data=BILL | {"organisation": "Åsa & Co"}).location.endswith("kept")
    session.rollback()
    rows = session.execute(select(Document.kind, Document.total).order_by(Document.id)).all()
    assert [tuple(row) for row in rows] == [("invoice", 812_500), ("credit", 812_500), ("invoice", 812_500)]
    assert len(kinds_of_mail("order_anew")) == 1
    for number in range(4):
        assert client.post(at(order, "/invoice"), data=BILL | {"mark": f"{number}"}).status_code == 303
    refused = client.post(at(order, "/invoice"), data=BILL | {"mark": "one more"})
    assert refused.status_code == 429
    assert session.scalars(select(Seller.last_invoice)).one() == 6


def places(session):
    session.rollback()
    return {row.id: row.taken for row in session.scalars(select(Places).execution_options(populate_existing=True))}


def test_leaving_says_what_comes_back_and_then_does_it(client, session, at, kinds_of_mail):
    event, kind = festival(session)
    order = make_order(session, event, kind, now=utc_now())
    session.commit()
    client.post(at(order, "/invoice"), data=BILL)
    asked = client.get(at(order, "/cancel"))
    said = asked.text.replace("\u00a0", " ")
    assert asked.status_code == 200
    assert "8,125 SEK" in said
    assert "100%" in said
    assert 'value="812500"' in said
    assert again(session, order).state == "due"
    for note in ("left", "before"):
        answer = client.post(at(order, "/cancel"), data={"said": "812500"})
        assert answer.status_code == 303
        assert answer.location.endswith(note)
    order = again(session, order)
    assert (order.state, order.total, order.owed) == ("cancelled", 0, 0)
    assert places(session)[kind.places_id] == 0
    assert places(session)[event.room_id] == 0
    # Nothing was paid, and this is the fourth mail of the hour: it comes when the hour is over.
    assert kinds_of_mail("cancelled", "order_left") == [("cancelled", "ada@example.org")]
    job = session.scalars(select(Job).where(Job.kind == gathering.JOB)).one()
    assert gathering.send_gathered(session, job.payload, SITE, now=job.due_at)
    session.commit()
    assert kinds_of_mail("order_left") == [("order_left", "ada@example.org")]
    assert session.scalars(select(Registration.state)).all() == ["cancelled"]
    page = client.get(at(order))
    assert "This order is cancelled" in page.text
    assert "Cancel this" not in page.text


def test_one_of_two_tickets_goes_and_half_comes_back(client, session, at, clock_at):
    event, kind = festival(session)
    day = make_kind(session, event, name="One day", amount=250_000, days=["2027-03-02"])
    order = make_order(session, event, kind, day, now=utc_now())
    session.commit()
    client.post(at(order, "/invoice"), data=BILL)
    ticket = next(one for one in session.scalars(select(Ticket)) if one.kind_id == day.id)
    with clock_at(datetime.fromisoformat("2027-02-10T12:00:00+00:00")):
        path = at(order, f"/tickets/{ticket.public_id}/cancel")
        said = client.get(path).text.replace("\u00a0", " ")
        assert "1,562.50 SEK" in said
        assert "50%" in said
        assert client.post(path, data={"said": "156250"}).status_code == 303
        assert client.post(path, data={"said": "156250"}).location.endswith("before")
    order = again(session, order)
    assert (order.state, order.total) == ("due", 812_500 + 156_250)
    # They still come with the other ticket.
    assert session.scalars(select(Registration.state)).all() == ["confirmed"]
    assert places(session)[day.places_id] == 0
    assert places(session)[event.room_id] == 1


def test_who_was_told_more_than_comes_back_now_is_asked_again(client, session, at, clock_at):
    event, kind = festival(session)
    order = make_order(session, event, kind, now=utc_now())
    session.commit()
    client.post(at(order, "/invoice"), data=BILL)
    with clock_at(datetime.fromisoformat("2027-02-10T12:00:00+00:00")):
        answer = client.post(at(order, "/cancel"), data={"said": "812500"})
        assert answer.status_code == 409
        assert "less comes back now" in answer.text
        assert 'value="406250"' in answer.text
        assert again(session, order).state == "due"
        for odd in ("", "-5", "9" * 40, "٣", "x"):  # nothing was said: nothing to hold anybody to
            assert client.get(at(order, "/cancel")).status_code == 200, odd
        assert client.post(at(order, "/cancel"), data={"said": "٣"}).status_code == 303
    order = again(session, order)
    assert (order.state, order.total, order.owed) == ("cancelled", 406_250, 406_250)
    assert "still to be paid" in client.get(at(order)).text


def test_what_was_only_held_is_let_go_without_a_mail(client, session, at, kinds_of_mail):
    event, kind = festival(session)
    order = make_order(session, event, kind, now=utc_now())
    session.commit()
    assert client.post(at(order, "/cancel"), data={"said": "812500"}).status_code == 303
    assert (again(session, order).state, again(session, order).total) == ("cancelled", 0)
    assert kinds_of_mail() == []
    assert places(session)[kind.places_id] == 0


def test_at_the_door_nothing_is_owed_by_who_does_not_come(client, session, at, clock_at):
    event, kind = festival(session)
    orders = [make_order(session, event, kind, address=f"{who}@example.org", now=utc_now()) for who in ("ada", "bo")]
    session.commit()
    for order in orders:
        client.post(at(order, "/pay"), data={"way": "door"})
    bo = session.scalars(select(Registration).where(Registration.person_id == orders[1].person_id)).one()
    signer = client.application.extensions["gatherings.signer"]
    with clock_at(datetime.fromisoformat("2027-03-01T12:00:00+00:00")):
        client.post(at(orders[0], "/cancel"), data={"said": "812500"})
        mine = f"/registrations/{signer.sign('manage', bo.public_id, bo.link_version)}/cancel"
        assert client.post(mine).status_code == 303
    for order in orders:
        assert (again(session, order).state, again(session, order).owed) == ("cancelled", 0)


def test_a_page_that_looks_again_hears_nothing_until_something_is_new(client, session, at):
    event, kind = festival(session)
    order = make_order(session, event, kind, now=utc_now())
    session.commit()
    page = client.get(at(order)).text
    seen = page.partition("/state?seen=")[2].partition('"')[0]
    assert len(seen) == 12
    htmx = {"HX-Request": "true"}
    same = client.get(at(order, f"/state?seen={seen}"), headers=htmx)
    assert same.status_code == 200
    assert same.headers["HX-Retarget"] == "#time-left"
    assert len(same.text) < 400
    client.post(at(order, "/pay"), data={"way": "door"})
    new = client.get(at(order, f"/state?seen={seen}"), headers=htmx)
    assert new.status_code == 200
    assert 'id="order"' in new.text
    assert "<html" not in new.text
    assert "hx-trigger" not in new.text  # nothing to wait for any more


def test_nothing_can_be_cancelled_when_the_gathering_is_over(client, session, at, clock_at):
    event, kind = festival(session)
    order = make_order(session, event, kind, now=utc_now())
    session.commit()
    client.post(at(order, "/pay"), data={"way": "door"})
    with clock_at(datetime.fromisoformat("2027-03-05T12:00:00+00:00")):
        assert "Cancel this" not in client.get(at(order)).text
        assert "Yes, cancel" not in client.get(at(order, "/cancel")).text
        assert client.post(at(order, "/cancel"), data={"said": "0"}).status_code == 409
    assert again(session, order).state == "due"


def test_the_waiting_list_can_be_left(client, session, at):
    event, kind = festival(session)
    kind = make_kind(session, event, quota=0, name="None left")
    order = make_order(session, event, kind, now=utc_now(), wait=True)
    session.commit()
    page = client.get(at(order))
    assert "You are on the waiting list" in page.text
    assert "Pay by invoice" not in page.text
    assert client.post(at(order, "/pay"), data={"way": "door"}).status_code == 409
    assert "Leave the waiting list" in client.get(at(order, "/cancel")).text
    assert client.post(at(order, "/cancel"), data={"said": "0"}).status_code == 303
    assert again(session, order).state == "cancelled"
    assert session.scalars(select(func.count(Registration.id)).where(Registration.state == "cancelled")).one() == 1


def test_ones_own_page_shows_the_ticket_and_says_what_comes_back(client, session, app, at):
    event, kind = festival(session)
    order = make_order(session, event, kind, now=utc_now())
    session.commit()
    client.post(at(order, "/invoice"), data=BILL)
    mine = session.scalars(select(Registration)).one()
    path = f"/registrations/{app.extensions['gatherings.signer'].sign('manage', mine.public_id, mine.link_version)}"
    page = client.get(path)
    assert "All three days" in page.text
    assert "the invoice is not paid yet" in page.text
    assert f'href="{at(order)}"' in page.text
    assert f'href="{path}/cancel"' in page.text
    assert f'action="{path}/cancel"' not in page.text  # money is in it: asked first
    assert "need not be paid any more" in client.get(f"{path}/cancel").text
    assert client.post(f"{path}/side", data={"side": "online"}).status_code == 409
    assert client.post(f"{path}/cancel").status_code == 303
    assert again(session, order).state == "cancelled"
    assert "Your ticket" not in client.get(path).text


def test_who_moves_to_another_address_takes_the_order_along(client, session, app, at):
    event, kind = festival(session)
    order = make_order(session, event, kind, now=utc_now())
    session.commit()
    client.post(at(order, "/pay"), data={"way": "door"})
    (mine,) = registrations_of(session, session.scalars(select(Registration.id)).all())
    new = find_or_make_person(session, normalise_address("new@example.org"), now=utc_now())
    hand_to(session, mine, new, SITE, now=utc_now())
    session.commit()
    assert client.get(at(order, version=1)).status_code == 404
    assert client.get(at(order, version=2)).status_code == 200
    assert again(session, order).person_id == new.id
    assert session.scalars(select(Ticket.person_id)).all() == [new.id]


def test_an_order_is_read_in_few_queries(app, client, session, at, engine):
    event, kind = festival(session)
    days = [make_kind(session, event, name=f"Day {number}") for number in range(5)]
    order = make_order(session, event, kind, *days, now=utc_now())
    session.commit()
    client.get(at(order))
    with counted(engine) as said:
        client.get(at(order))
    assert len(said) <= 12, said


def test_choosing_and_leaving_at_once_agree(app, client, session, at):
    """Whoever comes first decides; places, people and sums agree afterwards."""
    event, kind = festival(session)
    orders = [make_order(session, event, kind, address=f"p{number}@example.org", now=utc_now()) for number in range(3)]
    session.commit()

    def send(order, where, **data):
        return lambda: app.test_client().post(at(order, where), data=data).status_code

    presses = [
        press
        for order in orders
        for press in (
            send(order, "/pay", way="door"), send(order, "/pay", way="door"), send(order, "/invoice", **BILL),
            send(order, "/cancel", said="0"), send(order, "/cancel", said="0"),
        )
    ]  # fmt: skip
    outcomes = at_once(app, presses)
    assert set(outcomes) <= {303, 409}, outcomes
    taken = places(session)
    assert [again(session, order).state for order in orders] == ["cancelled"] * 3
    assert [again(session, order).owed for order in orders] == [0, 0, 0]
    assert (taken[kind.places_id], taken[event.room_id]) == (0, 0)
    assert set(session.scalars(select(Registration.state))) == {"cancelled"}
    for order in orders:
        follow(session, order.id, SITE, now=utc_now())  # as the worker does a moment later
    session.commit()
    left = session.execute(select(Document.order_id, Document.kind, Document.total)).all()
    for order in orders:
        mine = [(kind, total) for id, kind, total in left if id == order.id]
        assert sum(total if kind == "invoice" else -total for kind, total in mine) == 0
