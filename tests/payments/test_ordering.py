"""Choosing tickets on an event's page and ordering them."""

from sqlalchemy import select

from gatherings.tickets.models import Order, Ticket
from tests.ticketing import festival, make_code, make_kind


def sent(kind, **values):
    given = {"name": "Ada Example", "email": "ada@example.org", "zone": "Europe/Stockholm", f"n_{kind.public_id}": "1"}
    return given | values


def test_one_kind_is_ordered_on_the_events_page_in_one_press(client, session, now):
    event, kind = festival(session)
    session.commit()
    page = client.get(f"/events/{event.slug}")
    assert page.status_code == 200
    assert "All three days" in page.text
    assert "8,125.00" in page.text
    open("/tmp/plan/b6.html","w").write(page.text)
    answer = client.post(f"/events/{event.slug}/order", data=sent(kind))
    open("/tmp/plan/b6b.html","w").write(answer.text)
    assert answer.status_code == 303, answer.text
    assert answer.location.startswith("/orders/")
    order = session.scalars(select(Order)).one()
    assert (order.state, order.total) == ("open", 812_500)


def test_unknown_code(client, session, now):
    event, kind = festival(session)
    session.commit()
    answer = client.post(f"/events/{event.slug}/order", data=sent(kind, codes="NOPE", do="look"))
    assert answer.status_code == 200, answer.text
