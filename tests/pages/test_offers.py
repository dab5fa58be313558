"""What an event's page links to besides: only what there is, at its moment, and nothing where there is nothing."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from gatherings.calls.actions.call import close_call
from gatherings.events.models import Event
from gatherings.events.offering import set_offer
from gatherings.live.models import Run
from tests.factories import NOW, make_event
from tests.pages.counting import counted
from tests.signing import make_role
from tests.slotting import make_call, make_order

PLACE = 'aria-label="Take part"'
SECOND = timedelta(seconds=1)


def test_a_page_that_offers_nothing_has_neither_a_link_nor_a_query_more(client, session, engine):
    plain = make_event(session)
    session.commit()
    with counted(engine) as asked:
        text = client.get(f"/events/{plain.slug}").text
    assert PLACE not in text
    assert "/present" not in text
    boundary = [one for one in asked if "min(calls" in one]
    assert len(boundary) == 1  # in the one statement that every kept page asks
    assert not [one for one in asked if one not in boundary and ("calls" in one or "running_orders" in one)]
    make_call(session, plain)
    plain.offers = "call"
    plain.status = "cancelled"
    session.commit()
    assert PLACE not in client.get(f"/events/{plain.slug}").text


def test_the_kept_page_follows_the_calls_opening_and_closing_to_the_second(client, session, clock_at):
    event = make_event(session)
    call = make_call(session, event, opens_local=datetime(2026, 11, 25, 9), closes_local=datetime(2026, 12, 1, 18))
    session.commit()
    assert (call.opens_at, call.closes_at) == (
        datetime(2026, 11, 25, 9, tzinfo=UTC),
        datetime(2026, 12, 1, 18, tzinfo=UTC),
    )
    path = f"/events/{event.slug}?zone=Pacific/Auckland"
    seen = []
    for now in (call.opens_at - SECOND, call.opens_at, call.closes_at - SECOND, call.closes_at):
        with clock_at(now):
            text = client.get(path).text
            seen.append(("One can offer slots" in text, "Offer three minutes" in text, PLACE in text))
            if now == call.closes_at - SECOND:
                assert "Wednesday 2 December, 07:00 in Auckland, your time" in text
                assert "Tuesday 1 December, 18:00 in London" in text
    assert seen == [(True, False, True), (False, True, True), (False, True, True), (False, False, False)]


def test_a_call_that_is_closed_now_leaves_the_kept_page_at_once(client, session, clock_at):
    event = make_event(session)
    make_call(session, event, slot_seconds=150)
    by = make_role(session, event.community, "organiser").id
    session.commit()
    with clock_at(NOW):
        assert "Offer a slot of 2:30" in client.get(f"/events/{event.slug}").text
        close_call(session, event.id, by=by, now=NOW)
        session.commit()
        assert "Offer a slot" not in client.get(f"/events/{event.slug}").text


def test_order_live_and_doors_stand_there_at_their_time(client, session, clock_at):
    event = make_event(session)
    order = make_order(session, event, [])
    session.commit()
    path = f"/events/{event.slug}"

    def at(now):
        with clock_at(now):
            return client.get(path).text

    early = at(event.starts_at - timedelta(hours=2))
    assert f"{path}/running-order" in early
    assert f"{path}/live" not in early
    assert "Follow it live" in at(event.starts_at - timedelta(minutes=20))
    run = Run(order_id=order.id, state="running", pressed_at=NOW, began_at=NOW)
    session.add(run)
    session.commit()
    assert "Live now" in at(event.starts_at + timedelta(minutes=2))
    assert "Live now" in at(event.ends_at + timedelta(minutes=5))  # an overrun
    run.state = "ended"
    set_offer(session, event.id, "doors", True)
    session.commit()
    late = at(event.ends_at + timedelta(minutes=6))
    assert "Live now" not in late
    assert "Who spoke when" in late
    assert f"{path}/doors" in late
    set_offer(session, event.id, "order", False)
    session.commit()
    assert session.scalar(select(Event.offers).where(Event.id == event.id)) == "doors"
    assert "running-order" not in at(event.ends_at + timedelta(minutes=6, seconds=1))
