"""What strangers may try with orders: codes by guessing, other people's places, and mail to whom they please."""

import pytest
from sqlalchemy import select

from gatherings.accounts.actions import find_or_make_person
from gatherings.accounts.rules import normalise_address
from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput
from gatherings.core.money import MOST
from gatherings.core.tokens import new_public_id
from gatherings.jobs.models import Job
from gatherings.mail.models import OutboxMail
from gatherings.payments.actions import gathering
from gatherings.payments.rules.ordering import TicketWish
from gatherings.registration.models import Registration
from gatherings.tickets.models import Application, Ticket
from tests.factories import SITE, make_registration
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


def test_no_way_of_asking_lets_a_code_be_tried_uncounted(client, session):
    event, _kind = festival(session)
    make_code(session, event, "PRESENTER")
    session.commit()
    path = f"/events/{event.slug}/order"
    # A GET with a body, whose codes are none: they are not what is looked for.
    for number in range(20):
        client.get(f"{path}?code=GUESS{number}", data={"codes": " "})
    # Several in one line count one by one; what no database takes is no part of one.
    for number in range(8):
        line = " ".join(f"G{number}{letter}" for letter in "ABCDE")
        assert client.get(f"{path}?code={line}\x00").status_code == 200
    assert client.get(f"{path}?code=PRESENTER").status_code == 429


def test_an_order_of_more_than_a_column_holds_is_refused_in_words(session):
    event, kind = festival(session)
    kind.amount = MOST
    session.commit()
    tickets = tuple(for_somebody(kind, f"a{number}@example.org") for number in range(2))
    with pytest.raises(InvalidInput) as refused:
        make_order(session, event, kind, now=utc_now(), tickets=tickets)
    assert "more than one order can come to" in refused.value.problems[0].sentence.text


@pytest.mark.one_database("of a header, not of SQL")
def test_a_form_that_a_bursary_filled_is_kept_by_nobody(app, client, session):
    event, kind = festival(session)
    kind.by_application = True
    person = find_or_make_person(session, normalise_address("vera@example.org"), now=utc_now())
    granted = Application(
        public_id=new_public_id(), event_id=event.id, kind_id=kind.id, person_id=person.id, link_version=1,
        name="Vera", zone="UTC", language="en", about="", answer="", state="approved", created_at=utc_now(),
    )  # fmt: skip
    session.add(granted)
    session.commit()
    token = app.extensions["gatherings.signer"].sign("application", granted.public_id, 1)
    answer = client.get(f"/events/{event.slug}/order?grant={token}")
    assert "vera@example.org" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


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
    assert sorted(kinds) == ["cancelled", "cancelled", "confirmed", "confirmed", "order_door"]
    # How the orders stand is told when the hour is over, once for each.
    waiting = session.scalars(select(Job).where(Job.kind == gathering.JOB).order_by(Job.id)).all()
    assert len({job.payload["order"] for job in waiting}) == len(waiting) == 2
    for job in waiting:
        assert gathering.send_gathered(session, job.payload, SITE, now=job.due_at)
    kinds = session.scalars(select(OutboxMail.kind).where(OutboxMail.recipient == "vera@example.org")).all()
    assert len(kinds) == 7
    assert kinds.count("order_left") == 2
