"""Names on tickets: spelled otherwise, handed to somebody else; no money moves, and no place goes to anybody else."""

from datetime import datetime

import pytest
from sqlalchemy import select

from gatherings.accounts.rules import normalise_address
from gatherings.core.clock import utc_now
from gatherings.db.places import Places
from gatherings.invites.models import Invite
from gatherings.mail.models import OutboxMail
from gatherings.payments.rules.ordering import TicketWish
from gatherings.registration.models import Registration
from gatherings.registration.tickets import ticket_of
from gatherings.tickets.models import Order, Ticket
from tests.ordering import make_order
from tests.races import at_once
from tests.ticketing import festival, make_kind


@pytest.fixture
def at(app):
    """Give the path of an order's page."""

    def path(order, more=""):
        signer = app.extensions["gatherings.signer"]
        return f"/orders/{signer.sign('order', order.public_id, order.link_version)}{more}"

    return path


@pytest.fixture
def booked(client, session, at):
    """Make an order of Ada's for one ticket, to be paid at the door."""

    def book(event, *kinds, pay=True, **values):
        order = make_order(session, event, *kinds, now=utc_now(), **values)
        session.commit()
        if pay:
            assert client.post(at(order, "/pay"), data={"way": "door"}).status_code == 303
        session.rollback()
        return session.get_one(Order, order.id, populate_existing=True)

    return book


def one_ticket(session, order):
    return session.scalars(select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id)).first()


def books(session):
    """Give (name, address, state, method of the invite) of all registrations, and what is taken of each pool."""
    session.rollback()
    session.expire_all()
    rows = session.execute(
        select(Registration.name, Registration.state, Invite.method, Invite.address)
        .join(Invite, Invite.id == Registration.invite_id)
        .order_by(Registration.id)
    ).all()
    return [tuple(row) for row in rows], {row.id: row.taken for row in session.scalars(select(Places))}


def told(session):
    session.rollback()
    return [
        tuple(row) for row in session.execute(select(OutboxMail.kind, OutboxMail.recipient).order_by(OutboxMail.id))
    ]


def test_a_name_is_spelled_otherwise_and_nobody_is_mailed(client, session, at, booked):
    event, kind = festival(session)
    order = booked(event, kind)
    before = told(session)
    ticket = one_ticket(session, order)
    path = at(order, f"/tickets/{ticket.public_id}/name")
    page = client.get(path)
    assert page.status_code == 200
    assert 'value="Ada Example"' in page.text
    assert "ada@example.org" not in page.text
    for note in ("kept", "before"):
        assert client.post(path, data={"name": "Zoë & Sons <3", "email": ""}).location.endswith(note)
    people, _taken = books(session)
    assert people == [("Zoë & Sons <3", "confirmed", "REQUEST", "ada@example.org")]
    assert told(session) == before
    assert "Zoë &amp; Sons &lt;3" in client.get(at(order)).text


def test_what_somebody_calls_themselves_stays_theirs(client, session, at, booked):
    event, kind = festival(session)
    order = booked(event, kind)
    session.scalars(select(Registration)).one().name = "Countess Lovelace"
    session.commit()
    ticket = one_ticket(session, order)
    client.post(at(order, f"/tickets/{ticket.public_id}/name"), data={"name": "Ada E", "email": "ADA@example.org"})
    assert books(session)[0][0][0] == "Countess Lovelace"
    assert one_ticket(session, order).name == "Ada E"


def test_somebody_else_comes_instead(client, session, at, booked):
    event, kind = festival(session)
    order = booked(event, kind)
    total, taken = order.total, books(session)[1]
    ticket = one_ticket(session, order)
    path = at(order, f"/tickets/{ticket.public_id}/name")
    for note in ("handed", "before"):
        answer = client.post(path, data={"name": "Bo", "email": "bo@example.org"})
        assert answer.status_code == 303, answer.text
        assert answer.location.endswith(note)
    people, now_taken = books(session)
    assert people == [
        ("Ada Example", "cancelled", "CANCEL", "ada@example.org"), ("Bo", "confirmed", "REQUEST", "bo@example.org"),
    ]  # fmt: skip
    assert now_taken == taken
    order = session.get_one(Order, order.id, populate_existing=True)
    assert (order.total, order.state, one_ticket(session, order).name) == (total, "due", "Bo")
    assert told(session)[-2:] == [("handed_on", "ada@example.org"), ("confirmed", "bo@example.org")]


