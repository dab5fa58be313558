"""What strangers may try with orders: codes by guessing, other people's places, and mail to whom they please."""

import pytest
from sqlalchemy import select

from gatherings.accounts.rules import normalise_address
from gatherings.core.clock import utc_now
from gatherings.mail.models import OutboxMail
from gatherings.payments.rules.ordering import TicketWish
from gatherings.registration.models import Registration
from gatherings.tickets.models import Ticket
from tests.factories import make_registration
from tests.ordering import make_order
from tests.ticketing import festival, make_code


@pytest.fixture
def at(app):
    """Give the path of an order's page."""

    def path(order, more=""):
        signer = app.extensions["gatherings.signer"]
        return f"/orders/{signer.sign('order', order.public_id, order.link_version)}{more}"

    return path


def for_somebody(kind, address, name="Vera Victim"):
    return TicketWish(kind.public_id, name, normalise_address(address))


def state_of(session, registration_id):
    session.rollback()
    return session.get_one(Registration, registration_id, populate_existing=True).state


def test_who_has_tried_too_many_codes_learns_of_no_other(client, session):
    event, _kind = festival(session)
    make_code(session, event, "PRESENTER")
    session.commit()
    for number in range(60):
        client.get(f"/events/{event.slug}?code=GUESS{number}")
    assert client.get(f"/events/{event.slug}?code=WRONG").status_code == 429
    assert client.get(f"/events/{event.slug}?code=PRESENTER").status_code == 429
    assert client.get(f"/events/{event.slug}/order?code=PRESENTER").status_code == 429


@pytest.fixture
def registered(session):
    """Let Vera be registered without a ticket (by her hosts, or before tickets were sold), and a stranger order."""

    def make():
        event, kind = festival(session)
        mine = make_registration(session, event=event, address="vera@example.org", name="Vera Victim", made_by="host")
        session.commit()
        order = make_order(
            session,
            event,
            kind,
            now=utc_now(),
            address="eve@example.org",
            name="Eve",
            tickets=(for_somebody(kind, "vera@example.org"),),
        )
        session.commit()
        return mine, order

    return make


def a_ticket(session, order):
    return session.scalars(select(Ticket).where(Ticket.order_id == order.id)).one()


def test_a_strangers_order_ends_no_registration_and_shows_no_code(client, session, at, registered):
    mine, order = registered()
    assert client.post(at(order, "/pay"), data={"way": "door"}).status_code == 303
    for more in ("", ".pdf"):
        assert client.get(at(order, f"/tickets/{a_ticket(session, order).public_id}{more}")).status_code == 404
    assert client.post(at(order, "/cancel"), data={"amount": "0"}).location.endswith("left")
    assert state_of(session, mine.id) == "confirmed"
    assert a_ticket(session, order).state == "cancelled"


def test_a_strangers_ticket_is_handed_on_without_the_place_of_who_was_there(client, session, at, registered):
    mine, order = registered()
    assert client.post(at(order, "/pay"), data={"way": "door"}).status_code == 303
    path = at(order, f"/tickets/{a_ticket(session, order).public_id}/name")
    assert client.post(path, data={"name": "Bo", "email": "bo@example.org"}).location.endswith("handed")
    assert state_of(session, mine.id) == "confirmed"
    # And back: to who has a place of their own, which stays theirs.
    assert client.post(path, data={"name": "Vera", "email": "vera@example.org"}).location.endswith("handed")
    assert client.post(at(order, "/cancel"), data={"amount": "0"}).status_code == 303
    assert state_of(session, mine.id) == "confirmed"


def test_a_stranger_does_not_rename_who_is_there(client, session, at, registered):
    mine, order = registered()
    path = at(order, f"/tickets/{a_ticket(session, order).public_id}/name")
    client.post(path, data={"name": "Stinker", "email": ""})
    session.rollback()
    assert session.get_one(Registration, mine.id, populate_existing=True).name == "Vera Victim"


def test_unpaid_orders_flood_nobody(client, session, at):
    event, kind = festival(session)
    statuses = []
    for _turn in range(4):
        order = make_order(session, event, kind, now=utc_now(), address="vera@example.org", name="Vera Victim")
        session.commit()
        statuses.append(client.post(at(order, "/pay"), data={"way": "door"}).status_code)
        client.post(at(order, "/cancel"), data={"amount": "0"})
        session.rollback()
    assert statuses == [303, 303, 429, 429]
    kinds = session.scalars(select(OutboxMail.kind).where(OutboxMail.recipient == "vera@example.org")).all()
    assert sorted(set(kinds)) == ["cancelled", "confirmed", "order_door", "order_left"]
    assert kinds.count("confirmed") == kinds.count("order_door") == 2
