"""Papers to download: by one's own link, or by who looks after the money; and nothing else."""

import pytest
from sqlalchemy import select

from gatherings.communities.models import Community
from gatherings.payments.actions import documents
from gatherings.payments.models import Payment
from gatherings.registration.models import Registration
from gatherings.tickets.models import Ticket
from tests.factories import NOW, make_community, make_event
from tests.signing import make_role, sign_in
from tests.ticket_orders import make_order
from tests.ticketing import festival


def issue_receipt(session, order, payment, *, now=NOW):
    return documents.issue_receipt(session, order, payment, now=now)


@pytest.fixture
def fair(session):
    return festival(session, place_name="Qulturum")


def token_of(app, order):
    return app.extensions["gatherings.signer"].sign("order", order.public_id, order.link_version)


def manage_of(app, registration):
    return app.extensions["gatherings.signer"].sign("manage", registration.public_id, registration.link_version)


def paid(session, fair, *people):
    order = make_order(session, *fair, *people, state="paid", way="card")
    payment = session.scalars(select(Payment).where(Payment.order_id == order.id)).one()
    issue_receipt(session, order, payment, now=NOW)
    return order, documents.documents_of(session, order.id)


def tickets_of(session, order):
    return session.scalars(select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id)).all()


def is_pdf(response, name):
    assert response.status_code == 200
    assert response.mimetype == "application/pdf"
    assert response.data.startswith(b"%PDF-")
    assert response.headers["Content-Disposition"] == f'inline; filename="{name}"'
    assert response.headers["Cache-Control"] == "no-store"
    assert "noindex" in response.headers["X-Robots-Tag"]
    return response.data


def test_an_orders_papers_open_by_its_link_alone(app, client, session, fair):
    order, (invoice, receipt) = paid(session, fair, "ada@example.org")
    _other, (theirs, _receipt) = paid(session, fair, "bo@example.org")
    path = f"/orders/{token_of(app, order)}/documents"
    first = is_pdf(client.get(f"{path}/{invoice.public_id}.pdf"), "invoice-1.pdf")
    assert first == client.get(f"{path}/{invoice.public_id}.pdf").data  # the same bytes each time
    is_pdf(client.get(f"{path}/{receipt.public_id}.pdf"), "receipt-1.pdf")
    for wrong in (f"{path}/{theirs.public_id}.pdf", f"{path}/x.pdf", f"{path}/{order.public_id}.pdf",
                  f"/orders/{order.public_id}.1.{'x' * 22}/documents/{invoice.public_id}.pdf"):  # fmt: skip
        assert client.get(wrong).status_code == 404
    order.link_version += 1  # the link was revoked
    assert client.get(f"{path}/{invoice.public_id}.pdf").status_code == 404


def test_a_ticket_opens_by_its_orders_link(app, client, session, fair):
    order, _papers = paid(session, fair, "ada@example.org", "bo@example.org")
    other, _papers = paid(session, fair, "cy@example.org")
    path = f"/orders/{token_of(app, order)}/tickets"
    for ticket in tickets_of(session, order):
        is_pdf(client.get(f"{path}/{ticket.public_id}.pdf"), f"ticket-{order.reference}.pdf")
    [theirs] = tickets_of(session, other)
    assert client.get(f"{path}/{theirs.public_id}.pdf").status_code == 404
    held = make_order(session, *fair, "dee@example.org", state="open")
    [ticket] = tickets_of(session, held)
    assert client.get(f"/orders/{token_of(app, held)}/tickets/{ticket.public_id}.pdf").status_code == 404


def test_the_code_of_who_came_by_another_order_is_not_shown_to_whoever_typed_their_address(app, client, session, fair):
    paid(session, fair, "ada@example.org")
    order, _papers = paid(session, fair, "mallory@example.org", "ada@example.org")
    mine, hers = tickets_of(session, order)
    path = f"/orders/{token_of(app, order)}/tickets"
    assert client.get(f"{path}/{mine.public_id}.pdf").status_code == 200
    assert client.get(f"{path}/{hers.public_id}.pdf").status_code == 404


def test_ones_own_ticket_opens_by_ones_own_link_with_or_without_an_order(app, client, session, fair):
    order, _papers = paid(session, fair, "ada@example.org")
    registration = session.scalars(select(Registration)).one()
    path = f"/registrations/{manage_of(app, registration)}/ticket.pdf"
    is_pdf(client.get(path), f"ticket-{fair[0].slug}.pdf")
    for ticket in tickets_of(session, order):
        ticket.state, ticket.registration_id = "cancelled", None
    is_pdf(client.get(path), f"ticket-{fair[0].slug}.pdf")
    registration.state, registration.places_id = "cancelled", None
    assert client.get(path).status_code == 404
    assert client.get(f"/registrations/{token_of(app, order)}/ticket.pdf").status_code == 404


def test_organisers_who_look_after_money_open_papers_of_their_own_events_alone(app, client, session, fair):
    event, _kind = fair
    community = session.get_one(Community, event.community_id)
    other = make_community(session)
    order, (invoice, _receipt) = paid(session, fair, "ada@example.org")
    elsewhere = make_event(session, other)
    path = f"/organise/events/{event.slug}/orders/{order.public_id}/documents/{invoice.public_id}.pdf"
    assert client.get(path).status_code in (302, 303)
    people = {role: make_role(session, community, role) for role in ("owner", "organiser", "host", "helper", "editor")}
    for role, person in people.items():
        sign_in(client, session, person)
        assert client.get(path).status_code == (200 if role in ("owner", "organiser") else 403), role
    sign_in(client, session, make_role(session, other, "owner", address="stranger@example.org"))
    assert client.get(path).status_code == 404
    borrowed = path.replace(event.slug, elsewhere.slug)
    assert client.get(borrowed).status_code == 404
    sign_in(client, session, people["owner"])
    assert client.get(path.replace(invoice.public_id, "x")).status_code == 404
    is_pdf(client.get(path), "invoice-1.pdf")


def test_a_paper_that_was_let_go_after_its_years_is_no_longer_there(app, client, session, fair):
    order, (invoice, _receipt) = paid(session, fair, "ada@example.org")
    invoice.content = {}
    assert client.get(f"/orders/{token_of(app, order)}/documents/{invoice.public_id}.pdf").status_code == 404
    assert documents.follow(session, order, now=NOW) == []
