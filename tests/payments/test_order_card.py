"""Paying by card from the page of an order: to the provider's page and back, tried again, away, and with other ways."""

import pytest
from sqlalchemy import select

from gatherings.core.clock import utc_now
from gatherings.payments.models import Attempt, Payment
from gatherings.payments.routes import asking
from gatherings.registration.models import Registration
from gatherings.tickets.models import Order, Ticket
from tests.ordering import make_order
from tests.stripe_double import card_app, double, handing_to  # noqa: F401
from tests.ticketing import festival, make_kind

BILL = {"payer": "Ada Example", "address": "Box 1\nJönköping"}


@pytest.fixture
def web(card_app):  # noqa: F811
    """A browser on an installation that takes cards."""
    return card_app.test_client()


@pytest.fixture
def at(card_app):  # noqa: F811
    """Give the path of an order's page."""

    def path(order, more=""):
        signer = card_app.extensions["gatherings.signer"]
        return f"/orders/{signer.sign('order', order.public_id, order.link_version)}{more}"

    return path


def held(session, *more):
    event, kind = festival(session)
    kinds = [kind, *(make_kind(session, event, name=name, amount=250_000) for name in more)]
    order = make_order(session, event, *kinds, now=utc_now())
    session.commit()
    return event, order


def fresh(session, order):
    session.rollback()
    return session.get_one(Order, order.id, populate_existing=True)


def begun(session):
    session.rollback()
    return session.scalars(select(Attempt).order_by(Attempt.id).execution_options(populate_existing=True)).all()


def test_one_press_leads_to_the_providers_page_and_paying_there_to_a_place(
    web,
    session,
    at,
    double,  # noqa: F811
    monkeypatch,
):
    _event, order = held(session)
    assert "by card" in web.get(at(order)).text
    answer = web.post(at(order, "/pay"), data={"way": "card"})
    assert answer.status_code == 303
    assert answer.location.startswith(double.url)
    again = web.post(at(order, "/pay"), data={"way": "card"})  # pressed twice: one session
    assert again.location == answer.location
    (attempt,) = begun(session)
    asked = len(double.api.requests)
    monkeypatch.setattr(asking, "PRESSES", 2)  # each press is a question to the provider
    assert web.post(at(order, "/pay"), data={"way": "card"}).status_code == 429
    assert len(double.api.requests) == asked
    assert (attempt.amount, attempt.currency) == (812_500, "SEK")
    double.books.pay(attempt.session_id)
    assert fresh(session, order).state == "open"
    page = web.get(at(order, "?back=paid"))
    assert "Paid. Your place is booked." in page.text
    order = fresh(session, order)
    assert (order.state, order.received, order.owed) == ("paid", 812_500, 0)
    assert session.scalars(select(Registration.state)).all() == ["confirmed"]
    assert "Pay " not in page.text.replace("Payments", "")


def test_coming_back_proves_nothing(web, session, at, double):  # noqa: F811
    _event, order = held(session)
    assert "minutes left" in web.get(at(order, "?back=paid")).text  # nobody has begun to pay
    web.post(at(order, "/pay"), data={"way": "card"})
    page = web.get(at(order, "?back=paid"))
    assert "Looking for your payment" in page.text
    assert "every 4s" in page.text
    assert 'http-equiv="refresh"' in page.text
    assert fresh(session, order).state == "open"
    page = web.get(at(order, "?back=left"))
    assert "You came back without paying" in page.text
    assert "by card" in page.text
    seen = web.get(at(order, "?back=paid")).text.partition("/state?seen=")[2][:12]
    htmx = {"HX-Request": "true"}
    assert web.get(at(order, f"/state?seen={seen}&back=paid"), headers=htmx).status_code == 204


def test_a_page_that_waits_turns_paid_by_itself(web, session, at, double, clock_at):  # noqa: F811
    _event, order = held(session)
    web.post(at(order, "/pay"), data={"way": "card"})
    seen = web.get(at(order, "?back=paid")).text.partition("/state?seen=")[2][:12]
    (attempt,) = begun(session)
    double.books.pay(attempt.session_id)
    attempt.asked_at = None  # the provider is asked every three seconds at most
    session.commit()
    answer = web.get(at(order, f"/state?seen={seen}&back=paid"), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Paid. Your place is booked." in answer.text
    assert fresh(session, order).state == "paid"


def test_a_provider_that_is_away_takes_nothing_and_keeps_the_places(web, session, at, double):  # noqa: F811
    _event, order = held(session)
    double.faults.add("500", "POST /v1/checkout", times=20)
    answer = web.post(at(order, "/pay"), data={"way": "card"})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "cannot be reached" in answer.text
    assert "Pay by invoice" in answer.text
    assert fresh(session, order).state == "open"


def test_another_way_closes_the_card_first(web, session, at, double):  # noqa: F811
    _event, order = held(session)
    web.post(at(order, "/pay"), data={"way": "card"})
    (attempt,) = begun(session)
    assert web.post(at(order, "/invoice"), data=BILL).status_code == 303
    assert fresh(session, order).state == "due"
    (attempt,) = begun(session)
    assert attempt.state == "expired"
    assert "by card" in web.get(at(order)).text  # the invoice may be paid by card after all


def test_who_paid_by_card_meanwhile_has_paid(web, session, at, double):  # noqa: F811
    _event, order = held(session)
    web.post(at(order, "/pay"), data={"way": "card"})
    (attempt,) = begun(session)
    double.books.pay(attempt.session_id)
    answer = web.post(at(order, "/invoice"), data=BILL)
    assert answer.status_code == 409
    assert "Paid. Your place is booked." in answer.text
    order = fresh(session, order)
    assert (order.state, order.owed) == ("paid", 0)
    assert len(session.scalars(select(Payment)).all()) == 1


def test_an_unpaid_order_is_left_only_when_nobody_can_pay_it_any_more(web, session, at, double):  # noqa: F811
    _event, order = held(session, "One day")
    web.post(at(order, "/pay"), data={"way": "card"})
    double.faults.add("500", "POST /v1/checkout", times=20)
    ticket = session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
    path = at(order, f"/tickets/{ticket.public_id}/cancel")
    answer = web.post(path, data={"said": "312500"})
    assert answer.status_code == 503
    assert "nothing has changed" in answer.text
    assert fresh(session, order).total == 1_125_000


def test_the_money_that_comes_back_is_said_and_seen(web, session, at, double):  # noqa: F811
    _event, order = held(session, "One day")
    web.post(at(order, "/pay"), data={"way": "card"})
    (attempt,) = begun(session)
    double.books.pay(attempt.session_id)
    web.get(at(order, "?back=paid"))
    ticket = session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
    path = at(order, f"/tickets/{ticket.public_id}/cancel")
    assert "Comes back to you" in web.get(path).text
    assert web.post(path, data={"said": "312500"}).status_code == 303
    order = fresh(session, order)
    assert (order.state, order.total) == ("paid", 812_500)
    page = web.get(at(order)).text.replace("\u00a0", " ")
    assert "3,125 SEK is on its way back to you" in page