def test_a_ticket_comes_back_to_who_had_it(client, session, at, booked):
    event, kind = festival(session)
    order = booked(event, kind)
    path = at(order, f"/tickets/{one_ticket(session, order).public_id}/name")
    client.post(path, data={"name": "Bo", "email": "bo@example.org"})
    client.post(path, data={"name": "Ada", "email": "ada@example.org"})
    people, taken = books(session)
    assert [(name, state, method) for name, state, method, _to in people] == [
        ("Ada", "confirmed", "REQUEST"), ("Bo", "cancelled", "CANCEL"),
    ]  # fmt: skip
    assert taken[event.room_id] == 1
    assert taken[kind.places_id] == 1
    steps = session.scalars(select(Invite.sequence).order_by(Invite.id)).all()
    assert steps[0] >= 2  # sent, cancelled, sent again: it never falls


def test_before_it_is_paid_nobody_is_mailed(client, session, at, booked):
    event, kind = festival(session)
    order = booked(event, kind, pay=False)
    path = at(order, f"/tickets/{one_ticket(session, order).public_id}/name")
    assert client.post(path, data={"name": "Bo", "email": "bo@example.org"}).status_code == 303
    people, taken = books(session)
    assert [(name, state) for name, state, *_rest in people] == [("Ada Example", "cancelled"), ("Bo", "pending")]
    assert taken[event.room_id] == 1
    assert told(session) == []
    client.post(at(order, "/pay"), data={"way": "door"})
    assert [row for row in told(session) if row[0] == "confirmed"] == [("confirmed", "bo@example.org")]


def test_who_has_another_ticket_keeps_their_place(client, session, at, booked):
    event, kind = festival(session)
    day = make_kind(session, event, name="One day")
    order = booked(event, kind, day)
    path = at(order, f"/tickets/{one_ticket(session, order).public_id}/name")
    client.post(path, data={"name": "Bo", "email": "bo@example.org"})
    people, taken = books(session)
    assert [(name, state) for name, state, *_rest in people] == [("Ada Example", "confirmed"), ("Bo", "confirmed")]
    assert taken[event.room_id] == 2
    assert "handed_on" not in [kind for kind, _who in told(session)]


def test_where_one_more_place_is_needed_and_none_is_left_nothing_changes(client, session, at, booked):
    event, kind = festival(session, capacity_room=1)
    day = make_kind(session, event, name="One day")
    order = booked(event, kind, day)
    before = books(session)
    path = at(order, f"/tickets/{one_ticket(session, order).public_id}/name")
    answer = client.post(path, data={"name": "Bo", "email": "bo@example.org"})
    assert answer.status_code == 409
    assert "last place" in answer.text
    assert 'value="bo@example.org"' in answer.text
    assert books(session) == before


def test_who_is_there_already_gets_the_ticket_and_the_place_is_served(client, session, at, booked):
    event, kind = festival(session, capacity_room=2)
    bo = booked(event, kind, address="bo@example.org", name="Bo")
    order = booked(event, kind)
    path = at(order, f"/tickets/{one_ticket(session, order).public_id}/name")
    answer = client.post(path, data={"name": "Bo", "email": "bo@example.org"})
    assert answer.status_code == 303
    people, taken = books(session)
    assert sorted((name, state) for name, state, *_rest in people) == [
        ("Ada Example", "cancelled"),
        ("Bo", "confirmed"),
    ]
    assert taken[event.room_id] == 1
    assert taken[kind.places_id] == 2
    # Whose other ticket is of another order keeps their code for the door to themselves.
    ticket = one_ticket(session, order)
    assert client.get(at(order, f"/tickets/{ticket.public_id}")).status_code == 404
    assert client.get(at(bo, f"/tickets/{one_ticket(session, bo).public_id}")).status_code == 404
    assert "Show the ticket" not in client.get(at(order)).text


