"""Orders at the same moment: the last places go once each, one form is one order, and nothing waits for ever."""

import pytest
from sqlalchemy import func, select

from gatherings.cli.checking import wrong_counts
from gatherings.cli.checking_money import wrong_money
from gatherings.core.tokens import new_public_id
from gatherings.db.places import Places
from gatherings.tickets.models import Order, Ticket
from tests.races import at_once
from tests.ticketing import festival, make_code, make_kind

# What happens at once in threads is tried on both databases (GATHERINGS_TEST_DB=both).


def presses(app, event, wishes):
    def press(values):
        def go():
            return app.test_client().post(f"/events/{event.slug}/order", data=values)

        return go

    return at_once(app, [press(values) for values in wishes])


def wish(kind, number, **values):
    who = {"name": f"Ada {number}", "email": f"ada{number}@example.org", "zone": "Europe/Stockholm"}
    return who | {f"n_{kind.public_id}": "1", "key": new_public_id()} | values


def agree(session):
    session.expire_all()
    assert [*wrong_counts(session), *wrong_money(session)] == []


@pytest.mark.parametrize("what", ["the room", "the kind", "the code"])
def test_the_last_places_go_once_each(app, session, what):
    event, kind = festival(session, capacity_room=3 if what == "the room" else None)
    if what == "the kind":
        kind = make_kind(session, event, 3, name="Few", position=1)
    codes = {}
    if what == "the code":
        make_code(session, event, uses=3)
        codes = {"codes": "PRESENTER"}
    answers = presses(app, event, [wish(kind, number, **codes) for number in range(9)])
    assert sorted(answer.status_code for answer in answers) == [303] * 3 + [422 if codes else 409] * 6
    assert session.scalar(select(func.count(Ticket.id)).where(Ticket.state == "held")) == 3
    agree(session)


def test_one_form_pressed_by_five_windows_is_one_order(app, session):
    event, kind = festival(session)
    pressed = wish(kind, 1)
    answers = presses(app, event, [pressed] * 5)
    assert len({answer.location for answer in answers}) == 1
    assert session.scalar(select(func.count(Order.id))) == 1
    assert session.get_one(Places, event.room_id, populate_existing=True).taken == 1
    agree(session)


def test_one_free_ticket_asked_for_five_times_at_once_is_one(app, session):
    event, _kind = festival(session)
    free = make_kind(session, event, price="free", amount=0, vat_rate=0, position=1)
    answers = presses(app, event, [wish(free, 1) for _number in range(5)])
    assert {answer.status_code for answer in answers} == {303}
    assert session.scalar(select(func.count(Order.id))) == 1
    agree(session)


def test_groups_that_name_each_other_do_not_lock_each_other_out(app, session):
    event, kind = festival(session)

    def group(first, second):
        number = f"{kind.public_id}_2"
        other = {f"pn_{number}": "Other", f"pe_{number}": f"ada{second}@example.org", "asked": number}
        return wish(kind, first, **other) | {f"n_{kind.public_id}": "2"}

    presses(app, event, [wish(kind, 1), wish(kind, 2)])  # both are known, so that their rows are there to lock
    answers = presses(app, event, [group(1, 2), group(2, 1)] * 3)
    assert [answer.status_code for answer in answers] == [303] * 6
    agree(session)
