"""Placing orders: what is held, what it costs, what is refused, and that one form is one order."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from gatherings.accounts.actions import limit_attempts
from gatherings.accounts.models import Attempt
from gatherings.accounts.rules import normalise_address
from gatherings.core.errors import Conflict, InvalidInput, NotFound, TooMany
from gatherings.core.tokens import new_public_id
from gatherings.db.places import Places
from gatherings.mail.models import OutboxMail
from gatherings.payments.actions.placing import place_order
from gatherings.payments.rules.ordering import TicketWish, order_ids
from gatherings.registration.actions.ticketed import Full
from gatherings.registration.models import Consent, Registration
from gatherings.tickets.actions.orders import lock_order
from gatherings.tickets.models import Application, Order, Sale, Ticket
from tests.factories import SITE, make_consent, make_event, make_registration
from tests.ordering import make_order, wish_for
from tests.ticketing import festival, make_code, make_kind, make_sale


def for_one(kind, address, name="Zoë & Sons <3", amount=None):
    return TicketWish(kind.public_id, name, normalise_address(address), amount)


def place(session, event, wish, now, **more):
    placed = place_order(session, event.id, wish, SITE, now=now, **more)
    session.commit()
    return placed


def refused(session, event, wish, now, **more):
    """Give the fields of the problems, and that nothing was written."""
    session.commit()
    with pytest.raises(InvalidInput) as refusal:
        place_order(session, event.id, wish, SITE, now=now, **more)
    session.rollback()
    return [problem.field for problem in refusal.value.problems]


def taken(session, *pool_ids):
    session.expire_all()
    return [session.get_one(Places, pool_id).taken for pool_id in pool_ids]


def test_the_festivals_order_is_right_to_the_oere(session, now):
    event, kind = festival(session)
    code = make_code(session, event)
    wish = wish_for(kind, codes=(" presenter ",))
    placed = place(session, event, wish, now)
    order = session.scalars(select(Order)).one()
    assert (placed.state, placed.public_id, order.currency) == ("open", order.public_id, "SEK")
    assert (order.total, order.vat, order.discount) == (690_625, 138_125, 97_500)
    assert order.codes == ["PRESENTER"]
    assert order.expires_at == now + timedelta(minutes=30)
    ticket = session.scalars(select(Ticket)).one()
    assert (ticket.state, ticket.price, ticket.net, ticket.gross) == ("held", 650_000, 552_500, 690_625)
    assert ticket.discounts == [{"code": "PRESENTER", "effect": "percent", "value": 1500, "amount": 97_500}]
    registration = session.scalars(select(Registration)).one()
    assert (registration.state, registration.places_id) == ("pending", event.room_id)
    assert taken(session, event.room_id, kind.places_id, code.places_id) == [1, 1, 1]
    assert session.scalar(select(func.count(OutboxMail.id))) == 0  # nobody is written to before it is paid


def test_a_group_has_a_ticket_and_a_place_for_each(session, now):
    event, kind = festival(session, capacity_room=3)
    day = make_kind(session, event, name="Tuesday", amount=250_000, days=["2027-03-02"])
    make_consent(session, event, key="photos")
    wish = wish_for(kind, day, consents=frozenset({"photos"}))
    wish = replace(
        wish, tickets=(*wish.tickets, for_one(kind, "zoe@example.org"), for_one(kind, "li@example.org", "李雷"))
    )
    place(session, event, wish, now)
    assert [(ticket.name, ticket.gross) for ticket in session.scalars(select(Ticket).order_by(Ticket.id))] == [
        ("Ada Example", 812_500), ("Ada Example", 312_500), ("Zoë & Sons <3", 812_500), ("李雷", 812_500),
    ]  # fmt: skip
    assert taken(session, event.room_id, kind.places_id, day.places_id) == [3, 3, 1]
    # What the buyer agreed to is theirs alone: the others are asked by their own link.
    consents = session.execute(select(Registration.name, Consent.key).join(Consent)).all()
    assert [tuple(row) for row in consents] == [("Ada Example", "photos")]


def test_what_costs_nothing_is_confirmed_at_once_and_had_once(session, now):
    event, _kind = festival(session)
    free = make_kind(session, event, 5, name="Volunteers", price="free", amount=0, vat_rate=0)
    first = place(session, event, wish_for(free), now)
    order = session.scalars(select(Order)).one()
    assert (first.state, order.state, order.way, order.total, order.expires_at) == ("paid", "paid", "free", 0, None)
    assert session.scalars(select(Registration.state)).all() == ["confirmed"]
    kinds = sorted(session.scalars(select(OutboxMail.kind)))
    assert kinds == ["confirmed", "order_confirmed"]
    # The same address again: nothing more is taken, the screen says the same, the link comes again in ten minutes.
    again = place(session, event, wish_for(free, name="Somebody Else"), now + timedelta(minutes=5))
    assert (again.public_id, again.state, again.new) == (None, "paid", False)
    assert sorted(session.scalars(select(OutboxMail.kind))) == kinds
    place(session, event, wish_for(free), now + timedelta(minutes=11))
    assert len(session.scalars(select(OutboxMail.kind)).all()) == 3
    assert taken(session, free.places_id, event.room_id) == [1, 1]
    assert session.scalars(select(Registration.name)).one() == "Ada Example"


def test_mails_to_one_address_are_five_an_hour_whatever_is_pressed(session, now):
    event, _kind = festival(session)
    free = make_kind(session, event, price="free", amount=0, vat_rate=0)
    for number in range(5):
        wish = replace(wish_for(free), tickets=(for_one(free, f"person{number}@example.org"),))
        place(session, event, wish, now)
    with pytest.raises(TooMany):
        place_order(session, event.id, replace(wish, key=new_public_id()), SITE, now=now)
    session.rollback()


def test_many_orders_that_nobody_pays_end(session, now):
    event, kind = festival(session)
    for _number in range(20):
        make_order(session, event, kind)
    with pytest.raises(TooMany):
        make_order(session, event, kind)
    session.rollback()


def test_a_network_that_orders_too_much_is_asked_to_wait(session, now):
    event, kind = festival(session)
    for _number in range(2):
        place(session, event, wish_for(kind, address=f"a{_number}@example.org"), now, network="n", network_limit=2)
    with pytest.raises(TooMany):
        place_order(session, event.id, wish_for(kind), SITE, now=now, network="n", network_limit=2)
    session.rollback()
    assert session.scalar(select(func.count(Order.id))) == 2
    assert session.scalar(select(func.count(Attempt.id))) > 0


def test_who_said_not_me_is_not_written_to(session, now):
    event, _kind = festival(session)
    free = make_kind(session, event, price="free", amount=0, vat_rate=0)
    make_order(session, event, free)
    person_id = session.scalars(select(Registration.person_id)).one()
    limit_attempts(session, "not-me", f"{person_id}:{event.id}", most=99, window=timedelta(days=1), now=now)
    other = make_kind(session, event, price="free", amount=0, vat_rate=0)
    placed = place(session, event, wish_for(other), now)
    assert (placed.public_id, placed.state) == (None, "paid")
    assert session.scalar(select(func.count(Order.id))) == 1


def test_pressing_twice_is_one_order(session, now):
    event, kind = festival(session)
    wish = wish_for(kind)
    first, second = place(session, event, wish, now), place(session, event, wish, now)
    assert (first.public_id, first.new, second.public_id, second.new) == (first.public_id, True, first.public_id, False)
    assert taken(session, kind.places_id, event.room_id) == [1, 1]


def test_going_back_and_choosing_otherwise_replaces_what_nobody_paid(session, now):
    event, kind = festival(session, capacity_room=1)
    day = make_kind(session, event, 1, name="Tuesday", amount=250_000)
    key = new_public_id()
    first = place(session, event, wish_for(kind, key=key), now)
    second = place(session, event, wish_for(day, key=key), now)  # the one place is theirs, and was given up for this
    assert first.public_id != second.public_id
    states = {order.public_id: order.state for order in session.scalars(select(Order))}
    assert states == {first.public_id: "cancelled", second.public_id: "open"}
    assert taken(session, kind.places_id, day.places_id, event.room_id) == [0, 1, 1]
    # Paying has begun: that order stands, and the next is another.
    lock_order(session, second.order_id).attempts = 1
    with pytest.raises(Full):
        place_order(session, event.id, wish_for(kind, key=key, address="bo@example.org"), SITE, now=now)
    session.rollback()
    # One that is over is not given again: pressing after the time is up orders anew.
    order = lock_order(session, second.order_id)
    order.attempts, order.state = 0, "expired"
    session.execute(update(Places).values(taken=0))
    session.execute(update(Registration).values(state="cancelled", places_id=None))
    third = place(session, event, wish_for(day, key=key, address="bo@example.org"), now)
    assert third.public_id not in (first.public_id, second.public_id)


def test_an_orders_key_cannot_be_made_from_its_id():
    key = new_public_id()
    made = list(order_ids(key))
    assert len(set(made)) == 40
    assert key not in made
    assert list(order_ids("")) == list(order_ids("short")) == list(order_ids(key + "x")) == []
    assert not set(made) & set(order_ids(made[0]))


def test_what_is_tampered_with_is_refused_and_changes_nothing(session, now):
    event, kind = festival(session)
    other_event, foreign = festival(session)
    hidden = make_kind(session, event, hidden=True)
    bursary = make_kind(session, event, by_application=True)
    retired = make_kind(session, event, retired=True)
    small = make_kind(session, event, least_each=2, most_each=3)
    choose = make_kind(session, event, price="choose", amount=0, least=100, suggested=200, most=300)
    ada = wish_for(kind)

    def with_tickets(*tickets):
        return replace(ada, tickets=tickets)

    for gone in (foreign, hidden, bursary, retired):
        assert refused(session, event, wish_for(gone), now) == ["tickets"]
    assert refused(session, event, with_tickets(), now) == ["tickets"]
    one = [for_one(small, f"p{number}@example.org") for number in range(4)]
    for number in (1, 4):  # a kind named on several lines is counted over all of them
        assert refused(session, event, with_tickets(*one[:number]), now) == [f"n_{small.public_id}"]
    for amount in (-1, 0, 99, 301, 10**12):
        wish = with_tickets(for_one(choose, "ada@example.org", amount=amount))
        assert refused(session, event, wish, now) == [f"amount_{choose.public_id}"]
    assert refused(session, event, with_tickets(for_one(kind, "ada@example.org", amount=1)), now) == [
        f"amount_{kind.public_id}"
    ]
    for shown in (0, -1, 1, 649_999):
        assert refused(session, event, replace(ada, shown={kind.public_id: shown}), now) == [f"n_{kind.public_id}"]
    assert refused(session, event, replace(ada, tickets=ada.tickets * 2), now) == ["people"]
    crowd = tuple(for_one(kind, f"p{number}@example.org") for number in range(51))
    kind.most_each = 100
    assert refused(session, event, with_tickets(*crowd), now) == ["tickets"]
    assert session.scalar(select(func.count(Order.id))) == 0
    assert taken(session, kind.places_id, event.room_id, other_event.room_id) == [0, 0, 0]


def test_the_window_is_asked_again_when_it_counts(session, now):
    event, kind = festival(session)
    kind.closes_at = now + timedelta(seconds=1)
    place(session, event, wish_for(kind), now)
    assert refused(session, event, wish_for(kind), now + timedelta(seconds=1)) == [f"n_{kind.public_id}"]
    kind.closes_at, kind.opens_at = None, now + timedelta(hours=1)
    assert refused(session, event, wish_for(kind), now) == [f"n_{kind.public_id}"]


def test_an_early_price_holds_until_its_second_and_what_was_shown_counts(session, now):
    event, kind = festival(session)
    kind.early_amount, kind.early_until_at = 500_000, now + timedelta(seconds=1)
    shown = {kind.public_id: 500_000}
    place(session, event, wish_for(kind, shown=shown), now)
    assert session.scalars(select(Order.total)).one() == 625_000
    late = wish_for(kind, shown=shown, address="late@example.org")
    assert refused(session, event, late, now + timedelta(seconds=1)) == [f"n_{kind.public_id}"]


def test_nothing_is_sold_where_nothing_is_on_sale(session, now):
    event, kind = festival(session)
    plain = make_event(session)
    draft = make_event(session)
    make_sale(session, draft, state="draft")
    for where in (plain, draft):
        with pytest.raises(Conflict):
            place_order(session, where.id, wish_for(kind), SITE, now=now)
    paused, its = festival(session)
    session.scalars(select(Sale).where(Sale.event_id == paused.id)).one().state = "paused"
    session.flush()
    with pytest.raises(Conflict):
        place_order(session, paused.id, wish_for(its), SITE, now=now)
    event.registration_closes_at = now
    session.flush()
    with pytest.raises(Conflict):
        place_order(session, event.id, wish_for(kind), SITE, now=now)
    with pytest.raises(NotFound):
        place_order(session, 10**6, wish_for(kind), SITE, now=now)


def test_codes_that_cannot_be_used_are_named(session, now):
    event, kind = festival(session)
    make_code(session, event, "OVER", closes_at=now)
    make_code(session, event, "SOON", opens_at=now + timedelta(days=1))
    make_code(session, event, "ONE"), make_code(session, event, "TWO")
    used = make_code(session, event, "USED", uses=1)
    for codes in (("NOPE",), ("OVER",), ("SOON",), ("ONE", "TWO")):
        assert refused(session, event, wish_for(kind, codes=codes), now) == ["code"]
    place(session, event, wish_for(kind, codes=("used",)), now)
    assert refused(session, event, wish_for(kind, codes=("used",)), now) == ["code"]
    two = wish_for(kind, codes=("LAST",))
    two = replace(two, tickets=(*two.tickets, for_one(kind, "zoe@example.org")))
    make_code(session, event, "LAST", uses=1)
    assert refused(session, event, two, now) == ["code"]
    assert taken(session, used.places_id) == [1]


def test_a_code_shows_what_is_hidden_and_counts_its_use(session, now):
    event, _kind = festival(session)
    hidden = make_kind(session, event, hidden=True, amount=100_00)
    code = make_code(session, event, "DINNER", uses=1, effect="unlock", value=0, kinds=[hidden.public_id])
    place(session, event, wish_for(hidden, codes=("dinner",)), now)
    assert taken(session, code.places_id, hidden.places_id) == [1, 1]
    assert session.scalars(select(Order.discount)).one() == 0


def test_a_code_that_leaves_an_early_price_alone_is_not_used_up(session, now):
    event, kind = festival(session)
    kind.early_amount, kind.early_until_at = 500_000, now + timedelta(days=1)
    code = make_code(session, event, uses=1, early=False)
    place(session, event, wish_for(kind, codes=("PRESENTER",)), now)
    assert taken(session, code.places_id) == [0]
    assert session.scalars(select(Order.total)).one() == 625_000


def test_the_last_place_goes_once_and_then_there_is_the_waiting_list(session, now):
    event, kind = festival(session, capacity_room=1)
    day = make_kind(session, event, 0, name="Tuesday")
    place(session, event, wish_for(kind), now)
    with pytest.raises(Full):
        place_order(session, event.id, wish_for(kind, address="zoe@example.org"), SITE, now=now)
    session.rollback()
    waits = place(session, event, wish_for(kind, address="zoe@example.org", waiting=True), now, wait=True)
    order = session.get_one(Order, waits.order_id)
    assert (waits.state, order.state, order.expires_at, order.total) == ("wished", "wished", None, 812_500)
    assert taken(session, event.room_id, kind.places_id) == [1, 1]
    assert [ticket.state for ticket in session.scalars(select(Ticket).where(Ticket.order_id == order.id))] == ["wished"]
    place(session, event, wish_for(day, address="li@example.org"), now, wait=True)  # its own number is full
    again = place(session, event, wish_for(kind, address="zoe@example.org"), now + timedelta(minutes=1), wait=True)
    assert again.public_id is None
    assert session.scalar(select(func.count(Order.id))) == 3


def test_nobody_waits_for_what_can_be_had(session, now):
    event, kind = festival(session)
    assert refused(session, event, wish_for(kind), now, wait=True) == [f"n_{kind.public_id}"]


def test_who_is_registered_keeps_what_they_entered(session, now):
    event = make_event(session, mode="hybrid", capacity_room=5, capacity_online=5)
    make_registration(session, event, address="ada@example.org", name="Ada Herself", wish="online")
    make_sale(session, event)
    kind = make_kind(session, event)
    make_order(session, event, kind, name="A Stranger", side="room")
    registration = session.scalars(select(Registration)).one()
    assert (registration.name, registration.state) == ("Ada Herself", "confirmed")
    assert registration.places_id == event.room_id
    assert taken(session, event.room_id, event.online_id) == [1, 0]


def test_the_side_is_the_kinds_or_the_buyers(session, now):
    event = make_event(session, mode="hybrid", capacity_room=5, capacity_online=5)
    make_sale(session, event)
    online, either = make_kind(session, event, side="online"), make_kind(session, event)
    make_order(session, event, online)
    assert refused(session, event, wish_for(either, address="zoe@example.org"), now) == ["wish"]
    assert refused(session, event, wish_for(either, address="zoe@example.org", side="both"), now) == ["wish"]
    place(session, event, wish_for(either, address="zoe@example.org", side="room"), now)
    assert taken(session, event.room_id, event.online_id) == [1, 1]


def test_a_bursary_that_was_granted_is_used_once(session, now):
    event, _kind = festival(session)
    bursary = make_kind(session, event, by_application=True, amount=50_000)
    person_id = make_order(session, event, _kind).person_id
    granted = Application(
        public_id=new_public_id(), event_id=event.id, kind_id=bursary.id, person_id=person_id, name="Ada Example",
        zone="Europe/Stockholm", state="approved", until_at=now + timedelta(days=1), created_at=now,
    )  # fmt: skip
    session.add(granted)
    session.flush()
    two = replace(wish_for(bursary), tickets=(*wish_for(bursary).tickets, for_one(bursary, "zoe@example.org")))
    assert refused(session, event, replace(two, approved=granted.public_id), now) == [f"n_{bursary.public_id}"]
    placed = place(session, event, wish_for(bursary, approved=granted.public_id), now)
    assert (granted.state, granted.order_id) == ("used", placed.order_id)
    with pytest.raises(Conflict):
        place_order(session, event.id, wish_for(bursary, approved=granted.public_id), SITE, now=now)
    session.rollback()


def test_money_of_all_kinds_adds_up(session, now):
    for currency, price, code_value, total in (
        ("JPY", 12_345, 1500, 11_542), ("KWD", 12_345, 0, 13_580), ("GBP", 9_99, 3333, 7_33),
    ):  # fmt: skip
        event = make_event(session)
        make_sale(session, event, currency=currency, vat_included=False)
        kind = make_kind(session, event, amount=price, vat_rate=1000)
        codes: tuple[str, ...] = ()
        if code_value:
            make_code(session, event, "OFF", value=code_value)
            codes = ("OFF",)
        order = make_order(session, event, kind, codes=codes)
        assert (order.currency, order.total) == (currency, total)
        ticket = session.scalars(select(Ticket).where(Ticket.order_id == order.id)).one()
        assert ticket.net + ticket.vat == ticket.gross == order.total
