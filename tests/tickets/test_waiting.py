"""The waiting list where one comes with a ticket: offered in turn, in waking hours, and passed on."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.cli.checking_money import wrong_money
from gatherings.db.places import Places
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions.leaving import cancel
from gatherings.registration.actions.ticketed import let_go
from gatherings.registration.actions.waiting import lock_pools, serve_event, set_capacity
from gatherings.registration.models import Registration
from gatherings.tickets.models import Order, Sale, Ticket
from gatherings.tickets.rules.offers import LEAST, awake_for, offered_until
from tests.factories import SITE, get_registration
from tests.ticket_orders import make_order
from tests.ticketing import festival, make_code, make_kind

LATER = timedelta(hours=1)


def _registrations(session: Session) -> dict[str, Registration]:
    session.flush()
    session.expire_all()
    return {one.name.split()[0].lower(): one for one in session.scalars(select(Registration))}


def _state(session: Session, name: str) -> str:
    return _registrations(session)[name].state


def _leave(session: Session, name: str, now: datetime) -> None:
    one = get_registration(session, _registrations(session)[name].public_id)
    assert cancel(session, one, SITE, now=now)


def _mails(session: Session, recipient: str) -> list[str]:
    return [
        mail.kind
        for mail in session.scalars(select(OutboxMail).where(OutboxMail.recipient == recipient).order_by(OutboxMail.id))
    ]


def _right(session: Session) -> None:
    session.flush()
    assert list(wrong_money(session)) == []
    for pool in session.scalars(select(Places).execution_options(populate_existing=True)):
        assert pool.taken >= 0
        assert pool.capacity is None or pool.taken <= pool.capacity


def test_a_freed_ticket_is_offered_in_turn_and_passed_on(session, now):
    event, kind = festival(session)
    quota = session.get_one(Places, kind.places_id)
    quota.capacity = 1
    session.flush()
    make_order(session, event, kind, "ada@example.org")
    first = make_order(session, event, kind, "ben@example.org", state="wished", zone="Pacific/Auckland")
    second = make_order(session, event, kind, "cleo@example.org", state="wished")
    assert [_state(session, name) for name in ("ada", "ben", "cleo")] == ["confirmed", "waitlisted", "waitlisted"]
    assert _mails(session, "ben@example.org") == ["waiting"]
    _leave(session, "ada", now)
    session.refresh(first)
    assert (first.state, first.total, first.way) == ("open", 812_500, "")
    assert _state(session, "ben") == "offered"
    # 12:00 UTC is 01:00 on Saturday in Auckland: 15 waking hours there, and 9 the day after.
    assert first.expires_at == datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    assert _mails(session, "ben@example.org") == ["waiting", "ticket_offered"]
    _right(session)
    # Nobody pays: it goes on to the next, and the first is told.
    tickets = session.scalars(select(Ticket).where(Ticket.order_id == first.id)).all()
    let_go(session, tickets, event, SITE, by="expiry", now=first.expires_at)
    session.refresh(first)
    session.refresh(second)
    assert (first.state, first.total, second.state) == ("expired", 0, "open")
    assert [_state(session, name) for name in ("ben", "cleo")] == ["cancelled", "offered"]
    assert _mails(session, "ben@example.org")[-1] == "offer_ended"
    session.refresh(quota)
    assert (quota.taken, session.get_one(Places, event.room_id, populate_existing=True).taken) == (1, 1)
    _right(session)


def test_what_costs_nothing_is_theirs_at_once(session, now):
    event, _kind = festival(session)
    free = make_kind(session, event, 1, name="Volunteer", price="free", amount=0, vat_rate=0)
    make_order(session, event, free, "ada@example.org")
    order = make_order(session, event, free, "ben@example.org", state="wished")
    _leave(session, "ada", now)
    session.refresh(order)
    assert (order.state, order.way, order.paid_at) == ("paid", "free", now)
    assert _state(session, "ben") == "confirmed"
    assert _mails(session, "ben@example.org") == ["waiting", "confirmed"]
    last = session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc()).limit(1)).one()
    assert last.facts["tickets"] == ["Volunteer"]
    _right(session)


def test_one_line_for_all_kinds_and_nobody_overtakes(session, now):
    """The room is full and so is one kind: who waits for the other kind goes first only because theirs has a place."""
    event, kind = festival(session)
    day = make_kind(session, event, 1, name="One day", amount=250_000)
    room = session.get_one(Places, event.room_id)
    room.capacity = 2
    session.flush()
    make_order(session, event, kind, "ada@example.org")
    make_order(session, event, day, "ben@example.org")
    make_order(session, event, day, "cleo@example.org", state="wished")
    make_order(session, event, kind, "dora@example.org", state="wished")
    make_order(session, event, kind, "eli@example.org", state="wished")
    _leave(session, "ada", now)
    assert [_state(session, name) for name in ("cleo", "dora", "eli")] == ["waitlisted", "offered", "waitlisted"]
    _leave(session, "ben", now)
    assert [_state(session, name) for name in ("cleo", "dora", "eli")] == ["offered", "offered", "waitlisted"]
    set_capacity(session, event, "room", 3, SITE, now=now)
    assert _state(session, "eli") == "offered"
    _right(session)


def test_a_quota_that_grows_serves_who_waits_unless_nothing_is_sold(session, now):
    event, kind = festival(session)
    quota = session.get_one(Places, kind.places_id)
    quota.capacity = 0
    session.flush()
    order = make_order(session, event, kind, "ada@example.org", "ben@example.org", state="wished")
    sale = session.scalars(select(Sale)).one()
    quota.capacity, sale.state = 1, "paused"
    session.flush()
    assert serve_event(session, event.id, SITE, now=now) == 0
    sale.state = "on"
    session.flush()
    assert serve_event(session, event.id, SITE, now=now) == 1
    # Served alone, ada's ticket has an order of its own, of the same buyer; ben's waits in the old one.
    own = session.scalars(select(Order).where(Order.state == "open")).one()
    session.refresh(order)
    assert (order.state, order.total, own.total, own.person_id) == ("wished", 812_500, 812_500, order.person_id)
    assert own.reference != order.reference
    quota = session.get_one(Places, kind.places_id, populate_existing=True)
    quota.capacity = None
    session.flush()
    assert serve_event(session, event.id, SITE, now=now) == 1
    session.refresh(order)
    assert order.state == "open"
    _right(session)


def test_a_code_that_was_used_up_meanwhile_lowers_no_more(session, now):
    event, kind = festival(session)
    code = make_code(session, event, uses=1)
    session.get_one(Places, kind.places_id).capacity = 0
    session.flush()
    first = make_order(session, event, kind, "ada@example.org", state="wished", codes=(code,))
    second = make_order(session, event, kind, "ben@example.org", state="wished", codes=(code,))
    assert first.total == second.total == 690_625
    session.get_one(Places, kind.places_id).capacity = 2
    session.flush()
    assert serve_event(session, event.id, SITE, now=now) == 2
    session.refresh(first)
    session.refresh(second)
    assert (first.total, second.total, second.discount) == (690_625, 812_500, 0)
    _right(session)


def test_who_is_there_already_waits_for_another_day(session, now):
    event, kind = festival(session)
    day = make_kind(session, event, 1, name="One day", amount=250_000)
    session.get_one(Places, event.room_id).capacity = 2
    session.flush()
    make_order(session, event, day, "ada@example.org")
    make_order(session, event, kind, "ben@example.org")
    more = make_order(session, event, day, "ben@example.org", state="wished")
    assert _state(session, "ben") == "confirmed"
    session.get_one(Places, day.places_id).capacity = 2
    session.flush()
    assert serve_event(session, event.id, SITE, now=now) == 1
    session.refresh(more)
    one = _registrations(session)["ben"]
    assert (more.state, one.state, one.waits_for_id) == ("open", "confirmed", None)
    tickets = session.scalars(select(Ticket).where(Ticket.order_id == more.id)).all()
    let_go(session, tickets, event, SITE, by="expiry", now=now + LATER)
    assert _state(session, "ben") == "confirmed"
    _right(session)


def test_leaving_the_list_and_letting_an_offer_go(session, now):
    event, kind = festival(session)
    session.get_one(Places, kind.places_id).capacity = 0
    session.flush()
    order = make_order(session, event, kind, "ada@example.org", state="wished")
    _leave(session, "ada", now)
    session.refresh(order)
    assert (order.state, order.total, _state(session, "ada")) == ("cancelled", 0, "cancelled")
    again = make_order(session, event, kind, "ada@example.org", state="wished")
    session.get_one(Places, kind.places_id).capacity = 1
    session.flush()
    serve_event(session, event.id, SITE, now=now)
    session.refresh(again)
    assert again.state == "open"
    lock_pools(session, event)
    tickets = session.scalars(select(Ticket).where(Ticket.order_id == again.id)).all()
    let_go(session, tickets, event, SITE, by="person", now=now)
    assert _state(session, "ada") == "cancelled"
    assert session.get_one(Places, kind.places_id, populate_existing=True).taken == 0
    assert "offer_ended" not in _mails(session, "ada@example.org")
    _right(session)


@pytest.mark.parametrize(
    ("ahead", "hours"), [(timedelta(days=30), 24), (timedelta(days=5), 12), (timedelta(days=2), 4)]
)
def test_offers_end_in_waking_hours_of_their_zone(now, ahead, hours):
    for zone in ("Pacific/Auckland", "Europe/Stockholm", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati"):
        for at in (now + timedelta(minutes=37 * step) for step in range(40)):
            end = offered_until(at, zone, at + ahead, at + ahead + timedelta(days=1))
            assert end == awake_for(timedelta(hours=hours), at, zone).replace(second=0, microsecond=0)
            assert end - at >= timedelta(hours=hours)


def test_offers_end_at_the_start_but_leave_time_to_pay(now):
    start = now + timedelta(hours=2)
    assert offered_until(now, "Europe/London", start, start + LATER) == start
    soon = now + timedelta(minutes=10)
    assert offered_until(now, "Europe/London", soon, soon + timedelta(minutes=5)) == now + LEAST