def test_a_lowered_capacity_throws_nobody_out(client, session, at, booked):
    event, kind = festival(session)
    order = booked(event, kind)
    for pool in session.scalars(select(Places)):
        pool.capacity = 0
    session.commit()
    path = at(order, f"/tickets/{one_ticket(session, order).public_id}/name")
    assert client.post(path, data={"name": "Bo", "email": "bo@example.org"}).status_code == 303
    assert books(session)[0][1][:2] == ("Bo", "confirmed")


def test_bad_names_and_addresses_are_refused_and_kept_as_typed(client, session, at, booked):
    event, kind = festival(session)
    order = booked(event, kind)
    before = books(session)
    path = at(order, f"/tickets/{one_ticket(session, order).public_id}/name")
    for values in (
        {"name": ""}, {"name": "see https://bad.example"}, {"name": "a\r\nBcc: x@y.z"}, {"name": "x" * 121},
        {"email": "nobody"}, {"email": "a@b@c.example"}, {"email": "a@example.org\nb@example.org"},
    ):  # fmt: skip
        answer = client.post(path, data={"name": "Bo <b>", "email": "bo@example.org"} | values)
        assert answer.status_code == 422, values
        assert 'id="problems"' in answer.text
    assert "Bo &lt;b&gt;" in answer.text
    assert books(session) == before


def test_one_address_has_a_kind_once_in_an_order(client, session, at, booked):
    event, kind = festival(session)
    who = {name: normalise_address(f"{name}@example.org") for name in ("ada", "bo")}
    order = booked(event, tickets=tuple(TicketWish(kind.public_id, name, address) for name, address in who.items()))
    path = at(order, f"/tickets/{one_ticket(session, order).public_id}/name")
    answer = client.post(path, data={"name": "Bo", "email": "bo@example.org"})
    assert answer.status_code == 422
    assert "has a ticket of this kind" in answer.text


def test_who_has_arrived_cannot_be_replaced(client, session, at, booked):
    event, kind = festival(session)
    order = booked(event, kind)
    session.scalars(select(Registration)).one().attended_at = utc_now()
    session.commit()
    path = at(order, f"/tickets/{one_ticket(session, order).public_id}/name")
    assert client.post(path, data={"name": "Bo", "email": "bo@example.org"}).status_code == 409
    assert client.post(path, data={"name": "Ada E", "email": ""}).status_code == 303


def test_the_code_for_the_door_is_the_new_persons(client, session, app, at, booked):
    event, kind = festival(session)
    order = booked(event, kind)
    path = at(order, f"/tickets/{one_ticket(session, order).public_id}")
    first = client.get(path)
    assert first.status_code == 200
    assert "ticket-code" in first.text
    assert "To type it" in first.text
    client.post(f"{path}/name", data={"name": "Bo", "email": "bo@example.org"})
    second = client.get(path)
    assert second.status_code == 200
    assert second.text.partition("<svg")[2] != first.text.partition("<svg")[2]
    session.rollback()
    ada = session.scalars(select(Registration).order_by(Registration.id)).first()
    session.refresh(ada)
    assert ticket_of(ada, event) is None


def test_two_presses_at_once_hand_it_to_one_of_them(app, session, at, booked):
    event, kind = festival(session)
    order = booked(event, kind)
    ticket, path = one_ticket(session, order).public_id, at(order)
    session.rollback()

    def press(number):
        sent = {"name": f"P{number}", "email": f"p{number}@example.org"}
        return lambda: app.test_client().post(f"{path}/tickets/{ticket}/name", data=sent).status_code

    outcomes = at_once(app, [press(number) for number in range(4)])
    people, taken = books(session)
    assert outcomes == [303] * 4
    assert [state for _name, state, *_rest in people].count("confirmed") == 1
    assert taken[event.room_id] == 1
    assert taken[kind.places_id] == 1


def test_over_means_that_names_stay(client, session, at, booked, clock_at):
    event, kind = festival(session)
    order = booked(event, kind)
    path = at(order, f"/tickets/{one_ticket(session, order).public_id}/name")
    with clock_at(datetime.fromisoformat("2027-03-05T12:00:00+00:00")):
        assert client.post(path, data={"name": "Bo", "email": "bo@example.org"}).status_code == 409
