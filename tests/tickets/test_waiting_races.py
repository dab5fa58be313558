"""Many at once around a full house with tickets: nobody twice, nobody overtaken, no place left over."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gatherings.cli.checking_money import wrong_money
from gatherings.db import transact
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.registration.actions.leaving import cancel
from gatherings.registration.actions.registering import get_open_event
from gatherings.registration.actions.ticketed import let_go
from gatherings.registration.actions.waiting import list_to_serve, serve_event
from gatherings.registration.models import Registration
from gatherings.registration.ticket_jobs import waiting_drain
from gatherings.tickets.models import Order, Ticket
from tests.factories import SITE, dates_of, get_registration, make_series, make_series_registration
from tests.races import at_once
from tests.ticket_orders import make_order
from tests.ticketing import festival, make_kind, make_sale


@pytest.fixture(autouse=True)
def still(now, clock_at):
    with clock_at(now):
        yield


def states(session):
    session.commit()
    session.expire_all()
    rows = session.execute(select(Registration.state, Registration.public_id, Registration.name)).all()
    found: dict[str, list[str]] = {}
    for state, _public_id, name in rows:
        found.setdefault(state, []).append(name.split()[0])
    return found


def test_those_who_leave_and_offers_that_end_at_once(app, session, now):
    """Four leave and two offers end in the same moment, of two kinds in one full room: the first in line are served."""
    event, kind = festival(session)
    day = make_kind(session, event, 3, name="One day", amount=250_000)
    session.get_one(Places, event.room_id).capacity = 6
    leavers = [make_order(session, event, kind, f"l{n}@example.org") for n in range(2)]
    leavers += [make_order(session, event, day, f"d{n}@example.org") for n in range(2)]
    opened = [make_order(session, event, kind, "o0@example.org", state="open")]
    opened.append(make_order(session, event, day, "o1@example.org", state="open"))
    for number in range(10):
        make_order(session, event, kind if number % 2 else day, f"w{number}@example.org", state="wished")
    session.commit()
    event_id, ids = event.id, [order.id for order in leavers + opened]
    public_ids = session.scalars(
        select(Registration.public_id)
        .join(Ticket, Ticket.registration_id == Registration.id)
        .where(Ticket.order_id.in_([order.id for order in leavers]))
    ).all()

    def leave(public_id):
        def press():
            with app.app_context():
                return transact(lambda s: cancel(s, get_registration(s, public_id), SITE, now=now))

        return press

    def end(order_id):
        def act(s):
            found = get_open_event(s, event_id, now=now, by_host=True)
            tickets = s.scalars(select(Ticket).where(Ticket.order_id == order_id)).all()
            let_go(s, tickets, found, SITE, by="expiry", now=now + timedelta(hours=1))

        def press():
            with app.app_context():
                return transact(act)

        return press

    came = at_once(app, [*(leave(one) for one in public_ids), *(end(one.id) for one in opened)])
    assert [one for one in came if isinstance(one, Exception)] == []
    assert len(ids) == 6
    found = states(session)
    assert sorted(found["offered"]) == ["W0", "W1", "W2", "W3", "W4", "W5"]
    assert sorted(found["waitlisted"]) == ["W6", "W7", "W8", "W9"]
    for pool_id in (event.room_id, kind.places_id, day.places_id):
        pool = session.get_one(Places, pool_id, populate_existing=True)
        assert pool.taken == {event.room_id: 6, kind.places_id: 3, day.places_id: 3}[pool_id]
    assert list(wrong_money(session)) == []


def test_several_workers_serve_once(app, session, now):
    event, kind = festival(session)
    session.get_one(Places, kind.places_id).capacity = 0
    for number in range(6):
        make_order(session, event, kind, f"w{number}@example.org", state="wished")
    session.get_one(Places, kind.places_id).capacity = 3
    session.commit()
    assert list_to_serve(session, now) == [event.id]
    session.commit()
    found = at_once(app, [lambda: waiting_drain(app, SITE)("w", now) for _ in range(4)])
    assert sum(found) == 3
    assert sorted(states(session)["offered"]) == ["W0", "W1", "W2"]
    assert list_to_serve(session, now) == []
    assert serve_event(session, event.id, SITE, now=now) == 0


def test_every_month_leaves_a_date_with_tickets_out(session, now):
    series = make_series(session)
    dates = dates_of(session, series)
    january = session.get_one(Event, dates[1].id)
    make_sale(session, january)
    kind = make_kind(session, january)
    session.flush()
    make_series_registration(session, dates[0], address="ada@example.org")
    rows = {
        row.event_id: row for row in session.scalars(select(Registration).execution_options(populate_existing=True))
    }
    assert [rows[date.id].state for date in dates] == ["confirmed", "cancelled", "confirmed"]
    assert rows[january.id].cancelled_by == "tickets"
    assert session.get_one(Places, january.online_id, populate_existing=True).taken == 0
    # With a ticket they come after all, by an entry of its own.
    order = make_order(session, january, kind, "ada@example.org", side="online")
    session.flush()
    mine = session.get_one(Registration, rows[january.id].id, populate_existing=True)
    assert (mine.state, mine.series_registration_id) == ("confirmed", None)
    assert session.get_one(Order, order.id).state == "paid"
